"""What a column most likely holds, by its field, its type and its name: expressions over `rows`, and trials of them."""
