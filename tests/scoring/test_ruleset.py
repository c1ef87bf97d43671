"""The ruleset loader refuses every mistake and says where it is."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from qa.errors import RulesetError
from qa.scoring import ruleset as ruleset_module
from qa.scoring import ruleset_model
from qa.scoring.checks import load_checks
from qa.scoring.ruleset import (
    BUNDLED,
    bundled_rulesets,
    load_ruleset,
    parse_ruleset,
    regulation_sentence,
)
from qa.scoring.ruleset_schema import json_schema

GOOD = """\
id: small
title: 小规则
title_en: Small
version: 1
values: {limit: 3, brand: {plain: 大龙, festival: 龙}}
example_call: {ring_count: 2, direction: inbound}
groups:
  timing: {title: 时效, title_en: Timing}
rules:
  - id: TM01
    title: 三声内接听
    title_en: Three rings
    group: timing
    regulations: ["000 §86"]
    check: ring_count
    parameters: {max_rings: $limit}
    grade: score
    points: 5
    examples:
      - outcome: MET
        dialogue: "坐席: 您好"
      - outcome: VIOLATED
        call: {ring_count: 4}
        dialogue: "坐席: 您好"
"""


def parse(text: str, **values: object) -> ruleset_module.Ruleset:
    return parse_ruleset(text, source="small.yaml", values=values)


def problem(text: str, **values: object) -> str:
    with pytest.raises(RulesetError) as caught:
        parse(text, **values)
    assert caught.value.source == "small.yaml"
    return caught.value.problem


def with_change(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


def test_a_good_ruleset_loads() -> None:
    ruleset = parse(GOOD)
    (rule,) = ruleset.rules
    assert (rule.rule_id, rule.points, rule.critical) == ("TM01", 5, False)
    assert rule.check == load_checks()["ring_count"](max_rings=3)  # type: ignore[call-arg]
    assert rule.examples[0].call.ring_count == 2  # from example_call
    assert rule.examples[1].call.ring_count == 4
    assert rule.examples[1].line == 22
    assert ruleset.rule("tm01") is rule
    assert ruleset.rule("TM09") is None
    assert pickle.loads(pickle.dumps(ruleset)).hash == ruleset.hash


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("points: 5", "points: five", "line 18: rule TM01: 'points': Input should be a valid int"),
        ("points: 5", "points: 101", "line 18: rule TM01: 'points'"),
        ("points: 5", "points: -1", "line 18: rule TM01: 'points'"),
        ("points: 5", "pionts: 5", "line 18: rule TM01: 'pionts': unknown key"),
        ("    points: 5\n", "", "line 10: rule TM01: 'points': is missing"),
        ("grade: score", "grade: hint", "a hint never moves points"),
        ("grade: score\n    points: 5", "grade: hint\n    points: 0\n    critical: true",
         "line 19: rule TM01: 'critical': a hint cannot be critical"),
        ("group: timing", "group: timming", "line 13: rule TM01: 'group': no group 'timming'"),
        ("check: ring_count", "check: ring_cuont", "line 15: rule TM01: 'check': no check"),
        ("max_rings: $limit", "max_ring: 3", "'parameters.max_ring': unknown key"),
        ("max_rings: $limit", "max_rings: many", "line 16: rule TM01: 'parameters.max_rings'"),
        ("max_rings: $limit", "max_rings: 0", "'parameters': max_rings must be at least 1"),
        ("$limit", "$limits", "'parameters.max_rings': no value '$limits'"),
        ("$limit", "$brand.other", "no value '$brand.other'"),
        ("$limit", "$", "no value '$'"),
        ("id: TM01", "id: tm-01", "line 10: rule tm-01: 'id'"),
        ("id: TM01", "id: TM01\n    id: TM02", "line 11: key 'id' stands here twice"),
        ("outcome: VIOLATED", "outcome: MET", "needs an example with outcome VIOLATED"),
        ("outcome: MET", "outcome: VIOLATED", "needs an example with outcome MET"),
        ("outcome: MET", "outcome: PASSED", "line 20: rule TM01: 'examples.0.outcome'"),
        ("{ring_count: 4}", "{rings: 4}", "line 23: rule TM01: 'examples.1.call.rings'"),
        ("{ring_count: 4}", "{ring_count: four}", "line 23: rule TM01: 'examples.1.call.ring"),
        ('"坐席: 您好"', '"经理: 您好"', "'examples.0.dialogue': dialogue line 1"),
        ("version: 1", "version: [1", "not YAML"),
        ("version: 1", "version: 1\nversion: 2", "line 5: key 'version' stands here twice"),
        ("version: 1", "version: 1\nextra: 1", "line 5: 'extra': unknown key"),
        ("version: 1", "version: &one 1", None),
        ("points: 5", "points: *five", "line 18: not YAML: anchors and aliases"),
        ("version: 1", "version: &v 1\nextra: *v", "line 5: not YAML: anchors and aliases"),
        ("ring_count: 2", "rings: 2", "line 6: 'example_call.rings': unknown key"),
        ("id: small", "id: small\n? [a, b]\n: 1", "not YAML"),
        ("version: 1", "version: !!python/object/apply:os.getcwd []", "not YAML"),
        ("    regulations: [\"000 §86\"]\n", "", "'regulations': is missing"),
    ],
)  # fmt: skip
def test_each_mistake_is_refused_with_its_place(old: str, new: str, expected: str | None) -> None:
    if expected is None:
        assert parse(with_change(old, new)).version == 1  # an anchor that nothing uses is harmless
    else:
        assert expected in problem(with_change(old, new))


def test_two_rules_cannot_share_an_id() -> None:
    rule = GOOD[GOOD.index("  - id") :]
    assert "line 25: rule TM01: 'id': rule id 'TM01' stands here twice" in problem(GOOD + rule)


def test_every_problem_is_named_at_once_in_line_order() -> None:
    text = with_change("group: timing", "group: nowhere").replace(
        "points: 5", "points: 5\n    x: 1"
    )
    text = text.replace("    x: 1\n", "").replace("check: ring_count", "check: nothing")
    lines = problem(text).splitlines()
    assert [line.strip().split(":")[0] for line in lines] == ["line 13", "line 15"]


@pytest.mark.parametrize("text", ["", "[]", "just text", "a: " + "[" * 500, "\x00", "rules: 3"])
def test_what_is_no_ruleset_is_refused(text: str) -> None:
    problem(text)


def test_hints_need_no_violated_example() -> None:
    hint = with_change("grade: score\n    points: 5", "grade: hint\n    points: 0")
    hint = hint.replace("outcome: VIOLATED\n        call: {ring_count: 4}",
                        "outcome: NOT_APPLICABLE\n        call: {direction: outbound}")  # fmt: skip
    assert parse(hint).rules[0].points == 0


def test_values_replace_defaults_and_change_the_hash() -> None:
    plain, same, other = parse(GOOD), parse(GOOD, limit=3), parse(GOOD, limit=2)
    assert other.rules[0].check.max_rings == 2  # type: ignore[attr-defined]
    assert plain.hash == same.hash != other.hash


def test_a_mapping_value_is_replaced_key_by_key() -> None:
    values = parse(GOOD, brand={"plain": "小龙"}).values
    assert values["brand"] == {"plain": "小龙", "festival": "龙"}
    assert "no value 'brand.plan'" in problem(GOOD, brand={"plan": "小龙"})


def test_an_unknown_value_is_refused_unless_another_ruleset_has_it() -> None:
    assert "no value 'max_wrings' to replace; it has limit, brand" in problem(GOOD, max_wrings=2)
    assert parse(GOOD, max_rings=2).hash == parse(GOOD).hash  # heating-repair has max_rings


def test_a_value_of_the_wrong_type_is_refused() -> None:
    assert "'parameters.max_rings'" in problem(GOOD, limit="often")


def test_the_hash_follows_content_and_code_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    before = parse(GOOD).hash
    assert parse("# a comment\n" + GOOD).hash == before
    assert parse(with_change("points: 5", "points: 6")).hash != before
    monkeypatch.setattr(ruleset_model, "SCORING_REVISION", ruleset_model.SCORING_REVISION + 1)
    assert parse(GOOD).hash != before


def test_a_text_may_hold_a_value() -> None:
    with_note = GOOD.replace("max_rings: $limit", 'max_rings: "${limit}"')
    assert parse(with_note).rules[0].parameters == {"max_rings": 3}
    inside = GOOD.replace("max_rings: $limit", 'max_rings: "1${limit}"')
    assert parse(inside).rules[0].check.max_rings == 13  # type: ignore[attr-defined]


def test_files_and_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert load_ruleset(str(path)).ruleset_id == "small"
    with pytest.raises(RulesetError, match=r"bundled are .*heating-repair"):
        load_ruleset("no-such-ruleset")
    with pytest.raises(RulesetError, match="No such file"):
        load_ruleset(str(tmp_path / "absent.yaml"))
    path.write_bytes(GOOD.encode("gbk"))
    with pytest.raises(RulesetError, match="not UTF-8"):
        load_ruleset(str(path))


@pytest.mark.parametrize("name", bundled_rulesets())
def test_bundled_rulesets_cite_sentences_that_exist(name: str) -> None:
    ruleset = load_ruleset(name)
    assert ruleset.ruleset_id == name
    for rule in ruleset.rules:
        for reference in rule.regulations:
            assert regulation_sentence(reference), f"{rule.rule_id}: {reference}"


def test_a_regulation_sentence_belongs_to_its_regulation() -> None:
    assert regulation_sentence("000 §86") == "电话保证铃响三声内接听"
    assert regulation_sentence("001 §86") is None
    assert regulation_sentence("our own rules") is None


def test_the_committed_schema_is_current() -> None:
    committed = json.loads((BUNDLED / "ruleset.schema.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(json_schema())), (
        "run: qa rules schema > qa/scoring/rulesets/ruleset.schema.json"
    )


@pytest.mark.parametrize("name", bundled_rulesets())
def test_bundled_rulesets_name_the_schema_for_editors(name: str) -> None:
    first = (BUNDLED / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=ruleset.schema.json"


BROKEN = {
    "cannot be imported": "raise RuntimeError('boom')",
    "exists twice": """
