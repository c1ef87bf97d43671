"""What a process that has just started reads ahead, so that its first readers do not wait for it.

Rulesets, templates, tables of syllables and prepared statements are made on first use, which takes
a second and more. The pages people start from are made once for nobody: nothing is written, nothing
is sent, and whoever asks meanwhile is answered.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import FastAPI, Request

from qa.api.access import Viewer
from qa.api.days import DaysQuery
from qa.api.faults import log_fault
from qa.api.pages.agent import show_agent
from qa.api.pages.call import show_call
from qa.api.pages.queue import show_queue
from qa.api.queue_query import QueueQuery
from qa.api.rulesets import rulesets_in_force
from qa.api.service import Service
from qa.errors import QAError
from qa.records import Scope, User, UserRole
from qa.review.rights import rights_of
from qa.store.agent_lists import teams_in_scope
from qa.store.names import agent_choices
from qa.store.queue import QueueFilter, Show, queue_page

_CALLS = 3
_log = logging.getLogger("qa.api")


class Warming:
    """A thread that makes the pages once, step by step.

    Args:
        then: called at the end, unless the service ended before.
    """

    def __init__(self, app: FastAPI, then: Callable[[], None]) -> None:
        self._app, self._then = app, then
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="warming", daemon=True)

    @property
    def is_ending(self) -> bool:
        """Whether it was told to end."""
        return self._ended.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End after the page that is being made."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        try:
            for step in steps(self._app):
                if self._ended.is_set():
                    return
                step()
        except QAError:  # busy, or damaged: whoever asks is told
            _log.info("the pages were not made ahead")
        except Exception as error:  # the service goes on without
            log_fault(_log, "making pages ahead", error)
        self._then()


def steps(app: FastAPI) -> Iterator[Callable[[], Any]]:
    """Give what is made ahead, one after the other; each is given when the one before is done."""
    service: Service = app.state.service
    viewer = _nobody()
    request = _request(app, viewer)
    yield partial(rulesets_in_force, service)
    with service.store.reading() as session:
        agents, teams = agent_choices(session, viewer.scope), teams_in_scope(session, viewer.scope)
        newest = QueueFilter(show=Show.ALL)
        listed = queue_page(
            session, newest, viewer.scope, zone=service.store.zone, limit=_CALLS
        ).lines
    asked = [QueueQuery(), QueueQuery(show=Show.ALL.value)]
    asked += [QueueQuery(agent=agent_id) for agent_id in list(agents)[:1]]
    asked += [QueueQuery(team=team) for team in teams[:1]]
    for line in listed[:1]:
        if line.started_at is not None:
            asked.append(QueueQuery(since=line.started_at.date().isoformat()))
    yield from (partial(show_queue, request, service, one, viewer) for one in asked)
    for line in listed:
        yield partial(show_call, request, line.call_id, service, QueueQuery(), viewer)
    for agent_id in [line.agent_id for line in listed if line.agent_id][:1]:
        yield partial(show_agent, request, agent_id, service, viewer, DaysQuery())


def _nobody() -> Viewer:
    """Make a reader of everything who is no person and has no log-in; nobody is shown the pages."""
    user = User(
        user_id=0,
        login="",
        name="",
        role=UserRole.HEAD,
        agent_id=None,
        teams=(),
        reads_calls=False,
        sees_personal_data=False,
        is_disabled=False,
        must_change_password=False,
        created_at=datetime.now(UTC),
    )
    return Viewer(user, rights_of(user), Scope(everything=True), "", "session")


def _request(app: FastAPI, viewer: Viewer) -> Request:
    """Write a request that no connection brought."""
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "app": app,
        "state": {"viewer": viewer},
    }
    return Request(scope)
