"""`seed`: the plan, the tables one after another, the batches of each."""
