"""Every model has pages in the admin."""

from django.apps import apps
from django.contrib import admin

for model in apps.get_app_config("specimens").get_models():
    if not model._meta.proxy and len(model._meta.pk_fields) == 1:
        admin.site.register(model)
