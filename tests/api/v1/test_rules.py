"""Rulesets, notices, runs, exports, agents, and the API's own description."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from qa.api.v1.exports import safe_cell
from qa.batch.asked_runs import WorkOptions
from qa.batch.uploads import Workshop
from qa.scoring.ruleset import BUNDLED
from tests.api.v1.conftest import Api
from tests.support.call_folders import RULESET
from tests.support.review_store import PHONE
from tests.support.talking_files import ENGINE, factory

DIALOGUE = "坐席: 您好,大龙供暖报修,108为您服务。\n客户: 我家不热。\n坐席: 今天保证给您修好。\n"
BUNDLED_ID = "heating-callback"


def small(api: Api) -> str:
    """The id of the settings' ruleset."""
    [one] = [r for r in api.get("head", "/rulesets") if r["is_default"]]
    found: str = one["ruleset_id"]
    return found


def test_rulesets_are_listed_and_read(shared: Api) -> None:
    found = shared.get("agent", "/rulesets")
    assert {one["ruleset_id"] for one in found} >= {path.stem for path in BUNDLED.glob("*.yaml")}
    ruleset = shared.get("agent", f"/rulesets/{small(shared)}")
    assert ruleset["rules"] and ruleset["rules"][0]["examples"]
    assert shared.problem("agent", "GET", "/rulesets/nothing", 404)
    assert shared.problem("agent", "GET", "/rulesets/..%2Fx", 404)
    assert shared.get("agent", f"/rulesets/{small(shared)}/history") == []


def test_a_dialogue_is_tried(shared: Api) -> None:
    body: dict[str, Any] = {"dialogue": DIALOGUE, "ruleset": "heating-repair", "agent_id": "108"}
    tried = shared.post("agent", "/rulesets/try", body)
    outcomes = {one["rule_id"]: one["outcome"] for one in tried["verdicts"]}
    assert outcomes["IP01"] == "VIOLATED" and tried["total"] < 100
    assert shared.problem("agent", "POST", "/rulesets/try", 422, json={"dialogue": "谁: 啊"})
    assert shared.problem(
        "agent", "POST", "/rulesets/try", 404, json={**body, "ruleset": "nothing"}
    )
    draft = RULESET.read_text("utf-8")
    assert shared.post("head", "/rulesets/try", {"dialogue": DIALOGUE, "draft": draft})["verdicts"]
    assert shared.problem("agent", "POST", "/rulesets/try", 403, json={**body, "draft": draft})
    wrong = shared.problem("head", "POST", "/rulesets/try", 422, json={**body, "draft": "a: ["})
    assert wrong["code"] == "ruleset_wrong"


@pytest.mark.parametrize("include", ["/etc/passwd", "../../../x", "https://example.com/x"])
def test_a_draft_reads_no_files(shared: Api, include: str) -> None:
    draft = f"id: x\nversion: 1\ntitle: x\ninclude: ['{include}']\nrules: []\n"
    body = {"dialogue": DIALOGUE, "draft": draft}
    assert (
        shared.problem("head", "POST", "/rulesets/try", 422, json=body)["code"] == "ruleset_wrong"
    )


def test_publish_and_roll_back(api: Api) -> None:
    text = (BUNDLED / f"{BUNDLED_ID}.yaml").read_text("utf-8")
    path = f"/rulesets/{BUNDLED_ID}"
    other = api.problem(
        "head", "POST", "/rulesets/heating-repair/publish", 422, json={"text": text, "note": "x"}
    )
    assert other["errors"][0]["code"] == "other_id"
    assert api.problem("lead", "POST", f"{path}/publish", 403, json={"text": text, "note": "x"})
    done = api.post("head", f"{path}/publish", {"text": text, "note": "照旧"})
    assert done["publication"]["action"] == "publish"
    history = api.get("lead", f"{path}/history")
    assert [one["note"] for one in history] == ["照旧"]
    assert (
        api.post("head", f"{path}/rollback", {"note": "不对"})["publication"]["action"]
        == "rollback"
    )
    assert api.problem("head", "POST", f"{path}/rollback", 409, json={})
    assert api.problem("head", "POST", f"{path}/rollback", 404, json={"to": 999})
    actions = {row["action"] for row in api.get("head", "/audit?action=ruleset")["items"]}
    assert actions == {"ruleset.publish", "ruleset.roll_back"}


