"""The settings of a worker on another host: its database has the alias that the run's first process knows it by."""

import os

from settings.tests import *  # noqa: F403
from settings.tests import DATABASES

DATABASES[os.environ.get("WORKER_ALIAS", "default")] = DATABASES["default"]
