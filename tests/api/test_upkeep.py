"""What the running service does by the clock."""

import time
from pathlib import Path

from qa.api.upkeep import Upkeep
from qa.records import FlagAction, Scope
from qa.store.reviews import decide_flag, release_call, review_of
from tests.call_folders import rows_of, settings_for
from tests.review_house import NOW, House, house

STATE = "SELECT state FROM call_status WHERE call_id = 'c1'"


def test_a_passed_appeal_window_closes_by_itself(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        release_long_ago(centre)
        assert rows_of(centre.store, STATE) == [("released",)]
        upkeep = Upkeep(centre.store, settings_for(tmp_path), every_s=0.05)
        upkeep.start()
        until = time.monotonic() + 30
        while rows_of(centre.store, STATE) != [("final",)] and time.monotonic() < until:
            time.sleep(0.05)
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
