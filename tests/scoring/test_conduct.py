"""Acoustic rules on transcripts with known overlaps, silences, rates and levels."""

from dataclasses import replace

import pytest

from qa.scoring.acoustics import speech_of, words_within
from qa.scoring.check import Check, Scene
from qa.scoring.checks.dead_air import DeadAir
from qa.scoring.checks.interruption import Interruption
from qa.scoring.checks.late_apology import LateApology
from qa.scoring.checks.loudness import Loudness
from qa.scoring.checks.release import CustomerReleases
from qa.scoring.checks.rings import RingCount
from qa.scoring.checks.speech_rate import SpeechRate
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Rule, load_ruleset
from qa.scoring.scorecard import judge_rule
from qa.turns import characters, merged, silences, spoken_ms
from qa.types import (
    Call,
    Outcome,
    ReleasedBy,
    Role,
    Segment,
    Signal,
    SignalKind,
    Sound,
    Span,
    Transcript,
    Verdict,
)

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


def heard(dialogue: str, *speech: tuple[int, float, float]) -> Transcript:
    """A dialogue with speech measured at (channel, start in s, end in s)."""
    segments = [Segment(c, Span(round(a * 1000), round(b * 1000))) for c, a, b in speech]
    return replace(parse_dialogue(dialogue), speech=tuple(segments))


def scene(transcript: Transcript) -> Scene:
    return Scene(transcript, Call("c"))


def run(check: Check, transcript: Transcript, call: Call | None = None) -> Verdict:
    return check.run(Scene(transcript, call or Call("c")))


# ---- where a side speaks


def test_speech_is_what_detector_and_recogniser_agree_on() -> None:
    transcript = heard(
        "[00:02-00:05] 坐席: 您好请讲\n[00:06-00:08] 客户: 我家暖气不热",
        (0, 2.1, 4.9),  # the agent
        (0, 9.0, 12.0),  # a radio behind the agent: no words
        (1, 1.0, 7.0),  # noise that runs into the customer's words
        (1, 7.5, 8.1),
    )
    assert speech_of(scene(transcript), AGENT) == (Span(2100, 4900),)
    assert speech_of(scene(transcript), CUSTOMER) == (Span(5800, 7000), Span(7500, 8100))
    assert speech_of(scene(transcript), None) == (
        Span(2100, 4900),
        Span(5800, 7000),
        Span(7500, 8100),
    )


def test_words_that_the_detector_missed_count_with_their_own_times() -> None:
    transcript = heard("[00:02-00:05] 坐席: 您好请讲我听着呢", (0, 8.0, 9.0))
    assert speech_of(scene(transcript), AGENT) == (Span(2000, 5000),)


def test_a_shared_channel_gives_nobody_the_others_speech() -> None:
    transcript = heard("[00:02-00:04] 坐席: 您好请讲\n[00:04-00:06] 客户: 我要报修")
    mono = replace(
        transcript,
        channel_count=1,
        utterances=tuple(replace(u, channel=0) for u in transcript.utterances),
        speech=(Segment(0, Span(1900, 6100)),),
    )
    assert speech_of(scene(mono), AGENT) == (Span(2000, 4000),)
    assert speech_of(scene(mono), CUSTOMER) == (Span(4000, 6000),)
    assert speech_of(scene(mono), None) == (Span(2000, 6000),)


def test_silences_lie_between_what_is_joined() -> None:
    spans = merged([Span(5, 9), Span(0, 3), Span(2, 4), Span(9, 10)])
    assert spans == (Span(0, 4), Span(5, 10))
    assert silences(spans) == (Span(4, 5),)
    assert silences(spans[:1]) == silences(()) == ()
    assert spoken_ms(spans) == 9


def test_punctuation_is_not_counted_and_digits_are() -> None:
    transcript = parse_dialogue("坐席: 您好，138的号码，OK？\n客户: 对。")
    assert characters(transcript, AGENT) == len("您好138的号码ok")


def test_words_belong_to_a_stretch_by_their_middle() -> None:
    transcript = parse_dialogue("[00:01-00:05] 坐席: 请问地址")
    inside = words_within(transcript, AGENT, Span(2400, 4000))
    assert [(i, "".join(w.text for w in words)) for i, _, words in inside] == [(0, "问地")]
    assert words_within(transcript, CUSTOMER, Span(0, 9000)) == []


