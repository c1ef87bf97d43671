"""Tone and the recogniser's confidence decide where characters slip; sound convicts nobody."""

import pytest

from qa.scoring.grammar import compile_all
from qa.scoring.spotting import Guards, Policy, spot
from qa.scoring.track import build_track
from qa.types import Role, Span, Transcript, Utterance, Word


def spotted(phrase: str, text: str, unsure: str = "", confidence: float = 0.95) -> list[bool]:
    """Whether each sighting convicts; the characters in `unsure` were heard at 0.5."""
    words = tuple(
        Word(char, Span(100 * i, 100 * i + 100), 0.5 if char in unsure else confidence)
        for i, char in enumerate(text)
    )
    end = 100 * len(text)
    utterance = Utterance(Role.AGENT, 1.0, 0, Span(0, end), text, words, 0.9)
    track = build_track(Transcript("r", "e", end, 2, (utterance,)), Role.AGENT)
    found = spot(track, compile_all((phrase,)), policy=Policy(), guards=Guards())
    return [sighting.sure for sighting in found]


@pytest.mark.parametrize("text", ["不指导", "布置到", "步行", "步兴", "您步指到了"])
def test_what_only_sounds_like_a_short_phrase_is_nothing(text: str) -> None:
    for phrase in ("不知道", "不行"):
        assert spotted(phrase, text) == []


@pytest.mark.parametrize(
    ("text", "unsure", "sure"),
    [
        ("不归我们管", "", True),
        ("不归我们馆", "馆", True),  # guǎn for guǎn
        ("不归我们馆", "", True),
        ("不归我们灌", "灌", True),  # one other tone in five
        ("不归我们灌", "", False),  # and the recogniser is sure of it
        ("布鬼我们管", "布鬼", True),
        ("布归我们灌", "", False),
        ("不轨我们灌", "轨灌", False),  # two other tones
    ],
)
def test_slips_convict_by_tone_and_confidence(text: str, unsure: str, sure: bool) -> None:
    assert spotted("不归我们管", text, unsure) == [sure]


def test_words_that_the_recogniser_doubts_convict_nobody() -> None:
    assert spotted("不归我们管", "不归我们管", confidence=0.2) == [False]
