"""Money: what is owed, paid, spent and booked."""
