"""Questions to the sound: asked while transcribing, answered later, kept, and judged by."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.batch.events import Advanced, Event, RecordingMarked, Stage
from qa.batch.hearing import HearingReport, HearOptions, hear_open
from qa.batch.rescoring import RescoreOptions, rescore
from qa.batch.runner import RunOptions, ingest_folder, run_folder
from qa.config import Settings
from qa.errors import ConflictError, NotFoundError, RulesetError
from qa.scoring.scorecard import hearings_revision
from qa.store.hearings import put_hearings
from qa.store.open_questions import count_open_questions
from qa.store.queries import call_detail
from qa.store.store import Store
from qa.types import Hearing, Outcome, Scorecard, Span
from tests.support import talking_files
from tests.support.call_folders import HEADER, hear_all, open_store, rows_of, settled, snapshot

ASKING = Path(__file__).parents[1] / "fixtures" / "rulesets" / "asking.yaml"
DOUBTFUL = "坐席: 您好，十三八为您服务。\n客户: 我家第{number}次不热。\n# said: {said}\n"
RUN = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE)
HEAR = HearOptions(factory=talking_files.factory, engine=talking_files.ENGINE)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        batch={"workers": 1},  # type: ignore[arg-type]
        scoring={"ruleset": str(ASKING)},  # type: ignore[arg-type]
    )


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "heard.log"
    path.touch()
    monkeypatch.setenv("TALKING_LOG", str(path))
    return path


@pytest.fixture
def deaf(log: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """While a recording is transcribed nothing is answered."""
    monkeypatch.setenv("TALKING_DEAF", "1")
    return monkeypatch


def doubtful_folder(folder: Path, count: int, *, order: str = "", said: str = "幺零八") -> Path:
    lines = [HEADER]
    for number in range(count):
        text = DOUBTFUL.format(number=number, said=said)
        settled(folder / f"{number}.wav", f"{order}\n{text}" if order else text)
        lines.append(f"{number}.wav,A{number},2025-11-18 09:0{number}:30,108,inbound,2,customer,")
    settled(folder / "calls.csv", "\n".join(lines) + "\n")
    return folder


def card_of(store: Store, call_id: str) -> Scorecard:
    with store.reading() as session:
        card = call_detail(session, call_id, store.zone).scorecard
    assert card is not None
    return card


def number_of(store: Store, call_id: str) -> Outcome:
    return card_of(store, call_id).lines[0].verdict.outcome


def open_of(store: Store) -> int:
    """How many calls still ask something; how much is the checks' own matter."""
    with store.reading() as session:
        calls, questions = count_open_questions(session)
    assert (calls > 0) == (questions > 0)
    return calls


def hear(store: Store, settings: Settings, options: HearOptions = HEAR) -> HearingReport:
    return hear_open(store, settings, options)


def test_a_run_answers_questions_while_the_recording_is_at_hand(
    tmp_path: Path, settings: Settings, log: Path
) -> None:
    folder = doubtful_folder(tmp_path / "in", 2)
    with open_store(settings) as store:
        report = run_folder(store, settings, folder, options=RUN)
        assert report.judging.open_questions == 0
        assert number_of(store, "A0") is number_of(store, "A1") is Outcome.MET
        card = card_of(store, "A0")
        ((revision,),) = rows_of(store, "SELECT revision FROM hearings LIMIT 1")
        assert card.hearings == revision != ""
        before = snapshot(store)
        run_folder(store, settings, folder, options=RUN)
        assert snapshot(store) == before
        assert hear(store, settings).recordings == ()
    assert Counter(log.read_text().split()) == {"0.wav": 1, "1.wav": 1}


def test_a_recording_of_two_calls_is_asked_for_both(
    tmp_path: Path, settings: Settings, log: Path
) -> None:
    folder = tmp_path / "in"
    for name in ("a", "b"):
        settled(folder / f"{name}.wav", DOUBTFUL.format(number=1, said="幺零八"))
    rows = (
        "a.wav,A,2025-11-18 09:00:30,108,inbound,2,,\nb.wav,B,2025-11-18 09:00:30,205,inbound,2,,\n"
    )
    settled(folder / "calls.csv", f"{HEADER}\n{rows}")
    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        assert number_of(store, "A") is Outcome.MET
        assert number_of(store, "B") is not Outcome.MET
        assert open_of(store) == 0
        assert len(rows_of(store, "SELECT 1 FROM transcripts")) == 1
        assert card_of(store, "A").hearings == card_of(store, "B").hearings != ""


