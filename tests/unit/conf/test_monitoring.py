"""Where a run's metrics go, and which of them raise an alert for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from seeding.conf.monitoring import MonitoringConfig, load_monitoring
from seeding.exceptions import ConfigurationError

NUMBERS = ("DURATION", "ERROR_RATE", "LOCK_WAIT", "MEMORY")


def problems(**variables: str) -> list[str]:
    """What is wrong with SEEDING_ALERT_ variables."""
    with pytest.raises(ConfigurationError) as caught:
        load_monitoring({f"SEEDING_ALERT_{name}": value for name, value in variables.items()})
    return list(caught.value.problems)


@pytest.mark.parametrize(
    "variables", [{}, dict.fromkeys(("SEEDING_METRICS_FILE", "SEEDING_ALERT_WEBHOOK", "SEEDING_ALERT_EMAIL"), "")]
)
def test_nothing_set_watches_nothing(variables: dict[str, str]) -> None:
    assert load_monitoring(variables) == MonitoringConfig(
        metrics_file=None, duration=None, error_rate=None, lock_wait=None, memory=None, email=(), webhook=None
    )


def test_every_variable_has_its_field() -> None:
    config = load_monitoring(
        {
            "SEEDING_METRICS_FILE": "/var/lib/seeding.prom",
            "SEEDING_ALERT_DURATION": "60",
            "SEEDING_ALERT_ERROR_RATE": "0.01",
            "SEEDING_ALERT_LOCK_WAIT": " 2.5 ",
            "SEEDING_ALERT_MEMORY": "1e3",
            "SEEDING_ALERT_EMAIL": "ops@example.com, ,dba@example.com,",
            "SEEDING_ALERT_WEBHOOK": "https://hooks.example.com/s3cret",
        }
    )

    assert config == MonitoringConfig(
        metrics_file=Path("/var/lib/seeding.prom"),
        duration=60,
        error_rate=0.01,
        lock_wait=2.5,
        memory=1000,
        email=("ops@example.com", "dba@example.com"),
        webhook="https://hooks.example.com/s3cret",
    )
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["soon", "-0.1", "nan", "inf", "1,5"])
def test_a_limit_is_a_number_of_nought_or_more(name: str, text: str) -> None:
    assert problems(**{name: text}) == [f"SEEDING_ALERT_{name}={text}: give a number, 0 or more."]


def test_nought_is_a_limit_and_an_empty_text_is_none() -> None:
    config = load_monitoring({"SEEDING_ALERT_DURATION": "0", "SEEDING_ALERT_MEMORY": " "})

    assert (config.duration, config.memory) == (0, None)


def test_an_error_rate_is_at_most_one() -> None:
    assert load_monitoring({"SEEDING_ALERT_ERROR_RATE": "1"}).error_rate == 1
    assert problems(ERROR_RATE="1.01") == [
        "SEEDING_ALERT_ERROR_RATE=1.01: give a number from 0 to 1: 0.01 is one in a hundred."
    ]


def test_an_address_has_an_at_sign() -> None:
    assert problems(EMAIL="ops, dba@example.com, me") == [
        "SEEDING_ALERT_EMAIL: ops is not an address.",
        "SEEDING_ALERT_EMAIL: me is not an address.",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "s3cret",
        "ftp://host/s3cret",
        "https://",
        "https:///s3cret",
        "https://[::1/s3cret",
        "https://host:s3cret/",
        "http://u:s3/cret@host",
    ],
)
def test_a_web_hook_that_is_no_web_address_is_refused_and_not_told(address: str) -> None:
    assert problems(WEBHOOK=address) == ["SEEDING_ALERT_WEBHOOK is not a web address. It must begin with https://."]


def test_all_that_is_wrong_with_the_limits_is_told_at_once() -> None:
    assert len(problems(WEBHOOK="x", EMAIL="x", **dict.fromkeys(NUMBERS, "x"))) == 6
