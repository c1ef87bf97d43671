"""What is personal is kept under the stamp of all that it follows from, and worth nothing else."""

import ast
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

import qa
from qa.masking import (
    find_personal,
    listen,
    mask_transcript,
    pack_personal,
    remembered,
    stamp_of,
    unpack_personal,
)
from qa.scoring.dialogue import parse_dialogue
from qa.types import Call, KeyedAnswers, Role, Ticket

TICKET = Ticket("T7", name="欧阳雪", address="银杏苑12栋3单元1701室", phone="13644205519")
CALL = Call("c1", agent_id="318", caller_number="02488213377", ticket=TICKET)
SAID = parse_dialogue(
    """\
坐席: 请问您的具体地址？
客户: 银杏苑十二号楼三单元幺七零幺。
坐席: 您贵姓，电话多少？
客户: 姓欧阳，欧阳雪。幺三六四四二零五五幺九。
坐席: 好的，再见。
"""
)
TOP = Path(qa.__file__).parent


def test_what_was_packed_hides_the_same_as_a_search() -> None:
    searched = find_personal(SAID, CALL)
    kept = unpack_personal(pack_personal(searched), SAID)
    assert kept == searched and any(kept.spans)
    heard = listen(SAID, CALL, personal=kept)
    assert mask_transcript(SAID, CALL, heard=heard) == mask_transcript(SAID, CALL)
    assert heard.masked == listen(SAID, CALL).masked


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, caller_number="02488213378"),
        replace(CALL, agent_id=None),
        replace(CALL, ticket=None),
        replace(CALL, ticket=replace(TICKET, name="欧阳雨")),
        replace(CALL, ticket=replace(TICKET, address=None)),
        replace(CALL, ticket=replace(TICKET, phone="13644205510")),
    ],
)
def test_another_customer_has_another_stamp(other: Call) -> None:
    assert stamp_of(SAID, other) != stamp_of(SAID, CALL)


def test_other_words_or_speakers_have_another_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *rest = SAID.utterances
    changed = [
        (replace(first, text=first.text + "呢"), *rest),
        (replace(first, role=Role.UNKNOWN), *rest),
        (replace(first, text=""), *rest),
        tuple(rest),
    ]
    stamps = {stamp_of(replace(SAID, utterances=some), CALL) for some in changed}
    stamps.add(stamp_of(SAID, CALL))
    assert len(stamps) == 5
    monkeypatch.setattr(remembered, "searched_by", lambda: "another program")
    assert stamp_of(SAID, CALL) not in stamps


def test_the_search_takes_nothing_else_from_a_call() -> None:
    """What the stamp leaves out may not move what is found."""
    keyed = KeyedAnswers(remark="欧阳雪家 银杏苑 13644205519")
    more = {"call_id": "c9", "source": "x", "keyed": keyed, "ring_count": 3, "fee_unpaid": True}
    assert {field.name for field in fields(Call)} > set(more)
    ticket = replace(TICKET, problem="蒋立文 13900001111")
    for other in (replace(CALL, **more), replace(CALL, ticket=ticket)):
        assert stamp_of(SAID, other) == stamp_of(SAID, CALL)
        assert find_personal(SAID, other) == find_personal(SAID, CALL)


def _damaged(data: bytes) -> Iterator[bytes]:
    spans, names, compounds, numbers = json.loads(data)
    number, some = next(iter(spans.items()))
    yield b""
    yield data[:-1]
    yield b"null"
    yield b"[]"
    for wrong in (
        {"99": some},
        {number: [[0, 10_000, "name"]]},
        {number: [[2, 1, "name"]]},
        {number: [[0, 1, "nothing"]]},
        {number: [[0, 2, "name"], [1, 3, "name"]]},
        {number: [[0, 1]]},
        {"-x": some},
        [],
    ):
        yield json.dumps([wrong, names, compounds, numbers]).encode()
    yield json.dumps([spans, names, compounds]).encode()
    yield json.dumps([spans, "欧阳雪", compounds, numbers]).encode()
    yield json.dumps([spans, [7], compounds, numbers]).encode()


def test_what_is_damaged_is_nothing() -> None:
    for data in _damaged(pack_personal(find_personal(SAID, CALL))):
        assert unpack_personal(data, SAID) is None, data[:40]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_stamp_covers_all_code_that_searches() -> None:
    covered = set(remembered._sources())
    assert len(covered) > 50
    todo, seen = ["qa.masking.find"], set[str]()
    while todo:
        name = todo.pop()
        if name in seen or not name.startswith("qa."):
            continue
        seen.add(name)
        place = TOP.joinpath(*name.split(".")[1:])
        found = next(
            (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.exists()), None
        )
        if found is not None:
            assert found in covered, found
            todo += _imported(found)
    assert {"qa.masking.names", "qa.scoring.surnames", "qa.text"} <= seen
