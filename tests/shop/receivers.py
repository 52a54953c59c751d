from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.core.mail import mail_admins
from django.dispatch import receiver

from seeding.signals import rows_rejected, run_finished


@receiver(run_finished)
def forget_pages(**_: Any) -> None:
    cache.clear()  # however the run has ended: pages may show rows that have changed or gone


@receiver(rows_rejected)
def tell_admins(*, run: int, table: str, count: int, reasons: Mapping[str, int], **_: Any) -> None:
    listed = "\n".join(f"{times:>8,}  {reason}" for reason, times in reasons.items())
    mail_admins(f"Run {run} left out {count} rows of {table}", listed)
