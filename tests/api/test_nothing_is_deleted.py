"""Agents delete nothing, whatever they ask for; what removes recordings stands in one place."""

import ast
from pathlib import Path

import pytest
import typer
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from qa.cli.app import app as commands
from qa.records import Right, UserRole
from qa.review.rights import rights_of
from qa.store.copying import all_tables
from tests.api.authorisation_table import ROWS, things
from tests.support.people import log_in, person
from tests.support.review_store import Review, review_store  # noqa: F401 - opens stores

ROOT = Path(__file__).resolve().parents[2]
OF_RECORDINGS = ("RecordingRow", "FileRow", "CallRow", "TranscriptRow", "ArchivedRow")
MAY_DELETE_ROWS = {"qa/store/erasing.py", "qa/store/intake.py", "qa/store/archive.py"}
"""The archive itself; and intake, which forgets where a file lay that is gone."""
OWN_THINGS = ("login_sessions", "login_failures")
"""What a log-out takes away, of the agent's own."""
NOTES = ("day_touches", "rolled_days", "agent_days", "team_days", "agent_rules")
"""Sums of days and which are to be added up again: no source, and made anew once a minute by the
service itself, on a slow machine while a request is under way."""


def _counts(review: Review) -> dict[str, int]:
    with review.store.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in all_tables()
        }


def _files(review: Review) -> set[Path]:
    return {path for path in review.folder.rglob("*") if path.is_file()}


def test_no_request_of_an_agent_makes_anything_less(review: Review, app: FastAPI) -> None:
    people = {
        "agent": person(review.store, UserRole.AGENT, agent_id="108"),
        "lead": person(review.store, UserRole.LEAD, teams=("一组",)),
        "head": person(review.store, UserRole.HEAD),
    }
    agent, stands_for = people["agent"], things(review, people)
    files = _files(review)
    with TestClient(app, base_url="http://127.0.0.1:8787", raise_server_exceptions=False) as client:
        for one in ROWS:
            method, path = one.route.split(" ")
            if method == "GET":
                continue
            for which in (0, 1):
                address = path
                for name, values in stands_for.items():
                    address = address.replace(f"{{{name}}}", values[which])
                made = log_in(client, review.store, agent)
                before = _counts(review)
                send = {k: _filled(v, stands_for, which) for k, v in one.send.items()}
                client.request(method, address, headers={"x-csrf-token": made.csrf_token}, **send)
                after = _counts(review)
                less = [
                    t for t in before if after[t] < before[t] and t not in (*OWN_THINGS, *NOTES)
                ]
                assert less == [], f"{one.route} took rows of {less}"
    assert _files(review) == files


def _filled(value: object, stands_for: dict[str, tuple[str, str]], which: int) -> object:
    if isinstance(value, dict):
        return {key: _filled(one, stands_for, which) for key, one in value.items()}
    if isinstance(value, str):
        for name, values in stands_for.items():
            value = value.replace(f"{{{name}}}", values[which])
    return value


def test_agents_have_no_right_about_deletions(review: Review) -> None:
    agent = person(review.store, UserRole.AGENT, agent_id="136", sees_personal_data=True)
    forbidden = {Right.READ_ARCHIVE, Right.REQUEST_DELETION, Right.APPROVE_DELETION}
    assert not rights_of(agent) & forbidden


def test_only_the_archive_removes_rows_of_recordings() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("qa/**/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "delete"
        and any(getattr(arg, "id", "") in OF_RECORDINGS for arg in node.args)
    }
    assert found <= MAY_DELETE_ROWS


def test_no_command_deletes_a_recording_without_a_request() -> None:
    names = []

    def walk(command: object, path: str) -> None:
        for name, sub in getattr(command, "commands", {}).items():
            names.append(f"{path} {name}".strip())
            walk(sub, f"{path} {name}".strip())

    walk(typer.main.get_command(commands), "")
    telling = [
        n for n in names if any(w in n for w in ("delet", "remove", "purge", "erase", "drop"))
    ]
    assert set(telling) <= {"archive deletions", "notices remove"}


@pytest.mark.parametrize("path", ["/archive", "/api/v1/archive/deletions"])
def test_a_lead_asks_and_a_head_approves_in_the_browser(
    client: TestClient, review: Review, path: str
) -> None:
    assert client.get(path).status_code == 200
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    made = log_in(client, review.store, lead)
    sent = {"csrf_token": made.csrf_token, "call_id": "clean", "reason": "客户书面要求删除。" * 2}
    first = client.post("/archive/deletions", data=sent, follow_redirects=False)
    shown = client.get("/archive").text
    assert first.status_code in (303, 422) and "clean" in shown
    again = client.post("/archive/deletions", data=sent)
    assert again.status_code == 422 and "已经有人申请" in again.text
