"""Which columns of tables without a seeder are personal; the tests make the tables."""

TABLES = {
    "members": {"email": "email", "born": "date_of_birth"},
}
