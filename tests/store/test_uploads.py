"""Recordings that people send in: whose call it is, and whose tickets they may name."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from qa.batch.runner import ingest_folder
from qa.errors import NotFoundError
from qa.records import Scope, UserRole
from qa.store.arrivals import Arrival, NotYoursError, known_call
from qa.store.attributing import call_attribution
from qa.store.queries import call_detail
from qa.store.scope import require_call
from qa.store.store import Store
from qa.store.tables import CallRow
from qa.store.uploads import put_upload
from qa.types import Ticket
from tests.support.call_folders import open_store, settings_for, settled
from tests.support.people import person

MINE, THEIRS = Scope(teams=frozenset({"一组"})), Scope(teams=frozenset({"二组"}))
AGENTS = {MINE: "258", THEIRS: "136", Scope(everything=True): "258"}
HEADER = "file,call_id,started_at,agent_id\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    settled(tmp_path / "in" / "agents.csv", "agent_id,name,team\n258,陈晨,一组\n136,孙佳,二组\n")
    with open_store(settings_for(tmp_path)) as opened:
        ingest_folder(opened, tmp_path / "in")
        person(opened, UserRole.HEAD)
        yield opened


def send(store: Store, folder: Path, call_id: str, scope: Scope, **more: Any) -> Arrival:
    path = folder / f"{call_id}.wav"
    path.write_bytes(call_id.encode())
    ticket: Ticket | None = more.pop("ticket", None)
    values = {k: v for k, v in ({"agent_id": AGENTS[scope]} | more).items() if v is not None}
    key = sha256(call_id.encode()).hexdigest()
    arrival = Arrival(key[:32], path, key, 9, call_id, values, ticket)
    with store.writing() as session:
        now = datetime.now(UTC)
        put_upload(session, arrival, scope, user_id=1, now=now, zone=store.zone)
    return arrival


def agent_of(store: Store, call_id: str) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    with store.reading() as session:
        row = session.get_one(CallRow, call_id)
        found = call_attribution(session, row, None)
        return found.agent_id, dict(found.claims)


def opens(store: Store, scope: Scope, call_id: str) -> bool:
    with store.reading() as session:
        try:
            require_call(session, scope, call_id)
        except NotFoundError:
            return False
    return True


def test_the_sender_says_whose_call_it_is(store: Store, tmp_path: Path) -> None:
    send(store, tmp_path, "own-1", MINE)
    assert agent_of(store, "own-1") == ("258", {"upload": ("258",)})
    assert opens(store, MINE, "own-1") and not opens(store, THEIRS, "own-1")


@pytest.mark.parametrize(
    ("told", "agent", "claims"),
    [
        ("", "258", {"upload": ("258",)}),
        ("258", "258", {"upload": ("258",), "table": ("258",)}),
        ("136", None, {"upload": ("258",), "table": ("136",)}),
    ],
)
def test_a_later_ingest_adds_its_voice(
    store: Store, tmp_path: Path, told: str, agent: str | None, claims: dict[str, tuple[str, ...]]
) -> None:
    send(store, tmp_path, "own-1", MINE)
    settled(tmp_path / "in" / "calls.csv", f"{HEADER},own-1,2025-11-18 09:30,{told}\n")
    ingest_folder(store, tmp_path / "in")
    assert agent_of(store, "own-1") == (agent, claims)
    assert opens(store, MINE, "own-1") is (agent is not None)
    with store.reading() as session:
        assert call_detail(session, "own-1", store.zone).recording_id is not None


def test_who_says_nothing_of_the_agent_takes_nothing_away(store: Store, tmp_path: Path) -> None:
    settled(tmp_path / "in" / "calls.csv", f"{HEADER},own-1,2025-11-18 09:30,258\n")
    ingest_folder(store, tmp_path / "in")
    send(store, tmp_path, "own-1", MINE, agent_id=None)
    assert agent_of(store, "own-1") == ("258", {"table": ("258",)})


def test_a_ticket_of_other_people_cannot_be_named(store: Store, tmp_path: Path) -> None:
    send(store, tmp_path, "theirs", THEIRS, ticket_id="T1", ticket=Ticket("T1", phone="139"))
    send(store, tmp_path, "nobody", Scope(everything=True), agent_id=None, ticket_id="T2")
    told = set()
    for name, more in (
        ("a", {"ticket_id": "T1"}),
        ("b", {"ticket_id": "T1", "ticket": Ticket("T1", phone="139")}),
        ("c", {"ticket_id": "T2"}),
        ("theirs", {}),
        ("nobody", {}),
    ):
        with pytest.raises(NotYoursError) as caught:
            send(store, tmp_path, name, MINE, **more)
        told.add(str(caught.value))
        assert name in ("theirs", "nobody") or not opens(store, Scope(everything=True), name)
    with store.reading() as session, pytest.raises(NotYoursError) as caught:
        known_call(session, sha256(b"theirs").hexdigest(), MINE)
    assert told == {str(caught.value)}


def test_contents_of_a_shared_ticket_come_from_who_sees_all_its_calls(
    store: Store, tmp_path: Path
) -> None:
    send(store, tmp_path, "mine", MINE, ticket_id="T1")
    everything = Scope(everything=True)
    send(store, tmp_path, "theirs", everything, agent_id="136", ticket_id="T1")
    send(store, tmp_path, "again", MINE, ticket_id="T1")
    with pytest.raises(NotYoursError):
        send(store, tmp_path, "wrong", MINE, ticket_id="T1", ticket=Ticket("T1", phone="1"))
    send(store, tmp_path, "right", everything, ticket_id="T1", ticket=Ticket("T1", phone="1"))
