"""`seed --source`: a folder of files as seeders."""
