"""The pages are true: links lead somewhere, commands exist, examples come out as shown."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from qa.cli.app import app
from qa.config import Settings
from qa.config_listing import explain_settings

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("*.md", "docs/**/*.md", "models/*.md", "tests/**/*.md")
PAGES = sorted(
    page for place in PLACES for page in set(ROOT.glob(place)) if "node_modules" not in page.parts
)
HOW_TO = ROOT / "docs" / "how-to"
PAIRS = [
    (ROOT / "README.md", ROOT / "README.zh-CN.md"),
    (ROOT / "docs" / "quickstart.md", ROOT / "docs" / "quickstart.zh-CN.md"),
    (HOW_TO / "write-a-rule.md", HOW_TO / "write-a-rule.zh-CN.md"),
    (HOW_TO / "accounts.md", HOW_TO / "accounts.zh-CN.md"),
    (HOW_TO / "ingest.md", HOW_TO / "ingest.zh-CN.md"),
    (HOW_TO / "backup.md", HOW_TO / "backup.zh-CN.md"),
    (HOW_TO / "archive.md", HOW_TO / "archive.zh-CN.md"),
    (HOW_TO / "nightly.md", HOW_TO / "nightly.zh-CN.md"),
    (HOW_TO / "prove-rules.md", HOW_TO / "prove-rules.zh-CN.md"),
    (HOW_TO / "cluster.md", HOW_TO / "cluster.zh-CN.md"),
    (HOW_TO / "ledger.md", HOW_TO / "ledger.zh-CN.md"),
    (HOW_TO / "events.md", HOW_TO / "events.zh-CN.md"),
    (HOW_TO / "reports.md", HOW_TO / "reports.zh-CN.md"),
    (HOW_TO / "recognisers.md", HOW_TO / "recognisers.zh-CN.md"),
]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_ROOT_COMMAND = typer.main.get_command(app)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    return _FENCE.sub("", text)


def anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", prose(path.read_text("utf-8")), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in words}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(prose(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{target} leads nowhere"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{target}: no such heading"


def shown_commands(text: str) -> Iterator[str]:
    """Every `qa …` of a page: lines of its code blocks, and inline code."""
    for language, block in _FENCE.findall(text):
        if language in ("sh", "console", "bash", ""):
            for line in block.splitlines():
                found = re.match(r"(?:\$ |.*&& )?(?:[A-Z_]+=\S+ )*(?:\S*/)?(qa(?: .*)?)$", line)
                if found:
                    yield found[1]
    for code in re.findall(r"`([^`\n]+)`", prose(text)):
        found = re.match(r"(?:[A-Z_]+=\S+ )*(qa(?: [^…]*)?)$", code)
        if found:
            yield found[1]


def words_of(line: str) -> list[str]:
    """Arguments up to a redirection, a pipe or a comment."""
    line = re.split(r"\s(?:#|>>?|<<?|\||2>&1)", line)[0]
    line = re.split(r"\s{2,}", line)[0]  # `qa models list      what is known` in a plain block
    return shlex.split(line)[1:]


def problem_with(line: str) -> str | None:
    """What is wrong with a command line; None when the command and its options exist."""
    command: Any = _ROOT_COMMAND
    for word in words_of(line):
        if word.startswith("-") and len(word) > 1:
            known = {o for p in command.params for o in p.opts} | {"--help", "--version"}
            if word.split("=")[0] not in known:
                return f"'{command.name}' has no option {word}"
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"there is no command {word}"
            command = command.commands[word]
    return None


WRITTEN = [page for page in PAGES if page.name != "commands.md"]  # that one is generated


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_shown_commands_exist(page: Path) -> None:
    for line in shown_commands(page.read_text("utf-8")):
        assert problem_with(line) is None, f"`{line}`: {problem_with(line)}"


@pytest.mark.parametrize(
    "line", ["qa lsit", "qa list --flaged", "qa models fetch base", "qa rules try --agent 1"]
)
def test_a_wrong_command_is_noticed(line: str) -> None:
    text = f"```sh\n{line}   # comment\n```\n"
    assert [problem_with(shown) for shown in shown_commands(text)] != [None]
    assert [problem_with(shown) for shown in shown_commands(f"so `{line}`.")] != [None]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_shown_settings_exist(page: Path) -> None:
    for language, block in _FENCE.findall(page.read_text("utf-8")):
        if language == "toml":
            Settings(**tomllib.loads(block))
    known = {f"QA_{i.key.upper().replace('.', '__')}" for i in explain_settings(Settings())}
    for name in re.findall(r"\bQA_[A-Z_]+\b", prose(page.read_text("utf-8"))):
        assert name in known | {"QA_SECTION__KEY", "QA_CONFIG", "QA_ARCHIVE_KEYS"}, (
            f"no setting {name}"
        )


def outline(text: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]


def links(text: str) -> set[str]:
    """Link targets, the language of paired pages left out."""
    found = (target.replace(".zh-CN", "") for target in _LINK.findall(prose(text)))
    return set(found)


def code(text: str) -> list[str]:
    """Lines of code blocks without comments and explanations in words."""
    lines = [line for _, block in _FENCE.findall(text) for line in block.splitlines()]
    return [re.split(r"\s(?:#|\s)", line)[0].rstrip() for line in lines]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name_of(pair[0]))
def test_both_languages_say_the_same(pair: tuple[Path, Path]) -> None:
    english, chinese = (page.read_text("utf-8") for page in pair)
    assert outline(english) == outline(chinese)
    assert links(english) == links(chinese)
    assert code(english) == code(chinese)
    assert prose(english).count("\n- ") == prose(chinese).count("\n- ")
    inline = [sorted(set(re.findall(r"`(?:qa|make) [^`]+`", prose(t)))) for t in (english, chinese)]
    assert inline[0] == inline[1]


def run_qa(words: list[str], typed: str = "") -> str:
    result = CliRunner().invoke(app, words, input=typed, env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_dialogue_of_the_readme_is_judged_as_shown() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"^\$ qa (rules try .*?) <<'END'\n(.*?)END\n(.*?)^```", readme, re.M | re.S)
    assert found is not None
    printed = [line.rstrip() for line in run_qa(found[1].split(), found[2]).splitlines()]
    shown = [line for line in found[3].splitlines() if line.strip() not in ("", "…")]
    assert len(shown) > 5
    assert [line for line in shown if line not in printed] == []


def blocks_of(page: Path, language: str = "yaml") -> list[str]:
    return [block for kind, block in _FENCE.findall(page.read_text("utf-8")) if kind == language]


def own_ruleset(tmp_path: Path, extend: str, adjust: str) -> Path:
    """Do as the pages say: replace two lines of what `qa rules new` prints."""
    starter = run_qa(["rules", "new"])
    assert "\nextend: {}\n" in starter
    assert "\nadjust: {}\n" in starter
    mine = tmp_path / "my-rules.yaml"
    changed = starter.replace("extend: {}\n", extend, 1).replace("adjust: {}\n", adjust, 1)
    mine.write_text(changed, "utf-8")
    return mine


def outcome_of(mine: Path, rule: str, dialogue: str) -> str:
    words = ["rules", "try", "--ruleset", str(mine), "--agent-id", "108", "--json"]
    lines = json.loads(run_qa(words, dialogue))["lines"]
    return next(line["verdict"]["outcome"] for line in lines if line["rule_id"] == rule)


def test_a_phrase_is_forbidden_as_the_quickstart_says(tmp_path: Path) -> None:
    page = ROOT / "docs" / "quickstart.md"
    extend, adjust = blocks_of(page)
    mine = own_ruleset(tmp_path, extend, adjust)
    summary = run_qa(["rules", "test", str(mine)]).splitlines()[-1]
    assert summary.strip() in page.read_text("utf-8"), "the number of examples is out of date"


def test_a_team_lead_adds_phrase_promise_and_festival_as_the_page_says(tmp_path: Path) -> None:
    phrase, example, promise, festival, *_ = blocks_of(HOW_TO / "write-a-rule.md")
    mine = own_ruleset(tmp_path, phrase + promise + festival, example)
    run_qa(["rules", "test", str(mine)])
    assert outcome_of(mine, "FP02", "坐席: 您放心，师傅会去的。") == "VIOLATED"
    assert outcome_of(mine, "IP01", "坐席: 我画押，明天准能用上。") == "VIOLATED"
    assert outcome_of(mine, "GR03", "坐席: 腊八节快乐，大龙报修。") == "VIOLATED"  # no notice
    plain = own_ruleset(tmp_path, "", "")
    assert outcome_of(plain, "FP02", "坐席: 您放心，师傅会去的。") == "MET"
    assert outcome_of(plain, "IP01", "坐席: 我画押。") == "MET"


def test_the_other_blocks_of_the_page_are_understood(tmp_path: Path) -> None:
    changes, own = blocks_of(HOW_TO / "write-a-rule.md")[4:]
    mine = tmp_path / "mine.yaml"
    head = (
        "id: heating-repair\ntitle: 我的\ntitle_en: Mine\nversion: 2\ninclude: [heating-repair]\n"
    )
    mine.write_text(head + changes + own, "utf-8")
    assert "XY01" in run_qa(["rules", "test", str(mine)])
    shown = run_qa(["rules", "list", "--ruleset", str(mine)])
    assert "AC03" not in shown