def test_open_questions_are_answered_later_and_judged_by(
    tmp_path: Path, settings: Settings, log: Path, deaf: pytest.MonkeyPatch
) -> None:
    folder = doubtful_folder(tmp_path / "in", 3)
    with open_store(settings) as store:
        report = run_folder(store, settings, folder, options=RUN)
        assert report.judging.open_questions >= 3
        assert number_of(store, "A0") is Outcome.UNDECIDED
        old = card_of(store, "A0")
        assert (old.hearings, open_of(store)) == ("", 3)
        before = snapshot(store, without=())
        dry = hear(store, settings, replace(HEAR, dry_run=True))
        assert [r.call_ids for r in dry.recordings] == [("A0",), ("A1",), ("A2",)]
        assert dry.estimate_s > 0
        assert dry.judging is None
        assert snapshot(store, without=()) == before
        first = hear(store, settings, replace(HEAR, limit=1))
        assert (first.heard, open_of(store)) == (1, 2)
        one = hear(store, settings, replace(HEAR, call_id="A2"))
        assert ([r.call_ids for r in one.recordings], open_of(store)) == ([("A2",)], 1)
        rest = hear(store, settings)
        assert (rest.heard, rest.unanswered, rest.left, rest.is_clean) == (1, 0, (), True)
        assert rest.judging is not None
        assert rest.judging.scored == 1
        with store.reading() as session:
            detail = call_detail(session, "A0", store.zone)
        assert [(v.is_current, v.undecided) for v in detail.history] == [(False, 1), (True, 0)]
        assert open_of(store) == 0
        assert hear(store, settings).heard == 0
    asked = Counter(line for line in log.read_text().split() if line.startswith("asked:"))
    assert asked == {f"asked:{n}.wav": 1 for n in range(3)}


def test_rescoring_uses_the_answers_without_audio(
    tmp_path: Path, settings: Settings, log: Path
) -> None:
    folder = doubtful_folder(tmp_path / "in", 1)
    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        (folder / "0.wav").unlink()
        draft = tmp_path / "draft.yaml"
        draft.write_text(ASKING.read_text("utf-8").replace("version: 1", "version: 2"), "utf-8")
        result = rescore(store, settings, RescoreOptions(str(draft)))
        assert (result.calls, result.changes) == (1, ())
        assert number_of(store, "A0") is Outcome.MET
        assert len(rows_of(store, "SELECT 1 FROM scorecards")) == 2


def test_a_missing_or_exchanged_file_leaves_its_questions_open(
    tmp_path: Path, settings: Settings, deaf: pytest.MonkeyPatch
) -> None:
    folder = doubtful_folder(tmp_path / "in", 3)
    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        (folder / "0.wav").rename(tmp_path / "0.wav")
        settled(folder / "1.wav", "坐席: 喂\n")
        events: list[Event] = []
        report = hear_open(store, settings, HEAR, listener=events.append)
        assert report.heard == 1
        assert {left.call_ids: left.fault for left in report.left} == {
            ("A0",): "vanished",
            ("A1",): "changed",
        }
        assert not report.is_clean
        assert [(e.file, e.stage) for e in events if isinstance(e, RecordingMarked)] == [
            ("1.wav", Stage.HEAR)
        ]
        assert open_of(store) == 2
        (tmp_path / "0.wav").rename(folder / "0.wav")
        assert hear(store, settings).heard == 1
        assert open_of(store) == 1
        ((fault,),) = rows_of(store, "SELECT count(fault) FROM recordings")
        assert fault == 0  # the transcript stands: nothing is marked against the recording


@pytest.mark.parametrize(
    ("order", "fault"), [("!hear-engine", "engine_failed"), ("!hear-die", "worker_died")]
)
def test_what_fails_stays_open_and_the_others_go_on(
    tmp_path: Path, settings: Settings, deaf: pytest.MonkeyPatch, order: str, fault: str
) -> None:
    folder = doubtful_folder(tmp_path / "in", 2)
    text = DOUBTFUL.format(number="x", said="幺零八")
    settled(folder / "0.wav", f"{order}\n{text}")
    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        report = hear(store, settings)
        assert [(left.call_ids, left.fault) for left in report.left] == [(("A0",), fault)]
        assert (report.heard, open_of(store)) == (1, 1)


def test_another_engine_s_transcript_is_not_asked(
    tmp_path: Path, settings: Settings, deaf: pytest.MonkeyPatch
) -> None:
    folder = doubtful_folder(tmp_path / "in", 1)
    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        report = hear(store, settings, replace(HEAR, engine="newer"))
        assert [left.fault for left in report.left] == ["other_engine"]
        assert open_of(store) == 1


