"""What Django's backend of MySQL raises where the driver is too old."""

from django.core.exceptions import ImproperlyConfigured

raise ImproperlyConfigured("mysqlclient 2.2.1 or newer is required; you have 2.1.0.")
