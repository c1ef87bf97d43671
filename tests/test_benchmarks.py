"""The benchmarks' own arithmetic, and the bundled calls that they and the demo run on."""

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from benchlib.baselines import find_exact, find_fuzzy
from benchlib.callset import build_call, load_call_set, ruleset_values, true_transcript
from benchlib.errors import Comparison, Errors, compare, read_number
from benchlib.golden import read_golden, write_golden
from benchlib.metadata import build_tables
from benchlib.rules import OURS, judge, load_calls, rule_table, wrong_lines
from benchlib.tables import render
from benchlib.tally import Judgement, tally

from qa.config import Settings
from qa.pipeline import Worker
from qa.types import Direction, Outcome, ReleasedBy, Role, Transcript

FIXTURES = Path(__file__).parent / "fixtures" / "audio"
LABELLED = {
    *("GR01", "GR02", "GR03", "CL01", "IP01", "TM01", "TM02"),
    *("FP01", "FP02", "FP03", "FP04"),
}


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("幺三九，零四五六，幺八二七。", "139 0456 1827"),
        ("三号楼二单元五零一", "3號樓2單元501"),
        ("二十一号楼，十五度", "21号楼15度"),
        ("洞两拐为您服务", "027为您服务"),
        ("两零五", "205"),
        ("两个人", "二个人"),
        ("一会儿", "1会儿"),
        ("百分之十五", "15%"),
        ("一点五倍", "1.5倍"),
        ("一千三百一十六户", "1,316户"),
        ("打开 Because Of You", "打开because of you。"),
    ],
)
def test_the_same_thing_written_otherwise_is_no_error(said: str, heard: str) -> None:
    compared = compare(said, heard)
    assert compared.characters.rate == 0
    assert compared.syllables.rate == 0
    assert compared.characters.reference > 0


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("二十一号楼", "20号楼", Errors(5, 0, 1, 0)),
        ("幺零八", "要零八", Errors(3, 1, 0, 0)),
        ("五零一", "五百零一", Errors(3, 0, 0, 1)),
        ("洞两拐", "零二七", Errors(3, 2, 0, 0)),
        ("", "字幕", Errors(0, 0, 0, 2)),
        ("再见", "", Errors(2, 0, 2, 0)),
    ],
)
def test_real_errors_count_by_kind(said: str, heard: str, expected: Errors) -> None:
    assert compare(said, heard).characters == expected


def test_homophones_are_character_errors_but_no_syllable_errors() -> None:
    compared = compare("这个不归我们管", "这个不归我们馆")
    assert (compared.characters.rate, compared.syllables.rate) == (1 / 7, 0)


def test_tones_do_not_count_but_other_sounds_do() -> None:
    assert compare("知道", "指导").syllables.rate == 0
    assert compare("林", "凌").syllables.rate == 1


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ("0", "零"),
        ("10", "十"),
        ("21", "二十一"),
        ("110", "一百一十"),
        ("305", "三百零五"),
        ("1001", "一千零一"),
        ("1010", "一千零一十"),
        ("10010", "一万零一十"),
    ],
)
def test_numbers_are_read_as_people_read_them(figures: str, words: str) -> None:
    assert read_number(figures) == words


def test_errors_add_up_over_calls() -> None:
    total = Errors(10, 1, 2, 0) + Errors(10, 0, 0, 1)
    assert total == Errors(20, 1, 2, 1)
    assert total.rate == 0.2


def _judgements(*pairs: tuple[str, str]) -> list[Judgement]:
    return [
        Judgement(f"call-{i}", "FP01", Outcome(expected), Outcome(got))
        for i, (expected, got) in enumerate(pairs)
    ]


