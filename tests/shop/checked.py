import polars as pl

from seeding.example.seeders.catalogue import ReviewSeeder
from seeding.schema.results import ValidationError


class CheckedReviewSeeder(ReviewSeeder):
    def validate_data(self, data: pl.DataFrame) -> list[ValidationError]:
        short = data["text"].str.len_chars() < 10
        texts = {row: data["text"][row] for row in short.arg_true()}
        return [ValidationError(field="text", issue="too short", expected=10, actual=texts[row], row=row) for row in texts]