def test_notices(api: Api) -> None:
    body = {"festival": "春节", "first_day": "2026-02-15", "last_day": "2026-02-23"}
    assert api.post("head", "/notices", body, 201)["is_of_folder"] is False
    assert api.problem("head", "POST", "/notices", 409, json=body)
    assert api.problem("lead", "POST", "/notices", 403, json=body)
    late = {**body, "first_day": "2026-02-24"}
    assert api.problem("head", "POST", "/notices", 422, json=late)
    assert [one["festival"] for one in api.get("agent", "/notices")] == ["春节"]
    assert api.ask("head", "DELETE", "/notices/春节/2026-02-15").status_code == 204
    assert api.problem("head", "DELETE", "/notices/春节/2026-02-15", 404)
    assert api.problem("head", "DELETE", "/notices/春节/x", 422)


def test_runs(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKING_LOG", str(api.review.settings.data_dir / "log"))
    no_inbox = api.problem("head", "POST", "/runs", 422, json={"kind": "run"})
    assert no_inbox["errors"][0]["code"] == "no_inbox"
    asked = api.post("admin", "/runs", {"kind": "score"}, 202)
    assert api.post("head", "/runs", {"kind": "score"})["run_id"] == asked["run_id"]
    assert asked["state"] == "waiting"
    text = RULESET.read_text("utf-8")
    trial = api.post("head", "/rulesets/what-if", {"text": text}, 202)
    assert api.problem("head", "POST", "/rulesets/what-if", 422, json={"text": "a: ["})
    workshop = Workshop(api.review.store, api.review.settings, WorkOptions(factory, ENGINE))
    while workshop.step():
        pass
    workshop.close()
    done = api.get("admin", f"/runs/{asked['run_id']}")
    assert done["state"] == "done" and done["progress"]["share"] == 1.0
    found = api.get("head", f"/runs/{trial['run_id']}")
    assert found["state"] == "done" and found["result"]["calls"] == 6
    hidden = api.get("admin", f"/runs/{trial['run_id']}")  # may start runs, may not read calls
    assert hidden == found | {"result": None}
    assert api.get("reading_admin", f"/runs/{trial['run_id']}")["result"] == found["result"]
    stream = api.ask("head", "GET", f"/runs/{trial['run_id']}/events")
    assert "event: end" in stream.text
    listed = api.get("head", "/runs?limit=1")
    assert listed["items"][0]["run_id"] == trial["run_id"] and listed["next"]
    assert api.problem("lead", "GET", "/runs", 403) and api.problem("head", "GET", "/runs/99", 404)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_exports(api: Api) -> None:
    calls = api.ask("head", "GET", "/exports/calls.csv")
    assert calls.headers["content-type"] == "text/csv; charset=utf-8"
    assert calls.headers["content-disposition"] == 'attachment; filename="calls.csv"'
    found = {row["call_id"]: row for row in rows(calls.text)}
    assert len(found) == 9 and found["fine"]["score"] == "90" and found["fine"]["total"] == "70"
    assert {row["agent_id"] for row in rows(api.ask("lead", "GET", "/exports/calls.csv").text)} == {
        "108"
    }
    for kind in ("verdicts", "reviews", "appeals"):
        for ending in ("csv", "jsonl"):
            taken = api.ask("lead", "GET", f"/exports/{kind}.{ending}")
            assert taken.status_code == 200 and PHONE not in taken.text
    lines = api.ask("lead", "GET", "/exports/verdicts.jsonl").text.splitlines()
    assert {json.loads(line)["call_id"] for line in lines} == {"clean", "open"}
    some = api.ask("head", "GET", "/exports/calls.csv?since=2025-11-17&until=2025-11-17")
    assert [row["call_id"] for row in rows(some.text)] == ["fine"]
    assert api.problem("head", "GET", "/exports/calls.csv?clear=true", 403)
    assert api.ask("clear_head", "GET", "/exports/verdicts.csv?clear=true").status_code == 200
    assert api.problem("agent", "GET", "/exports/calls.csv", 403)
    assert api.problem("head", "GET", "/exports/calls.xlsx", 422)
    assert api.problem("head", "GET", "/exports/users.csv", 422)
    kinds = [row["details"]["kind"] for row in api.get("head", "/audit?action=export")["items"]]
    assert len(kinds) == 11


def test_exported_decisions_and_formulas(api: Api) -> None:
    number = api.get("head", "/calls/fine/scorecard")["scorecard_id"]
    body = {
        "scorecard_id": number,
        "rule_id": "IP01",
        "action": "reject",
        "reason": "=HYPERLINK(1)",
    }
    api.post("head", "/calls/fine/decisions", body, 201)
    [row] = rows(api.ask("head", "GET", "/exports/reviews.csv").text)
    assert row["reason"] == "'=HYPERLINK(1)" and row["decided_by"]
    line = json.loads(api.ask("head", "GET", "/exports/reviews.jsonl").text)
    assert line["reason"] == "=HYPERLINK(1)"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell
    assert safe_cell(-5) == -5 and safe_cell("a=1") == "a=1" and safe_cell(None) is None


def test_agents(shared: Api) -> None:
    page = shared.get("head", "/agents?limit=2")
    assert [one["agent_id"] for one in page["items"]] == ["108", "136"]
    rest = shared.get("head", f"/agents?limit=2&after={page['next']}")
    assert [one["agent_id"] for one in rest["items"]] == ["169"] and rest["next"] is None
    assert [one["agent_id"] for one in shared.get("lead", "/agents")["items"]] == ["108"]
    one = shared.get("agent", "/agents/108")
    assert (one["calls"], one["mean_score"], one["team"]) == (2, 100.0, "一组")
    missed = shared.get("head", "/agents/136")["missed"]
    assert missed[0] == {"rule_id": "CL01", "times": 2}
    [week] = shared.get("head", "/agents/136/series")
    assert (week["monday"], week["calls"], week["mean_score"]) == ("2025-11-17", 2, 90.0)
    assert shared.get("head", "/agents/136/series?since=2025-11-18")[0]["calls"] == 1
    for path in ("/agents/136", "/agents/136/series", "/agents/nobody"):
        assert shared.problem("agent", "GET", path, 404)
    assert shared.problem("head", "GET", "/agents/nobody", 404)
    assert shared.problem("agent", "GET", "/agents", 403)


def test_the_api_describes_itself(shared: Api) -> None:
    schema = shared.get("agent", "/openapi.json")
    assert schema["openapi"].startswith("3.1") and set(schema["components"]["securitySchemes"])
    text = json.dumps(schema)
    for name in _refs(schema):
        assert name in schema["components"]["schemas"], name
    for path, methods in schema["paths"].items():
        for method, one in methods.items():
            place = f"{method} {path}"
            assert one["summary"] and one["description"] and len(one["tags"]) == 1, place
            assert {"401", "403", "422", "500", "503"} <= set(one["responses"]), place
            if "{" in path and method == "get" and "exports" not in path and "history" not in path:
                assert "404" in one["responses"], place
    assert "HTTPValidationError" not in text and "Successful Response" not in text
    page = shared.ask("agent", "GET", "/docs")
    assert page.status_code == 200 and "/api/v1/recordings" in page.text
    assert "problem-stale" not in page.text and 'id="problem-not_found"' in page.text
    assert "http" not in "".join(line for line in page.text.splitlines() if "<script" in line)
    assert shared.problem("nobody", "GET", "/openapi.json", 401)


def _refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_refs(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_refs(item) for item in value))
    return set()


def test_every_kind_of_refusal_is_a_problem(shared: Api) -> None:
    assert shared.problem("head", "GET", "/no-such-thing", 404)["code"] == "not_found"
    refused = shared.ask("head", "DELETE", "/me")
    assert refused.json()["code"] == "method_not_allowed" and refused.headers["allow"] == "GET"
    big = shared.problem("head", "POST", "/rulesets/try", 413, json={"dialogue": "x" * (5 << 20)})
    assert big["code"] == "too_large"
    assert shared.problem(
        "head",
        "POST",
        "/rulesets/try",
        422,
        content=b"{",
        headers={"content-type": "application/json"},
    )


def test_the_reference_page_is_up_to_date() -> None:
    from fastapi import FastAPI

    from qa.api.v1.openapi import describe
    from qa.api.v1.reference import layout, markdown
    from qa.api.v1.routes import router

    app = FastAPI()
    app.include_router(router)
    page = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
    assert page.read_text("utf-8") == markdown(layout(describe(app))), "run scripts/reference"
