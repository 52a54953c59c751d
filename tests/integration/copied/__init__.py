"""Values of other rows that tables keep copies of."""
