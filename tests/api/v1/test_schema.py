"""Schemathesis: whatever is sent, no server error, and answers as the description promises."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from qa.api.v1 import events
from qa.records import UserRole
from qa.store.runs import request_run
from tests.api.v1.conftest import BASE, Api
from tests.support.people import person
from tests.support.review_store import CALLS
from tests.support.waiting import SLOW_S

EXAMPLES = 4
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ("agent", "lead", "clear_head", "admin")
NO_PROBES = {"/api/v1/recordings"}
"""Whose body is read by hand: what is sent wrongly there is tested in `test_uploads`."""


def known_values(api: Api) -> dict[str, list[Any]]:
    """Things that are there, in place of made-up ids."""
    spare = person(api.review.store, UserRole.HEAD)
    with api.review.store.writing() as session:
        run, _ = request_run(session, "score", {}, spare.user_id, datetime.now(UTC))
    return {
        "call_id": [*CALLS, "broken", "gone"],
        "agent_id": ["108", "136"],
        "rule_id": ["IP01", "CL01"],
        "ruleset_id": ["heating-repair", "heating-callback"],
        "user_id": [spare.user_id],
        "run_id": [run.run_id],
        "kind": ["calls", "verdicts"],
        "ending": ["csv", "jsonl"],
    }


@pytest.fixture(scope="module")
def client(shared: Api) -> Iterator[Any]:
    with asgi.get_client(shared.app) as opened:
        yield opened


def operations(api: Api) -> list[Any]:
    schema = schemathesis.openapi.from_dict(api.app.openapi())
    return [found.ok() for found in schema.get_all_operations()]


@dataclass
class Asker:
    """Asks as one person, and keeps what came back and what was wrong with it."""

    client: Any
    token: str
    known: dict[str, list[Any]]
    seen: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def probe(self, operation: Any) -> None:
        """Ask for one operation with what its description allows, and what it does not."""
        checks = [*CHECKS, *([] if operation.path in NO_PROBES else [negative_data_rejection])]

        @seed(7)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), choice=st.integers(0, 5))
        def ask(case: Any, choice: int) -> None:
            is_known = choice > 0  # now and then the made-up id stays
            for name in case.path_parameters or {}:
                if is_known and name in self.known:
                    case.path_parameters[name] = self.known[name][choice % len(self.known[name])]
            headers = {"authorization": f"Bearer {self.token}"}
            response = case.call(
                base_url=BASE, session=self.client, headers=headers, timeout=SLOW_S
            )
            self.seen.add(response.status_code)
            case.validate_response(response, checks=checks)

        try:
            ask()
        except (schemathesis.errors.SchemathesisError, FailureGroup, Failure) as error:
            self.wrong.append(f"{operation.label}: {error}")


@pytest.mark.parametrize("who", ROLES)
def test_nothing_breaks(
    shared: Api, client: Any, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LONGEST_S", 0.0)
    asker = Asker(client, shared.tokens[who], known_values(shared))
    for operation in operations(shared):
        asker.probe(operation)
    assert not asker.wrong, "\n\n".join(asker.wrong)
    assert {200, 403, 404, 422} <= asker.seen and 401 not in asker.seen
