"""`seed_rollback`: which rows are selected, which must stay, and the deletion."""