def test_undecided_is_a_miss_but_never_a_false_alarm() -> None:
    counted = tally(
        _judgements(
            ("VIOLATED", "VIOLATED"),
            ("VIOLATED", "UNDECIDED"),
            ("MET", "UNDECIDED"),
            ("MET", "MET"),
            ("MET", "VIOLATED"),
        ),
        ["FP01"],
    )
    assert (counted.hits, counted.misses, counted.false_alarms, counted.undecided) == (1, 1, 1, 2)
    assert (counted.precision, counted.recall, counted.f1) == (0.5, 0.5, 0.5)
    assert counted.undecided_share == 0.4
    assert counted.macro_accuracy == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_a_rule_without_violations_has_no_f1() -> None:
    counted = tally(_judgements(("MET", "MET"), ("MET", "VIOLATED")), ["FP01"])
    assert (counted.f1, counted.recall, counted.precision) == (None, None, 0.0)
    assert counted.false_alarms == 1


def test_tables_are_readable_and_valid_markdown() -> None:
    rows = [["GR01", "1.00"], ["all", "0.95"]]
    assert render(["rule", "F1"], rows, markdown=False).splitlines()[0] == "rule    F1"
    markdown = render(["rule", "F1"], rows, markdown=True).splitlines()
    assert markdown[1] == "| ---- | ---: |"
    assert len({len(line) for line in markdown}) == 1


def test_the_bundled_calls_cover_every_labelled_rule() -> None:
    calls = load_call_set(FIXTURES)
    assert {rule for call in calls for rule in call.labels} == LABELLED
    violated = {r for call in calls for r, found in call.labels.items() if found == "VIOLATED"}
    assert violated == LABELLED
    assert any(call.is_mono for call in calls)
    assert all(call.recording.is_file() for call in calls)


def test_the_bundled_audio_stays_small() -> None:
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*")) <= 8_000_000


def test_the_tables_agree_with_the_scripts() -> None:
    scripts = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((FIXTURES / "scripts").glob("*.yaml"))
    ]
    for name, rows in build_tables(scripts).items():
        with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
            written = list(csv.DictReader(file))
        if name == "tickets.csv":  # when work was done is no part of a call's script
            written = [{k: v for k, v in row.items() if not k.endswith("_at")} for row in written]
        assert written == [{k: str(v) for k, v in row.items()} for row in rows], name


def test_a_call_is_built_from_its_script() -> None:
    call = build_call(next(c for c in load_call_set(FIXTURES) if c.call_id == "festival"))
    assert call.direction is Direction.INBOUND
    assert call.released_by is ReleasedBy.CUSTOMER
    assert call.ring_count == 1
    assert call.agent_id == "305"
    assert call.started_at is not None
    assert call.started_at.isoformat() == "2025-10-03T10:05:12+08:00"
    assert call.ticket is not None
    assert call.ticket.station == "河西维修站"
    assert [notice.festival for notice in call.notices] == ["国庆节", "中秋节", "国庆节"]


@pytest.mark.parametrize("call", load_call_set(FIXTURES), ids=lambda call: call.call_id)
def test_true_transcripts_hold_every_word_in_time(call) -> None:  # type: ignore[no-untyped-def]
    transcript = true_transcript(call)
    assert transcript.channel_count == (1 if call.is_mono else 2)
    spoken = [turn["spoken"] for turn in sorted(call.truth["turns"], key=lambda t: t["start"])]
    assert [utterance.text for utterance in transcript.utterances] == spoken
    for utterance in transcript.utterances:
        assert utterance.role in (Role.AGENT, Role.CUSTOMER)
        assert "".join(word.text for word in utterance.words) == utterance.text
        edges = [t for w in utterance.words for t in (w.span.start_ms, w.span.end_ms)]
        assert edges == sorted(edges)
        assert utterance.span.start_ms <= edges[0]
        assert edges[-1] <= utterance.span.end_ms <= transcript.duration_ms


def test_only_declared_values_reach_the_ruleset() -> None:
    declared = {"heating_brand": {"plain": "甲", "festival": "乙"}, "max_rings": 2}
    assert ruleset_values(FIXTURES, declared) == {
        "heating_brand": {"plain": "大龙供暖报修", "festival": "大龙报修"},
        "max_rings": 3,
    }
    assert ruleset_values(FIXTURES, {"hotline": "1"}) == {}


