"""Whether there is a browser to test in: `python -m tests.browser` ends with 0, or says what is missing."""

import sys

from tests.browser import missing

sys.exit(missing() or None)
