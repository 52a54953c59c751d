"""What the values of a column and the clauses of a CHECK demand of rows, whole columns at a time."""