def _texts(transcript: Transcript) -> list[str]:
    texts = [""] * transcript.channel_count
    for utterance in transcript.utterances:
        texts[utterance.channel] += utterance.text
    return texts


def _against(said: Sequence[str], heard: Sequence[str]) -> Comparison:
    return sum(map(compare, said, heard), Comparison())


def test_golden_transcripts_belong_to_the_recordings() -> None:
    calls = load_call_set(FIXTURES)
    assert {p.stem for p in (FIXTURES / "golden").iterdir()} == {call.call_id for call in calls}
    for call in calls:
        golden = read_golden(FIXTURES / "golden" / f"{call.call_id}.json")
        content = hashlib.sha256(call.recording.read_bytes()).hexdigest()
        assert golden.recording_id == content, f"{call.call_id}: run scripts/synth --golden"
        assert abs(golden.duration_ms - call.truth["duration_s"] * 1000) < 100


def test_golden_transcripts_hear_what_was_said() -> None:
    total = Comparison()
    for call in load_call_set(FIXTURES):
        golden = read_golden(FIXTURES / "golden" / f"{call.call_id}.json")
        total += _against(call.references(), _texts(golden))
    assert total.characters.rate <= 0.20
    assert total.syllables.rate <= 0.11


def test_a_golden_transcript_survives_writing(tmp_path: Path) -> None:
    golden = read_golden(FIXTURES / "golden" / "good.json")
    write_golden(golden, tmp_path / "good.json")
    assert read_golden(tmp_path / "good.json") == golden


