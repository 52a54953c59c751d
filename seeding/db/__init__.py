"""The database server: connections, drivers, retries, and what may be said of its errors."""
