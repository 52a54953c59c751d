"""`batches`: one product from one lot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from django.db.models import Case, CharField, F, OuterRef, Q, Value, When

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals, take
from terpseed.expressions import QUANTITY, total
from terpseed.facts import calendar, cells, parties
from terpseed.facts.goods import quality, stock
from terpseed.facts.money import payables
from terpseed.facts.sales import pricing, serving, trade
from terpseed.models import Batch, InventoryMovement, OrderLineItem

RESERVING = [fate.name for fate in trade.RESERVING]


class BatchSeeder(BaseSeeder):
    """Thirty per cell: 24 serve orders, the others are fresh, held, quarantined or still awaited."""

    config = SeederConfig(
        model=Batch,
        group="inventory",
        dependencies=("products", "lots"),
        companions=("BatchLocationSeeder", "IntakeMovementSeeder"),
        record_count=cells.per_cell(cells.BATCHES),
        not_pii=("code", "sku", "grade", "metadata"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The quantities on hand and reserved, and whether the batch is sold out."""
        movements = InventoryMovement.objects.filter(batch=OuterRef("pk"), deleted_at__isnull=True)
        reserving = OrderLineItem.objects.filter(order__fulfillmentStatus__in=RESERVING)
        reserved = reserving.filter(batch=OuterRef("pk"))
        status = Case(
            When(batchStatus="LIVE", onHandQty=0, then=Value("SOLD_OUT")),
            When(batchStatus="SOLD_OUT", onHandQty__gt=0, then=Value("LIVE")),
            default=F("batchStatus"),
            output_field=CharField(),
        )
        return (
            Derivation(
                values={"onHandQty": total(movements, "batch", "quantityChange", QUANTITY)},
                reads=("inventoryMovements",),
                touches=("updatedAt",),
            ),
            Derivation(
                values={"reservedQty": total(reserved, "batch", "quantity", QUANTITY)},
                reads=("orders", "order_line_items"),
                touches=("updatedAt",),
            ),
            Derivation(
                values={"batchStatus": status},
                where=Q(batchStatus="LIVE", onHandQty=0) | Q(batchStatus="SOLD_OUT", onHandQty__gt=0),
                reads=("inventoryMovements",),
                touches=("updatedAt",),
            ),
        )

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        left = stock.left(rows)
        emptied = stock.is_status(rows, "LIVE") & (left == 0)
        return pl.DataFrame(
            {
                "onHandQty": decimals(left * 100, 4),
                "reservedQty": decimals(stock.reserved(rows) * 100, 4),
                "batchStatus": pl.repeat("SOLD_OUT", len(rows), eager=True).zip_with(pl.Series(emptied), stock.status(rows)),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `batches`."""
        amount, cost = stock.intake(rows), pricing.unit_cost(rows) * 100
        consigned, ranged = stock.is_consigned(rows), stock.is_ranged(rows)
        low, high = stock.cost_range(rows)
        created = calendar.timestamps(stock.created_at(rows))
        serial = pl.Series(rows.index).cast(pl.String)
        return pl.DataFrame(
            {
                "code": "BATCH-9" + serial.str.zfill(6),
                "sku": _sku(rows, created),
                "productId": serving.product(rows).index,
                "lotId": stock.lot(rows).index,
                "batchStatus": stock.status(rows),
                "isPhotographyComplete": stock.is_status(rows, "LIVE"),
                "grade": stock.grade(rows),
                "ranged": ranged,
                "unitCogs": decimals(cost, 4),
                "unitCogsMin": decimals(low, 4),
                "unitCogsMax": decimals(high, 4),
                "consigned": consigned,
                "terms": take(parties.TERMS, payables.term(rows)),
                "metadata": quality.metadata(rows),
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
        "brand": serving.lot_seller(stock.lot(rows)),
        "product": serving.product(rows).index,
        "number": rows.index,
    }
    padded = pl.DataFrame(parts).select(pl.all().cast(pl.String).str.zfill(3))
    day = created.dt.strftime("%Y%m%d").alias("day")
    return padded.with_columns(day).select(pl.format("S{}-P{}-{}-9{}", "brand", "product", "day", "number")).to_series()