@pytest.mark.model
@pytest.mark.parametrize("name", ["bad", "mono"])
def test_the_recogniser_still_hears_the_golden_text(name: str, base_model: Path) -> None:
    """Another processor may round otherwise, so text and times are judged by tolerance."""
    call = next(c for c in load_call_set(FIXTURES) if c.call_id == name)
    golden = read_golden(FIXTURES / "golden" / f"{name}.json")
    with Worker(Settings(models_dir=base_model.parent)) as worker:
        heard = worker.transcribe(call.recording)
    assert _against(call.references(), _texts(heard)).characters.rate <= 0.28
    assert _against(_texts(golden), _texts(heard)).characters.rate <= 0.10
    assert heard.utterances[0].role is golden.utterances[0].role
    starts = [u.span.start_ms for u in heard.utterances]
    near = [min(abs(u.span.start_ms - start) for start in starts) for u in golden.utterances]
    assert sorted(near)[len(near) * 9 // 10 - 1] <= 500


def test_from_the_true_text_the_bundled_calls_are_judged_as_labelled() -> None:
    calls, ruleset = load_calls(FIXTURES, "heating-repair")
    bench = judge(calls, {call.call_id: true_transcript(call) for call in calls}, ruleset)
    assert wrong_lines(bench, show_text=False) == []
    assert set(bench.rule_ids) == LABELLED
    assert bench.unjudged == ()


def test_baselines_judge_every_rule_about_words() -> None:
    calls, ruleset = load_calls(FIXTURES, "heating-repair")
    bench = judge(calls, {call.call_id: true_transcript(call) for call in calls}, ruleset)
    judged = {one.rule_id for one in bench.judgements["exact"]}
    assert judged == LABELLED - {"TM01"}  # rings are metadata: there are no words to look for
    assert bench.counted("exact", ["FP02", "CL01", "GR03"]).f1 == 1.0
    assert bench.counted("exact", ["TM02"], mono=False).hits == 1
    assert len(bench.counted(OURS, ["GR01"], mono=True).judgements) == 1
    assert "F1 fuzzy" in rule_table(bench, mono=None, markdown=True)


@pytest.mark.parametrize(
    ("phrase", "sentence", "exact", "fuzzy"),
    [
        ("不归我们管", "这个不归我们管您找物业", True, True),
        ("不归我们管", "这个不归我们馆您找物业", False, True),
        ("不归我们管", "管", False, False),
        ("国庆节快乐", "中秋节快乐大龙报修", False, False),
    ],
)
def test_baseline_finders(phrase: str, sentence: str, exact: bool, fuzzy: bool) -> None:
    assert find_exact(phrase, sentence) is exact
    assert find_fuzzy(phrase, sentence) is fuzzy


def test_an_archive_is_built_judged_again_and_reported(tmp_path: Path) -> None:
    from benchlib import rescoring

    rescoring.build(tmp_path, 8, workers=1)
    assert rescoring.build(tmp_path, 8, workers=1) == 0.0  # it stands there
    assert rescoring.describe(tmp_path, 0.0).startswith("8 calls")
    measured = rescoring.Measured(calls=8, wall_s=2.0, cpu_s=1.0, start_s=1.0, start_calls=4)
    assert (measured.per_second, measured.cpu_s_per_call) == (4.0, 0.25)
    said = rescoring.report("all rules", measured, 2)
    assert "all rules: 8 calls in 2.0 s" in said
    assert "4 calls/s, 2 calls/s per core" in said
    assert "a million calls: 4166.7 min" in said
    assert "2083.3 min by processor time on 2 cores" in said
    table = rescoring.parts(tmp_path, "heating-repair", 2)
    assert all(step in table for step in ("decode", "judge, all rules", "GR01", "IP01"))


def test_the_changed_rulesets_of_the_benchmark_change_one_rule_each(tmp_path: Path) -> None:
    from benchlib import rescoring

    from qa.scoring.ruleset import load_ruleset

    before = {rule.rule_id: rule.hash for rule in load_ruleset("heating-repair").rules}
    phrase, points = map(load_ruleset, rescoring.changed_rulesets(tmp_path, "heating-repair"))
    assert [r.rule_id for r in phrase.rules if r.hash != before[r.rule_id]] == ["FP02"]
    assert len(phrase.rules) == len(before)
    assert [r.hash for r in points.rules] == [r.hash for r in phrase.rules]
    pairs = zip(phrase.rules, points.rules, strict=True)
    assert len([1 for one, other in pairs if one.points != other.points]) == 1


def test_archived_calls_are_real_calls_and_hardly_a_sentence_comes_twice() -> None:
    from benchlib.archive import transcript_of

    from qa.types import Role

    transcripts = [transcript_of(number) for number in range(60)]
    assert transcript_of(7) == transcripts[7]
    long = [u.text for t in transcripts for u in t.utterances if len(u.text) > 12]
    assert len(set(long)) > 0.95 * len(long)
    turns = sorted(len(t.utterances) for t in transcripts)
    assert 15 <= turns[30] <= 30
    for transcript in transcripts:
        assert {u.role for u in transcript.utterances} == {Role.AGENT, Role.CUSTOMER}
        ends = [u.span.end_ms for u in transcript.utterances]
        assert ends == sorted(ends)
        assert ends[-1] <= transcript.duration_ms


def test_where_two_programs_judge_otherwise_the_rule_is_named(tmp_path: Path) -> None:
    import shutil
    import subprocess
    import sys

    from benchlib import rescoring

    root = Path(__file__).parents[1]
    rescoring.build(tmp_path, 1, workers=1)
    shutil.copytree(root / "qa", tmp_path / "qa", ignore=shutil.ignore_patterns("static", "__py*"))
    dispute = tmp_path / "qa/scoring/checks/dispute.py"
    text = dispute.read_text("utf-8")
    dispute.write_text(
        text.replace('"dispute_absent", details', '"dispute_heard", details'), "utf-8"
    )
    program = [sys.executable, "scripts/prove-same", str(tmp_path), "--archive", str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 1
    # The rules before it were compared, too, and are the same.
    said = done.stderr[done.stderr.index("not the same:") :]
    assert said.count(" bench-00000000 FP05 ") == 2
