"""What the application's receivers write while a seeder with `signals=True` is written, and its record in the ledger."""
