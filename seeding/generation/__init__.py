"""What a seeder is, and how rows are generated."""
