"""One run at a time per database: a lock for every kind of server behind one small interface."""

from seeding.locks.base import Holder, SeedingLock
from seeding.locks.factory import granted, seeding_lock
from seeding.locks.fence import Fenced, Grant

__all__ = ["Fenced", "Grant", "Holder", "SeedingLock", "granted", "seeding_lock"]
