"""The admin's pages on runs, batches and rows."""
