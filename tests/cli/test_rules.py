"""`qa rules`, run as a user runs it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qa.cli.app import app
from qa.scoring.ruleset import BUNDLED, bundled_rulesets, load_ruleset
from qa.types import Outcome

SMALL = """\
id: small
title: 小规则
title_en: Small
version: 1
groups:
  timing: {title: 时效, title_en: Timing}
rules:
  - id: TM01
    title: 三声内接听
    title_en: Three rings
    group: timing
    regulations: ["000 §86", 本公司规定]
    check: ring_count
    grade: score
    points: 5
    critical: true
    examples:
      - outcome: MET
        call: {ring_count: 3}
        note: 刚好三声
        dialogue: "坐席: 您好"
      - outcome: VIOLATED
        call: {ring_count: 4}
        dialogue: "坐席: 您好"
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def qa(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)], input=stdin)


def plain(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_list_shows_every_rule() -> None:
    ruleset = load_ruleset("heating-repair")
    result = qa("list")
    assert result.exit_code == 0
    rows = plain(qa("list", "--json"))
    assert [row["id"] for row in rows] == [rule.rule_id for rule in ruleset.rules]
    for rule in ruleset.rules:
        assert rule.rule_id in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_list_in_english(small: Path) -> None:
    assert "Three rings" in qa("list", "--ruleset", small, "--lang", "en").stdout


def test_explain_names_sentences_check_parameters_and_examples(small: Path) -> None:
    result = qa("explain", "tm01", "--ruleset", small)
    assert result.exit_code == 0
    for part in ("三声内接听", "电话保证铃响三声内接听", "本公司规定", "ring_count", "Why:",
                 "max_rings: 3", "critical", "刚好三声", "坐席: 您好", "ring_count=4"):  # fmt: skip
        assert part in result.stdout
    assert plain(qa("explain", "TM01", "--ruleset", small, "--json"))["parameters"] == {
        "max_rings": 3
    }


@pytest.mark.parametrize("rule_id", [rule.rule_id for rule in load_ruleset("heating-repair").rules])
def test_every_bundled_rule_can_be_explained(rule_id: str) -> None:
    assert rule_id in qa("explain", rule_id).stdout


def test_explain_of_an_unknown_rule_names_the_known_ones(small: Path) -> None:
    result = qa("explain", "ZZ99", "--ruleset", small)
    assert result.exit_code == 2
    assert "TM01" in result.output


def test_test_passes_and_fails_with_the_place(small: Path) -> None:
    assert "2 of 2 examples" in qa("test", small).stdout
    small.write_text(SMALL.replace("ring_count: 3", "ring_count: 9"), encoding="utf-8")
    result = qa("test", small)
    assert result.exit_code == 1
    assert "1 of 2 examples" in result.stdout
    assert "18" in result.stdout  # the line of the example
    assert "振铃 9 次才接听" in result.stdout
    rows = json.loads(qa("test", small, "--json").stdout)
    assert [row["passed"] for row in rows] == [False, True]


def test_the_bundled_ruleset_passes_its_examples() -> None:
    result = qa("test")
    assert result.exit_code == 0, result.stdout


def test_try_reads_a_file_standard_input_and_gbk(small: Path, tmp_path: Path) -> None:
    dialogue = "坐席：您好\n客户：你好\n"
    (tmp_path / "a.txt").write_text(dialogue, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(dialogue.encode("gbk"))
    for arguments, stdin in (
        (["a.txt"], None),
        (["b.txt"], None),
        ([], dialogue),
        (["-"], dialogue.encode("gbk")),
        ([], dialogue.replace("客户", "客戶")),
    ):
        card = plain(
            qa("try", *arguments, "--ruleset", small, "--ring-count", "4", "--json", stdin=stdin)
        )
        assert card["total"] == 0
        assert card["lines"][0]["verdict"]["reason"] == "rings_over"


def test_try_shows_every_verdict(small: Path) -> None:
    result = qa("try", "--ruleset", small, "--ring-count", "3", stdin="坐席: 您好")
    assert result.exit_code == 0
    assert "振铃 3 次" in result.stdout
    assert "总分 100" in result.stdout


def test_try_without_metadata_is_undecided(small: Path) -> None:
    card = plain(qa("try", "--ruleset", small, "--json", stdin="坐席: 您好"))
    assert card["lines"][0]["verdict"]["outcome"] == Outcome.UNDECIDED.value


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        ([], "坐席: 您好\n你好", "dialogue line 2"),
        (["absent.txt"], None, "absent.txt"),
        (["--date", "tomorrow"], "坐席: 您好", "not a date"),
        (["--festival", "国庆节"], "坐席: 您好", "not a notice"),
        (["--festival", "国庆节=2025-10-01..soon"], "坐席: 您好", "not a notice"),
        (["--ring-count", "-1"], "坐席: 您好", "ring-count"),
    ],
)
def test_try_refuses_what_it_cannot_read(
    arguments: list[str], stdin: str | None, expected: str, small: Path
) -> None:
    result = qa("try", "--ruleset", small, *arguments, stdin=stdin)
    assert result.exit_code == 2
    assert expected in result.output


def test_try_takes_date_and_notices_into_account(small: Path) -> None:
    def context(*arguments: str) -> str:
        found = plain(qa("try", "--ruleset", small, "--json", *arguments, stdin="坐席: 您好"))
        revision: str = found["context"]
        return revision

    day = ("--date", "2025-10-03T10:00")
    inside = ("--festival", "国庆节=2025-10-01..2025-10-08")
    assert context(*day) != context(*day, *inside)
    assert context(*day) == context(*day, "--festival", "元旦=2025-01-01")


def test_a_wrong_ruleset_is_a_configuration_error(small: Path) -> None:
    small.write_text(SMALL.replace("points: 5", "points: many"), encoding="utf-8")
    result = qa("list", "--ruleset", small)
    assert result.exit_code == 2
    assert "line 15: rule TM01: 'points'" in result.stderr
    assert result.stdout == ""


def test_settings_replace_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qa.toml").write_text("[scoring.values]\nmax_rings = 2\n", encoding="utf-8")
    assert plain(qa("explain", "TM01", "--json"))["parameters"]["max_rings"] == 2
    (tmp_path / "qa.toml").write_text("[scoring.values]\nmax_wrings = 2\n", encoding="utf-8")
    assert qa("list").exit_code == 2


def test_schema_is_what_is_committed() -> None:
    committed = (BUNDLED / "ruleset.schema.json").read_text(encoding="utf-8")
    assert qa("schema").stdout == committed


def test_source_is_a_ruleset_to_start_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(qa("source").stdout, encoding="utf-8")
    assert qa("test", "mine.yaml").exit_code == 0
    assert load_ruleset("mine.yaml").hash == load_ruleset("heating-repair").hash
    assert qa("source", "nothing-such").exit_code == 2


def test_the_reference_pages_are_current() -> None:
    pages = Path(__file__).resolve().parents[2] / "docs" / "reference"
    assert (pages / "rules.md").read_text("utf-8") == qa("page").stdout, "run scripts/reference"
    written = {file.stem: file.read_text("utf-8") for file in (pages / "rules").glob("*.md")}
    assert written.keys() == set(bundled_rulesets())
    for name, text in written.items():
        assert text == qa("page", name).stdout, "run scripts/reference"
        assert len(text.encode()) < 1 << 20, "a page that a browser shows"
