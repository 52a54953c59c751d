"""`seed`: the plan, the tables in order, the batches of each."""