# ---- AC01

TWO = """
[00:01-00:06] 客户: 我家次卧的暖气一直不热我怀疑
[00:05-00:08] 坐席: 您把地址说一下
[00:10-00:15] 客户: 我就是想问问是什么原因
[00:13-00:16] 坐席: 原因得师傅看了再说
"""


def two(first_s: float, second_s: float) -> Transcript:
    """Two starts of the agent into the customer's words, with so many seconds of overlap."""
    return heard(TWO, (1, 1, 6), (0, 6 - first_s, 8.0), (1, 10, 15), (0, 15 - second_s, 16.0))


@pytest.mark.parametrize(
    ("first_s", "second_s", "outcome"),
    [
        (1.1, 1.6, Outcome.VIOLATED),
        (1.1, 0.9, Outcome.MET),
        (0.5, 0.5, Outcome.MET),
        (1.0, 1.0, Outcome.VIOLATED),
    ],
)
def test_overlaps_are_counted_from_the_measured_edges(
    first_s: float, second_s: float, outcome: Outcome
) -> None:
    verdict = run(Interruption(), two(first_s, second_s))
    assert verdict.outcome is outcome
    lengths = [m.span.duration_ms / 1000 for m in verdict.matches]
    assert lengths == pytest.approx([s for s in (first_s, second_s) if s >= 1])
    assert all(m.role is AGENT and m.quote for m in verdict.matches)


def test_starting_at_once_is_no_interruption() -> None:
    check = Interruption(min_count=1)
    transcript = heard(TWO, (1, 5.1, 8), (0, 5.2, 8), (1, 10, 12), (0, 13, 16))
    assert run(check, transcript).outcome is Outcome.MET


def test_noise_without_words_interrupts_nobody() -> None:
    check = Interruption(min_count=1)
    dialogue = "[00:01-00:09] 客户: 我家次卧的暖气一直不热\n[00:10-00:12] 坐席: 好的请讲"
    transcript = heard(dialogue, (1, 1, 9), (0, 4, 6), (0, 10, 12))
    assert run(check, transcript).outcome is Outcome.MET


def test_the_agent_may_talk_on_over_a_listeners_yes() -> None:
    check = Interruption(min_count=1, backchannels=("嗯", "对"))
    dialogue = "[00:01-00:03] 客户: 嗯嗯，对对对\n[00:01.5-00:06] 坐席: 那我给您登记一下"
    assert run(check, parse_dialogue(dialogue)).outcome is Outcome.MET
    taken = dialogue.replace("嗯嗯，对对对", "可是我还没说完")
    assert run(check, parse_dialogue(taken)).outcome is Outcome.VIOLATED


# ---- AC02


@pytest.fixture(scope="module")
def dead_air() -> Rule:
    rule = load_ruleset("heating-repair").rule("AC02")
    assert rule is not None
    return rule


def quiet(before: str, seconds: float, after: str = "客户: 喂？") -> Transcript:
    return parse_dialogue(f"客户: 翠湖小区。\n坐席: {before}\n(停顿 {seconds}秒)\n{after}")


@pytest.mark.parametrize(
    ("before", "seconds", "outcome"),
    [
        ("好的，五号楼。", 9.5, Outcome.MET),
        ("好的，五号楼。", 10.5, Outcome.VIOLATED),
        ("好的，已经给您登记好了。", 14, Outcome.VIOLATED),
        ("请问您一下，家里几口人？", 14, Outcome.VIOLATED),
        ("您稍等一下。", 14, Outcome.MET),
        ("麻烦您等我一会儿啊。", 14, Outcome.MET),
        ("我帮您查一下单子。", 14, Outcome.MET),
        ("您先别挂电话，我去问问师傅。", 14, Outcome.MET),
        ("我给您记录一下。", 14, Outcome.MET),
        ("系统有点慢，正在打开。", 14, Outcome.MET),
        ("耽误您一点时间，我核对一下。", 14, Outcome.MET),
        ("我看看派给谁了啊。", 14, Outcome.MET),
    ],
)
def test_a_moment_may_be_asked_for_in_many_ways(
    dead_air: Rule, before: str, seconds: float, outcome: Outcome
) -> None:
    verdict = judge_rule(dead_air, Scene(quiet(before, seconds), Call("c")))
    assert verdict.outcome is outcome
    if outcome is Outcome.VIOLATED:
        assert verdict.searched
        assert verdict.searched.duration_ms == pytest.approx(seconds * 1000 + 400, abs=1)


