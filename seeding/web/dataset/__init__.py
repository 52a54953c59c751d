"""The picture of the dataset: tables, references, rows and values."""
