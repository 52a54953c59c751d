import polars as pl

from seeding import TAG_LENGTH, Drawn, InventedStrategy, Mode, tag


class MembershipNumber(InventedStrategy):
    name, gives, keeps = "membership_number", "M- and a tag: M-k3j9x2m4q7ab0", "casing"
    room, titled = 2 + TAG_LENGTH, False  # characters that keep it unique; a tag cannot be written in title case

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        return "M-" + tag(drawn.identity, drawn.exact)
