"""What the rows of a drafted table refer to: other rows of its own table, and pairs of rows that repeat nowhere."""
