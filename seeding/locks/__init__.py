"""One run at a time per database: a lock for every kind of server behind one small interface."""

from seeding.locks.base import Holder, SeedingLock
from seeding.locks.factory import seeding_lock

__all__ = ["Holder", "SeedingLock", "seeding_lock"]
