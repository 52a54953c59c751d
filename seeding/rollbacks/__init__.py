"""`seed_rollback`: what is selected, what must stay, and the deletion."""
