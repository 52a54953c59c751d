"""Settings for the tests: every database is created by the test that uses it."""

from settings.base import *  # noqa: F403

SECRET_KEY = "for-tests"  # noqa: S105
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SEEDING_LOG_FOLDER = ""
