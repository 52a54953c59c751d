from django.db.models import Avg, OuterRef, Subquery

from seeding.seeders import Dataset, Derivation
from tests.shop.models import Review
from tests.shop.seeders import ProductSeeder


class RatedProductSeeder(ProductSeeder):
    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        reviews = Review.objects.filter(product=OuterRef("pk")).values("product")
        mean = Subquery(reviews.annotate(mean=Avg("stars")).values("mean"))
        return (Derivation(values={"stars": mean}, reads=("shop_review",)),)
