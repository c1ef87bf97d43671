"""What is made ahead at the start: every kind of page once, and nothing that stays of it."""

import threading
from pathlib import Path

import pytest
from fastapi import FastAPI

from qa.api import warming
from qa.api.app import create_app
from qa.api.pages import agent, call, queue
from qa.api.warming import Warming, steps
from tests.support.call_folders import open_store, rows_of, settings_for
from tests.support.review_store import Review

PATIENCE_S = 120


def test_pages_of_each_kind_are_made_and_nothing_is_written(
    app: FastAPI, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for module in (queue, call, agent):
        monkeypatch.setattr(module, "page", lambda _, name, values: made.append(name))
    before = rows_of(review.store, "SELECT count(*) FROM audit_log")
    for step in steps(app):
        step()
    assert set(made) == {"queue.html", "call.html", "agent.html"}
    assert made.count("queue.html") == 5, "plain, all, and by agent, team and day"
    assert rows_of(review.store, "SELECT count(*) FROM audit_log") == before


def test_an_empty_archive_has_its_empty_list(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with open_store(settings) as store:
        for step in steps(create_app(store, settings)):
            step()


def test_it_ends_with_what_comes_then(app: FastAPI) -> None:
    done = threading.Event()
    warmth = Warming(app, done.set)
    warmth.start()
    assert done.wait(PATIENCE_S)
    warmth.close()


def test_the_service_may_end_before_it_is_warm(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, after = threading.Event(), threading.Event(), []

    def slow() -> None:
        begun.set()
        assert go_on.wait(PATIENCE_S)

    monkeypatch.setattr(warming, "steps", lambda _: iter([slow, lambda: after.append("next")]))
    warmth = Warming(app, lambda: after.append("then"))
    warmth.start()
    assert begun.wait(PATIENCE_S)
    ending = threading.Thread(target=warmth.close)
    ending.start()
    while not warmth.is_ending:
        ending.join(0.01)
    go_on.set()
    ending.join(PATIENCE_S)
    assert not ending.is_alive() and after == []


def test_a_fault_ends_nothing(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault() -> None:
        raise LookupError("13812345678")

    done = threading.Event()
    monkeypatch.setattr(warming, "steps", lambda _: iter([fault]))
    warmth = Warming(app, done.set)
    warmth.start()
    assert done.wait(PATIENCE_S)
    warmth.close()
    assert "LookupError" in caplog.text and "13812345678" not in caplog.text
