"""How a run masks: the available strategies, and the mode of an environment."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from seeding.conf import Environment
from seeding.exceptions import ConfigurationError
from seeding.masking.masker import STRATEGIES
from seeding.masking.strategies.base import MaskingStrategy, Mode


def masking_mode(environment: Environment) -> Mode:
    """Partial in staging, which keeps what makes data useful; full everywhere else."""
    return Mode.PARTIAL if environment is Environment.STAGING else Mode.FULL


def masking_strategies() -> tuple[MaskingStrategy, ...]:
    """The built-in strategies, and the project's own: the classes whose dotted paths SEEDING_MASKING_STRATEGIES lists.

    A project's strategy replaces a built-in one of the same name. Raises ConfigurationError for a path to anything else.
    """
    own = {}
    for path in getattr(settings, "SEEDING_MASKING_STRATEGIES", ()):
        try:
            strategy = import_string(path)()
        except (ImportError, TypeError) as error:
            raise ConfigurationError(f"SEEDING_MASKING_STRATEGIES names {path!r}, which is not a strategy: {error}") from error
        if not isinstance(strategy, MaskingStrategy):
            raise ConfigurationError(f"SEEDING_MASKING_STRATEGIES names {path!r}, which is not a MaskingStrategy.")
        own[strategy.name] = strategy
    return tuple({**{strategy.name: strategy for strategy in STRATEGIES}, **own}.values())
