"""Dealings with clients around the orders: returns, wishes, appointments, messages."""
