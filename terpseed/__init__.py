"""TERP: its tables as unmanaged models, and the seeders that fill them."""
