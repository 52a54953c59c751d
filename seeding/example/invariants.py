"""A rule of the shop, which `seed_check --invariants` asks of the database."""

from django.db.models import QuerySet

from seeding import Seeded, invariant, unless
from seeding.example.models import Product, Review


@invariant(Review, Product)  # the model that it is about, then the others that it looks at; Review again to compare reviews
def reviews_are_of_what_has_a_price(seeded: Seeded) -> QuerySet[Review]:
    """A review is of a product that costs something."""
    return unless(seeded.rows, product__price__gt=0)  # the rows that break it
