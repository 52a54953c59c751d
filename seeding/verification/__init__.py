"""`seed_check` and `seed_status`: schema, references, invariants, and rows compared with what was seeded."""
