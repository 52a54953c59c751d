"""The project's settings: `settings.base` for every command, `settings.tests` for the tests."""
