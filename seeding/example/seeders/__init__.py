"""The shop's seeders, found here because the app is installed."""
