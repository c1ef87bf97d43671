"""What the running service does by the clock."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.api.upkeep import Upkeep
from qa.api.watch import Watch
from qa.batch.fines import follow_events
from qa.records import FlagAction, Scope
from qa.store import event_finding
from qa.store.reviews import decide_flag, release_call, review_of
from tests.support.call_folders import rows_of, settings_for
from tests.support.review_house import NOW, House, house
from tests.support.waiting import SLOW_S, until

STATE = "SELECT state FROM call_status WHERE call_id = 'c1'"


def test_a_passed_appeal_window_closes_by_itself(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        release_long_ago(centre)
        assert rows_of(centre.store, STATE) == [("released",)]
        upkeep = Upkeep(centre.store, settings_for(tmp_path), every_s=0.05)
        upkeep.start()
        until(lambda: rows_of(centre.store, STATE) == [("final",)])
        upkeep.close()
        assert rows_of(centre.store, STATE) == [("final",)]
        upkeep.close()  # a second time does no harm


def release_long_ago(centre: House) -> None:
    """Release a call whose window passed long before today."""
    centre.judged("c1", "108", "CL01")
    lead = centre.people["lead1"]
    with centre.store.writing() as session:
        number = review_of(session, Scope(everything=True), "c1", NOW).current_id
        decide_flag(session, lead, "c1", number, "CL01", FlagAction.CONFIRM, now=NOW)
        release_call(session, lead, "c1", number, now=NOW)


def test_a_large_archive_is_looked_through_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_finding, "BATCH", 2)
    with house(tmp_path) as centre:
        for number in range(5):
            centre.judged(f"c{number}", "108", "CL01")
        settings, reached = settings_for(tmp_path), "SELECT scorecard_id FROM event_scan"
        first = follow_events(centre.store, settings, NOW, most_batches=1)
        assert not first.is_done
        place = rows_of(centre.store, reached)
        second = follow_events(centre.store, settings, NOW, most_batches=1)
        assert not second.is_done and rows_of(centre.store, reached) > place
        assert follow_events(centre.store, settings, NOW, most_batches=1).is_done
        newest = rows_of(centre.store, "SELECT MAX(scorecard_id) FROM scorecards")
        assert rows_of(centre.store, reached) == newest


class Tripping(Watch):
    """Its first step always fails; its second counts to three."""

    def __init__(self) -> None:
        super().__init__("tripping", every_s=0.01)
        self.looks, self.went_on = 0, threading.Event()

    def _steps(self) -> tuple[Callable[[], None], ...]:
        return self._trip, self._count

    def _trip(self) -> None:
        raise ZeroDivisionError("secret words")

    def _count(self) -> None:
        self.looks += 1
        if self.looks == 3:
            self.went_on.set()


def test_a_step_that_fails_ends_neither_its_look_nor_the_watch(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Tripping()
    watch.start()
    assert watch.went_on.wait(SLOW_S)
    watch.close()
    assert "ZeroDivisionError" in caplog.text and "secret words" not in caplog.text


class Yielding(Watch):
    """Notes how willingly its thread gives way, and how the process does."""

    def __init__(self) -> None:
        super().__init__("yielding", every_s=60, gives_way=True)
        self.seen: tuple[int, int] | None = None
        self.looked = threading.Event()

    def _steps(self) -> tuple[Callable[[], None], ...]:
        return (self._note,)

    def _note(self) -> None:
        own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        self.seen = own, os.getpriority(os.PRIO_PROCESS, os.getpid())
        self.looked.set()


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
def test_a_watch_that_gives_way_takes_nobody_else_along() -> None:
    before = os.getpriority(os.PRIO_PROCESS, os.getpid())
    watch = Yielding()
    watch.start()
    assert watch.looked.wait(SLOW_S)
    watch.close()
    assert watch.seen == (max(10, before), before)