def test_ringing_before_and_waiting_after_the_words_are_no_dead_air() -> None:
    transcript = heard(
        "[00:25-00:27] 坐席: 您好\n[00:28-00:30] 客户: 你好",
        (1, 3.0, 4.0),  # ringback
        (0, 25, 27),
        (1, 28, 30),
    )
    longer = replace(transcript, duration_ms=50_000)
    assert run(DeadAir(), longer).outcome is Outcome.MET


def test_babble_in_the_background_does_not_fill_a_silence() -> None:
    transcript = heard(
        "[00:01-00:03] 坐席: 好的\n[00:03-00:05] 客户: 三号楼\n[00:20-00:22] 坐席: 登记上了",
        (0, 1, 3),
        (1, 3, 5),
        *((1, at, at + 0.3) for at in range(7, 19)),
        (0, 20, 22),
    )
    verdict = run(DeadAir(), transcript)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.searched == Span(5000, 20_000)


def test_a_side_that_was_never_heard_may_be_speaking() -> None:
    transcript = parse_dialogue("坐席: 您好。\n(停顿 15秒)\n坐席: 喂？")
    assert run(DeadAir(), transcript).reason == "one_side_only"


def test_an_asked_silence_does_not_excuse_one_much_later() -> None:
    talk = "\n".join(
        f"客户: 第{n}件事也要记下来，我慢慢说。\n坐席: 第{n}件。" for n in "一二三四五六"
    )
    dialogue = f"坐席: 请稍等。\n(停顿 12秒)\n{talk}\n(停顿 13秒)\n客户: 喂？"
    verdict = run(DeadAir(), parse_dialogue(dialogue))
    assert verdict.outcome is Outcome.VIOLATED
    assert len(verdict.matches) == 1


def test_mono_without_roles_can_still_show_silence() -> None:
    asked = "未知: 请稍等。\n(停顿 12秒)\n未知: 好了。"
    assert run(DeadAir(), parse_dialogue(asked)).outcome is Outcome.MET
    silent = "未知: 三号楼。\n(停顿 12秒)\n未知: 好了。"
    assert run(DeadAir(), parse_dialogue(silent)).outcome is Outcome.VIOLATED


# ---- AC03


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(20, Outcome.VIOLATED), (15, Outcome.MET), (10, Outcome.MET), (8, Outcome.UNDECIDED)],
)
def test_rate_is_characters_over_speech(seconds: int, outcome: Outcome) -> None:
    fifty = "您好，请问您有什么问题？" * 5
    dialogue = f"[00:01-00:{1 + seconds:02}] 坐席: {fifty}"
    verdict = run(SpeechRate(), parse_dialogue(dialogue))
    assert verdict.outcome is outcome
    assert dict(verdict.details)["rate"] == f"{50 * 60 / seconds:.0f}"


def test_rate_leaves_out_what_the_detector_calls_silence() -> None:
    fifty = "您好，请问您有什么问题？" * 5
    dialogue = f"[00:01-00:21] 坐席: {fifty}"
    assert run(SpeechRate(), parse_dialogue(dialogue)).outcome is Outcome.VIOLATED
    paused = heard(dialogue, (0, 1, 7), (0, 15, 21))
    verdict = run(SpeechRate(), paused)
    assert verdict.outcome is Outcome.MET
    assert dict(verdict.details)["rate"] == "250"


# ---- AC04


def levels(*dbfs: float) -> Transcript:
    return parse_dialogue("\n".join(f"坐席({level}dB): 请您说一下地址" for level in dbfs))


