import polars as pl

from seeding import ValidationError
from seeding.example.seeders.catalogue import ReviewSeeder


class CheckedReviewSeeder(ReviewSeeder):
    def validate_data(self, data: pl.DataFrame) -> list[ValidationError]:
        short = data["text"].str.len_chars() < 10
        texts = {row: data["text"][row] for row in short.arg_true()}
        return [ValidationError(field="text", issue="too short", expected=10, actual=texts[row], row=row) for row in texts]