from dataclasses import dataclass
from qa.scoring.checks.rings import RingCount
@dataclass(frozen=True)
class Again(RingCount):
    kind = "ring_count"
""",
    "has no kind": """
from dataclasses import dataclass
from qa.scoring.checks.rings import RingCount
@dataclass(frozen=True)
class Nameless(RingCount):
    pass
""",
    "has no example": """
from dataclasses import dataclass
from qa.scoring.checks.rings import RingCount
@dataclass(frozen=True)
class Bare(RingCount):
    kind = "bare"
    examples = ()
""",
    "is not a frozen dataclass": """
from qa.scoring.check import Check, Example
from qa.types import Outcome
class Loose(Check):
    kind = "loose"
    examples = (Example({}, "坐席: 您好", Outcome.MET),)
    def run(self, scene): ...
""",
}


@pytest.mark.parametrize("expected", BROKEN)
def test_a_broken_check_module_stops_the_run(expected: str, tmp_path: Path) -> None:
    (tmp_path / "zz_broken.py").write_text(BROKEN[expected], encoding="utf-8")
    program = (
        "import sys, qa.scoring.checks as checks\n"
        "checks.__path__.append(sys.argv[1])\n"
        "from qa.errors import RulesetError\n"
        "try: checks.load_checks()\n"
        "except RulesetError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert expected in done.stdout
    assert "zz_broken" in done.stdout
