"""Calls whose two sides share a channel, with roles told: what changes, and what must not."""

from dataclasses import replace

import pytest

from qa.scoring.check import Scene
from qa.scoring.checks.interruption import Interruption
from qa.scoring.checks.read_back import ReadBack
from qa.scoring.checks.ticket_matches import TicketMatches
from qa.scoring.dialogue import parse_dialogue
from qa.types import (
    Call,
    Hearing,
    Outcome,
    ReleasedBy,
    Segment,
    Span,
    Ticket,
    Transcript,
    Utterance,
)

UNDECIDED = Outcome.UNDECIDED
CALL = Call("test", released_by=ReleasedBy.CUSTOMER)
READ_BACK = """
[00:00-00:03] 坐席: 您好，请问您有什么问题？
[00:03-00:06] 客户: 我家暖气不热。
[00:06-00:10] 坐席: 暖气不热，请问您的姓名？
[00:10-00:16] 客户: 张建国，弓长张，建设的建，国家的国。
[00:16-00:19] 坐席: {}
[00:19-00:24] 客户: 好，那我等着，谢谢你啊，麻烦了。
[00:24-00:27] 坐席: 感谢您的来电，再见。
"""
CUT_IN = """
[00:01-00:06] 客户: 我家次卧的暖气一直不热我怀疑
[00:04-00:08] 坐席: 您把地址说一下
[00:10-00:15] 客户: 我就是想问问是什么原因
[00:13-00:16] 坐席: 原因得师傅看了再说
"""


def on_one_channel(dialogue: str, *, speech_ms: int) -> Transcript:
    """A dialogue of both sides on one channel, where the detector heard speech all the time."""
    told = parse_dialogue(dialogue)
    return replace(
        told,
        channel_count=1,
        utterances=tuple(replace(u, channel=0) for u in told.utterances),
        speech=(Segment(0, Span(0, speech_ms)),),
    )


def unsure(utterance: Utterance) -> Utterance:
    """The words of an utterance as a recogniser gives them: not certain."""
    words = tuple(replace(word, confidence=0.8) for word in utterance.words)
    return replace(utterance, confidence=0.8, words=words)


@pytest.mark.parametrize(
    ("reply", "outcome"), [("张建国，好的。", Outcome.MET), ("好的，记下了。", Outcome.VIOLATED)]
)
def test_the_customers_words_are_no_unheard_words_of_the_agent(
    reply: str, outcome: Outcome
) -> None:
    transcript = on_one_channel(READ_BACK.format(reply), speech_ms=27_000)
    assert ReadBack("name").run(Scene(transcript, CALL)).outcome is outcome


def test_speech_in_which_nobody_was_understood_may_be_the_agents() -> None:
    transcript = on_one_channel(READ_BACK.format("好的，记下了。"), speech_ms=27_000)
    swallowed = replace(
        transcript,
        utterances=tuple(u for u in transcript.utterances if u.span.start_ms != 19_000),
    )
    assert ReadBack("name").run(Scene(swallowed, CALL)).outcome is Outcome.UNDECIDED


def test_that_no_overlap_shows_on_one_channel_proves_none() -> None:
    heard = Scene(on_one_channel(CUT_IN, speech_ms=16_000), CALL)
    assert Interruption().run(heard).outcome is Outcome.VIOLATED
    verdict = Interruption(min_count=3).run(heard)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNDECIDED, "overlap_unheard")
    two = Scene(parse_dialogue(CUT_IN), CALL)
    assert Interruption(min_count=3).run(two).outcome is Outcome.MET


PHONE = """
坐席: 请留一下联系电话？
客户: 幺三五，零零二七，八八。
坐席: 幺三五，零零二七，八八四六，对吗？
客户: 对。
坐席: 感谢您的来电，再见。
"""


@pytest.mark.parametrize(("shared", "outcome"), [(False, Outcome.VIOLATED), (True, UNDECIDED)])
@pytest.mark.parametrize("said", ["幺三五零零二七八八四六", "幺三五零零二七八八四九"])
def test_the_sound_of_a_shared_channel_acquits_a_ticket_and_convicts_none(
    shared: bool, outcome: Outcome, said: str
) -> None:
    transcript = on_one_channel(PHONE, speech_ms=0) if shared else parse_dialogue(PHONE)
    transcript = replace(
        transcript, speech=(), utterances=tuple(unsure(u) for u in transcript.utterances)
    )
    call = replace(CALL, ticket=Ticket("1", phone="13500278849"))
    asking = Scene(transcript, call)
    assert TicketMatches("phone").run(asking).outcome is UNDECIDED and asking.asked
    answers = tuple(
        Hearing(asked.channel, asked.span, text, 0.0 if text == said else -40.0, 4)
        for asked in asking.asked
        for text in asked.hypotheses
    )
    verdict = TicketMatches("phone").run(Scene(replace(transcript, hearings=answers), call))
    assert verdict.outcome is (Outcome.MET if said.endswith("九") else outcome)
