"""A small app of its own: the documented example of seeders, found through nothing but INSTALLED_APPS."""
