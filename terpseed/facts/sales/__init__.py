"""Orders, from the quote to the shipment."""
