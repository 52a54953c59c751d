import polars as pl

from seeding import BaseSeeder, ValidationError


def no_shouting(seeder: BaseSeeder, rows: pl.DataFrame) -> list[ValidationError]:
    return [
        ValidationError(field=column.name, issue="shouted", expected="small letters", actual=column[row], row=row)
        for column in rows.select(pl.col(pl.String))
        for row in column.str.contains("[A-Z]{5}").arg_true()
    ]
