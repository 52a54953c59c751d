"""One seeder per table of TERP (one per source, where rows have several); each file reads like the table it fills."""