def test_ctrl_c_keeps_what_was_answered(
    tmp_path: Path, settings: Settings, deaf: pytest.MonkeyPatch, log: Path
) -> None:
    folder = doubtful_folder(tmp_path / "in", 3)

    def interrupt(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage is Stage.HEAR:
            raise KeyboardInterrupt

    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        with pytest.raises(KeyboardInterrupt):
            hear_open(store, settings, HEAR, listener=interrupt)
        assert len(rows_of(store, "SELECT 1 FROM hearings")) == 1
        assert rows_of(store, "SELECT finished_at FROM runs WHERE kind = 'hear'") == [(None,)]
        report = hear(store, settings)
        assert (report.heard, len(report.recordings)) == (2, 2)
        assert report.judging is not None
        assert report.judging.scored == 3
        assert open_of(store) == 0


def test_a_draft_s_questions_are_asked_before_it_is_published(
    tmp_path: Path, settings: Settings, deaf: pytest.MonkeyPatch
) -> None:
    folder = doubtful_folder(tmp_path / "in", 1)
    silent = tmp_path / "silent.yaml"
    text = ASKING.read_text("utf-8")
    start, end = text.index("  - id: GR02"), text.index("  - id: TM01")
    silent.write_text(text[:start] + text[end:], "utf-8")
    scoring = settings.scoring.model_copy(update={"ruleset": str(silent)})
    quiet = settings.model_copy(update={"scoring": scoring})
    with open_store(settings) as store:
        run_folder(store, quiet, folder, options=RUN)
        assert open_of(store) == 0
        assert hear(store, quiet).recordings == ()
        report = hear(store, quiet, replace(HEAR, ruleset=str(ASKING)))
        assert report.hearings > 0
        card = card_of(store, "A0")
        assert [line.rule_id for line in card.lines] == ["TM01"]  # still by the one in force
        assert card.hearings
        assert hear(store, quiet, replace(HEAR, ruleset=str(ASKING))).recordings == ()


def test_wrong_options_start_nothing(tmp_path: Path, settings: Settings, log: Path) -> None:
    folder = doubtful_folder(tmp_path / "in", 1)
    with open_store(settings) as store:
        ingest_folder(store, folder)
        with pytest.raises(NotFoundError, match="A0"):
            hear(store, settings, replace(HEAR, call_id="A0"))  # not transcribed yet
        with pytest.raises(RulesetError):
            hear(store, settings, replace(HEAR, ruleset="no-such"))
        with store.run_lock(), pytest.raises(ConflictError):
            hear(store, settings)


def test_answers_are_added_never_overwritten(tmp_path: Path, settings: Settings, log: Path) -> None:
    folder = doubtful_folder(tmp_path / "in", 1)
    span = Span(100, 400)
    first = Hearing(0, span, "幺零八", -1.23456, 2)
    with open_store(settings) as store:
        ingest_folder(store, folder)
        hear_all(store)
        ((key,),) = rows_of(store, "SELECT transcript_key FROM transcripts")
        now = datetime.now(UTC)
        with store.writing() as session:
            assert put_hearings(session, key, [first], now) == 1
            assert put_hearings(session, key, [replace(first, margin=3.0)], now) == 0
            assert put_hearings(session, key, [first, replace(first, text="幺幺八")], now) == 1
        revisions = [r for (r,) in rows_of(store, "SELECT revision FROM hearings ORDER BY 1")]
        ((current,),) = rows_of(store, "SELECT hearings FROM transcripts")
        assert len(set(revisions)) == 2
        other = replace(first, text="幺幺八")
        assert current == hearings_revision([other, first]) == hearings_revision([first, other])
        assert current in revisions
        assert hearings_revision([first]) in revisions


def test_a_recogniser_that_cannot_weigh_leaves_questions_to_people(
    settings: Settings, tmp_path: Path, deaf: pytest.MonkeyPatch, log: Path
) -> None:
    folder = doubtful_folder(tmp_path / "calls", 2)
    with open_store(settings) as store:
        run_folder(store, settings, folder, options=RUN)
        deaf.delenv("TALKING_DEAF")
        log.write_text("")
        hearing = settings.hearing.model_copy(update={"model": "sensevoice"})
        other = settings.model_copy(update={"hearing": hearing})
        report = hear_open(store, other, HEAR)
        assert [left.fault for left in report.left] == ["cannot_weigh"] * 2
        assert (report.heard, report.hearings, report.is_clean) == (0, 0, False)
        assert log.read_text() == "", "no recording was opened"
        assert hear_open(store, other, replace(HEAR, dry_run=True)).left == report.left
