"""What a profile says about the values of columns, and how they are made from it."""
