"""Which columns of tables without a seeder are personal."""

TABLES = {"copied_subscription": {"email": "email"}}
