"""The database server: connections, drivers, retries, and what messages may say about its errors."""
