"""Where one row comes from: its run, batch and index, what its seeder makes of it, and which rows refer to it."""
