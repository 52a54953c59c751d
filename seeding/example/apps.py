"""The configuration of the example app."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """`shop`: its tables are shop_product, shop_review, shop_customer, shop_order and shop_orderline."""

    name = "seeding.example"
    label = "shop"
    verbose_name = "Example shop"
    default_auto_field = "django.db.models.BigAutoField"
