"""One seeder: its rows generated, resolved, validated and written batch by batch, as a whole or in chunks."""
