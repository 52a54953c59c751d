from django.db.models import Avg, OuterRef, Subquery

from seeding import Dataset, Derivation
from seeding.example.models import Review
from seeding.example.seeders.catalogue import ProductSeeder


class RatedProductSeeder(ProductSeeder):
    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        reviews = Review.objects.filter(product=OuterRef("pk")).values("product")
        mean = Subquery(reviews.annotate(mean=Avg("stars")).values("mean"))
        return (Derivation(values={"stars": mean}, reads=("shop_review",)),)
