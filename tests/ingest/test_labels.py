"""Files of labels: three forms, and the line of every fault."""

from pathlib import Path

import pytest

from qa.errors import IngestError
from qa.ingest.labels import read_labels
from qa.types import Outcome


def read(tmp_path: Path, name: str, text: str) -> list[tuple[int, str, str, Outcome]]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return [(one.line, one.call_id, one.rule_id, one.outcome) for one in read_labels(path)]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.csv", "call_id,rule_id,outcome\nC1,FP01,VIOLATED\nC2,FP01,met\n", (2, 3)),
        ("b.csv", "通话编号,质检项,结果\nC1,FP01,违规\nC2,FP01,合格\n", (2, 3)),
        ("c.yaml", "C1:\n  FP01: VIOLATED\nC2: {FP01: MET}\n", (2, 3)),
        (
            "d.yaml",
            "- {call_id: C1, rule_id: FP01, outcome: 违规}\n"
            "- call: C2\n  rule: FP01\n  label: met\n",
            (1, 2),
        ),
    ],
)
def test_every_form_gives_the_same(
    tmp_path: Path, name: str, text: str, lines: tuple[int, int]
) -> None:
    assert read(tmp_path, name, text) == [
        (lines[0], "C1", "FP01", Outcome.VIOLATED),
        (lines[1], "C2", "FP01", Outcome.MET),
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "call_id,rule_id,outcome\nC1,FP01,perhaps\nC2,FP01,MET\n", "line 2: outcome is"),
        ("a.csv", "call_id,rule_id,outcome\nC1,FP01,MET\n,FP01,MET\n", "line 3: there is no call"),
        ("a.csv", "call_id,outcome\nC1,MET\n", "line 2: there is no rule_id"),
        ("a.csv", "call_id,rule_id,outcome\n", "holds no labels"),
        ("a.yaml", "C1:\n  FP01: MET\nC2: nothing\n", "line 3: a call has rules"),
        ("a.yaml", "C1: {FP01: MET\n", "no YAML"),
        ("a.yaml", "- {call_id: C1, rule_id: FP01}\n", "line 1: outcome"),
    ],
)
def test_a_wrong_line_stops_everything_and_is_named(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    with pytest.raises(IngestError, match=told):
        read(tmp_path, name, text)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(IngestError):
        read_labels(tmp_path / "none.csv")
