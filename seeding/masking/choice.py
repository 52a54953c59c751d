"""How a run masks: the strategies that there are, and the mode of an environment."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from seeding.conf import Environment
from seeding.exceptions import ConfigurationError
from seeding.masking.masker import STRATEGIES
from seeding.masking.strategies.base import MaskingStrategy, Mode


def masking_mode(environment: Environment) -> Mode:
    """Staging keeps what makes data useful; anything else keeps nothing."""
    return Mode.PARTIAL if environment is Environment.STAGING else Mode.FULL


def masking_strategies() -> tuple[MaskingStrategy, ...]:
    """The built-in strategies, and the project's own: classes that SEEDING_MASKING_STRATEGIES names by their dotted paths.

    A project's strategy replaces a built-in one of the same name. Raises ConfigurationError for one that is none.
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
