"""What is seeded, under which keys: written in the transactions that insert and delete, read by everything else."""
