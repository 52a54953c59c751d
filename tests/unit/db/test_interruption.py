"""What a signal asks for, whatever becomes of its exception on the way; the signals are real."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from seeding.db.interruption import interruption, terminable, undisturbed
from seeding.exceptions import Terminated


def kill(*signals: int) -> None:
    for one in signals:
        os.kill(os.getpid(), one)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Whatever a test does, the handlers are those of before."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)])
def test_a_signal_raises_its_exception_inside_a_block_alone(number: int, raised: type[BaseException]) -> None:
    heard: list[int] = []
    signal.signal(number, lambda one, _: heard.append(one))

    with pytest.raises(raised), terminable():
        kill(number)
    kill(number)

    assert heard == [number]


def test_an_exception_that_was_wrapped_is_raised_as_what_was_meant() -> None:
    def wrapped() -> None:
        try:
            kill(signal.SIGTERM)
        except Terminated as error:
            raise RuntimeError("panic") from error

    with pytest.raises(Terminated) as caught, terminable():
        wrapped()

    assert isinstance(caught.value.__cause__, RuntimeError)


def test_without_a_signal_an_error_is_raised_as_it_is() -> None:
    error = ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught, terminable():
        raise error

    assert (caught.value, interruption(error)) == (error, error)


def test_a_signal_of_a_block_that_has_ended_is_behind_no_later_error() -> None:
    with pytest.raises(Terminated), terminable():
        kill(signal.SIGTERM)

    error = ValueError("later")
    assert interruption(error) is error


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    with terminable():
        kill(signal.SIGTERM)
        during = signal.getsignal(signal.SIGTERM)

    assert (during, signal.getsignal(signal.SIGTERM)) == (signal.SIG_IGN, signal.SIG_IGN)


def test_a_handler_is_put_back_after_an_error_too() -> None:
    def mine(number: int, frame: FrameType | None) -> None:
        """Be another one than Python's."""

    signal.signal(signal.SIGTERM, mine)

    with pytest.raises(ValueError, match="x"), terminable():
        raise ValueError("x")

    assert signal.getsignal(signal.SIGTERM) is mine


def test_in_another_thread_the_block_runs_and_handles_nothing() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with terminable():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [before]


def test_a_signal_waits_for_the_end_of_the_outermost_undisturbed_block() -> None:
    done: list[str] = []

    def work() -> None:
        with undisturbed():
            with undisturbed():
                kill(signal.SIGINT)
                done.append("inner")
            done.append("outer")
        done.append("after")

    with pytest.raises(KeyboardInterrupt), terminable():
        work()

    assert done == ["inner", "outer"]


def test_a_second_signal_does_not_wait() -> None:
    done: list[str] = []

    def work() -> None:
        with undisturbed():
            kill(signal.SIGTERM)
            done.append("the first")
            kill(signal.SIGINT)
            done.append("the second")

    with pytest.raises(KeyboardInterrupt), terminable():
        work()

    assert done == ["the first"]


def test_an_undisturbed_block_that_fails_after_a_signal_raises_what_the_signal_asks_for() -> None:
    def work() -> None:
        with undisturbed():
            kill(signal.SIGTERM)
            raise ValueError("half a packet")

    with pytest.raises(Terminated), terminable():
        work()

    with undisturbed(), pytest.raises(ValueError, match="x"):
        raise ValueError("x")
