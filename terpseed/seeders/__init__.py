"""One seeder per TERP table (one per source if its rows have several); each file reads like the table it fills."""