@pytest.mark.parametrize(
    ("dbfs", "outcome", "reason"),
    [
        ((-26, -25, -27, -26, -17.9), Outcome.VIOLATED, "shouted"),
        ((-26, -25, -27, -26, -18.1), Outcome.MET, "level_inside"),
        ((-41, -42, -43), Outcome.VIOLATED, "level_below"),
        ((-10, -11, -9), Outcome.VIOLATED, "level_above"),
        ((-26, -14), Outcome.MET, "level_inside"),  # two have no usual level
    ],
)
def test_loudness_is_judged_by_band_and_by_own_median(
    dbfs: tuple[float, ...], outcome: Outcome, reason: str
) -> None:
    verdict = run(Loudness(), levels(*dbfs))
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


# ---- TM03

BYE = "坐席: 感谢您的来电，再见。\n客户: 好，再见。"


@pytest.mark.parametrize(
    ("gap_s", "outcome"), [(2.9, Outcome.VIOLATED), (3.0, Outcome.MET), (9, Outcome.MET)]
)
def test_the_agent_waits_after_the_customers_last_word(gap_s: float, outcome: Outcome) -> None:
    spoken = parse_dialogue(BYE)
    last_ms = spoken.utterances[-1].span.end_ms
    call = Call("c", released_by=ReleasedBy.AGENT)
    ended = replace(spoken, duration_ms=last_ms + round(1000 * gap_s))
    assert run(CustomerReleases(), ended, call).outcome is outcome


def test_without_a_closing_no_wait_is_long_enough() -> None:
    spoken = parse_dialogue("客户: 那我找谁？\n坐席: 您问别人吧。")
    call = Call("c", released_by=ReleasedBy.AGENT)
    verdict = run(CustomerReleases(), replace(spoken, duration_ms=60_000), call)
    assert verdict.reason == "released_before_closing"


def test_who_released_is_never_guessed() -> None:
    verdict = run(CustomerReleases(), parse_dialogue(BYE))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNDECIDED, "metadata_missing")


def rung(count: int, *, whole: bool) -> Sound:
    rings = tuple(
        Signal(SignalKind.RINGBACK, 0, Span(5000 * k, 5000 * k + 1000)) for k in range(count)
    )
    return Sound(signals=rings, ring_count=count or None, rings_are_whole=whole)


@pytest.mark.parametrize(
    ("sound", "outcome", "reason"),
    [
        (None, Outcome.UNDECIDED, "metadata_missing"),
        (rung(0, whole=False), Outcome.UNDECIDED, "metadata_missing"),
        (rung(3, whole=True), Outcome.MET, "rings_within_heard"),
        (rung(3, whole=False), Outcome.UNDECIDED, "rings_cut_off"),
        (rung(4, whole=True), Outcome.VIOLATED, "rings_over_heard"),
        (rung(4, whole=False), Outcome.VIOLATED, "rings_over_heard"),
    ],
)
def test_rings_on_the_recording_where_nobody_counted(
    sound: Sound | None, outcome: Outcome, reason: str
) -> None:
    transcript = replace(parse_dialogue("坐席: 您好"), sound=sound)
    verdict = run(RingCount(max_rings=3), transcript)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    counted = run(RingCount(max_rings=3), transcript, Call("c", ring_count=5))
    assert counted.reason == "rings_over"


@pytest.mark.parametrize(
    ("sound", "said", "outcome"),
    [
        (rung(4, whole=False), "您好，请讲。", Outcome.VIOLATED),
        (rung(4, whole=False), "不好意思，让您久等了，请讲。", Outcome.MET),
        (rung(2, whole=True), "您好，请讲。", Outcome.NOT_APPLICABLE),
        (rung(2, whole=False), "您好，请讲。", Outcome.UNDECIDED),
        (None, "您好，请讲。", Outcome.UNDECIDED),
    ],
)
def test_an_apology_is_due_after_rings_that_were_heard(
    sound: Sound | None, said: str, outcome: Outcome
) -> None:
    transcript = replace(parse_dialogue(f"坐席: {said}"), sound=sound)
    assert run(LateApology(max_rings=3), transcript).outcome is outcome


def test_the_sound_acquits_of_hanging_up_and_never_convicts() -> None:
    for left, outcome in ((CUSTOMER, Outcome.MET), (AGENT, Outcome.UNDECIDED)):
        transcript = replace(parse_dialogue("坐席: 好。"), sound=Sound(ended_by=left))
        assert run(CustomerReleases(), transcript).outcome is outcome
