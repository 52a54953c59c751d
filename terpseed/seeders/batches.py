"""`batches`: one product out of one lot."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import polars as pl
from django.db.models import Case, CharField, DecimalField, Exists, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from seeding.rows import Rows, decimals
from seeding.seeders import BaseSeeder, Derivation, SeederConfig
from terpseed.facts import calendar, cells, stock, trade
from terpseed.models import Batch, InventoryMovement, OrderLineItem

QUANTITY = DecimalField(max_digits=15, decimal_places=4)

MOVEMENTS = InventoryMovement.objects.filter(batch=OuterRef("pk"))
RESERVED_LINES = OrderLineItem.objects.filter(
    batch=OuterRef("pk"), order__fulfillmentStatus__in=[fate.name for fate in trade.RESERVING]
)


def total(rows: QuerySet[InventoryMovement] | QuerySet[OrderLineItem], column: str) -> Coalesce:
    """Σ column of the child rows of each batch, 0 where there are none."""
    sums = rows.order_by().values("batch").annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(sums, output_field=QUANTITY), Value(0), output_field=QUANTITY)


class BatchSeeder(BaseSeeder):
    """Thirty per cell: 24 serve orders, the others are fresh, held, quarantined or still awaited."""

    config = SeederConfig(
        model=Batch,
        group="inventory",
        dependencies=("products", "lots"),
        companions=("BatchLocationSeeder", "IntakeMovementSeeder"),
        record_count=cells.per_cell(cells.BATCHES),
    )
    derivations: ClassVar = (
        Derivation(
            values={"onHandQty": total(MOVEMENTS, "quantityChange")},
            where=Exists(MOVEMENTS),
            reads=("inventoryMovements",),
            touches=("updatedAt",),
        ),
        Derivation(
            values={"reservedQty": total(RESERVED_LINES, "quantity")},
            reads=("orders", "order_line_items"),
            touches=("updatedAt",),
        ),
        Derivation(
            values={
                "batchStatus": Case(
                    When(batchStatus="LIVE", onHandQty=0, then=Value("SOLD_OUT")),
                    When(batchStatus="SOLD_OUT", onHandQty__gt=0, then=Value("LIVE")),
                    default=F("batchStatus"),
                    output_field=CharField(),
                )
            },
            where=Exists(MOVEMENTS),
            reads=("inventoryMovements",),
            touches=("updatedAt",),
        ),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `batches`."""
        amount, cost = stock.intake(rows), trade.unit_cost(rows) * 100
        consigned, ranged = stock.is_consigned(rows), stock.is_ranged(rows)
        low, high = stock.cost_range(rows)
        created = calendar.timestamps(stock.created_at(rows))
        serial = pl.Series(rows.index).cast(pl.String)
        return pl.DataFrame(
            {
                "code": "BATCH-9" + serial.str.zfill(6),
                "sku": _sku(rows, created),
                "productId": trade.product(rows).index,
                "lotId": stock.lot(rows).index,
                "batchStatus": stock.status(rows),
                "isPhotographyComplete": stock.is_status(rows, "LIVE"),
                "grade": stock.grade(rows),
                "ranged": ranged,
                "unitCogs": decimals(cost, 4),
                "unitCogsMin": decimals(low, 4),
                "unitCogsMax": decimals(high, 4),
                "consigned": consigned,
                "terms": rows.choose("terms", stock.TERMS),
                "onHandQty": decimals(amount * 100, 4),
                "quarantineQty": decimals(np.where(stock.is_status(rows, "QUARANTINED"), amount, 0) * 100, 4),
                "holdQty": decimals(np.where(stock.is_status(rows, "ON_HOLD"), amount, 0) * 100, 4),
                "publishB2b": stock.is_status(rows, "LIVE").astype(np.int64),
                "createdAt": created,
                "updatedAt": created,
            }
        ).select(
            pl.when("ranged").then(pl.lit("RANGE")).otherwise(pl.lit("FIXED")).alias("cogsMode"),
            pl.when("ranged").then("unitCogsMin").alias("unitCogsMin"),
            pl.when("ranged").then("unitCogsMax").alias("unitCogsMax"),
            pl.when("consigned").then(pl.lit("CONSIGNMENT")).otherwise("terms").alias("paymentTerms"),
            pl.when("consigned").then(pl.lit("CONSIGNED")).otherwise(pl.lit("OFFICE_OWNED")).alias("ownership_type"),
            pl.exclude("ranged", "consigned", "terms", "unitCogsMin", "unitCogsMax"),
        )


def _sku(rows: Rows, created: pl.Series) -> pl.Series:
    """Brand, product, day and number, as the application writes them."""
    parts = {
        "brand": trade.lot_seller(stock.lot(rows)),
        "product": trade.product(rows).index,
        "number": rows.index,
    }
    padded = pl.DataFrame(parts).select(pl.all().cast(pl.String).str.zfill(3))
    day = created.dt.strftime("%Y%m%d").alias("day")
    return padded.with_columns(day).select(pl.format("S{}-P{}-{}-9{}", "brand", "product", "day", "number")).to_series()
