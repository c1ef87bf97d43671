"""Words that sound like an entry of the lexicon are corrected for reading, and only those."""

from dataclasses import replace

import pytest

from qa.api.talk_views import utterance_views
from qa.scoring.correcting import Correction, corrected, corrections
from qa.scoring.dialogue import parse_dialogue
from qa.types import Transcript

LEXICON = ("大龙供暖", "阳光花园", "维修人员")


def heard(text: str, *, confidence: float = 0.4) -> Transcript:
    transcript = parse_dialogue(f"坐席: {text}")
    spoken = tuple(
        replace(u, words=tuple(replace(w, confidence=confidence) for w in u.words))
        for u in transcript.utterances
    )
    return replace(transcript, utterances=spoken)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("您好，大龙公暖报修", "您好，大龙供暖报修"),
        ("住在杨光华园三号楼", "住在阳光花园三号楼"),
        ("维修，人元会联系", "维修，人员会联系"),
        ("大龙公暖大龙公暖", "大龙供暖大龙供暖"),
    ],
)
def test_what_sounds_like_an_entry_is_written_so(said: str, shown: str) -> None:
    transcript = heard(said)
    found = corrections(transcript, LEXICON)
    fixed = corrected(transcript, found)
    assert fixed.utterances[0].text == shown
    assert "".join(w.text for w in fixed.utterances[0].words) == shown
    before, after = transcript.utterances[0].words, fixed.utterances[0].words
    assert [w.span for w in before] == [w.span for w in after]
    assert all(one.text in LEXICON and one.heard not in LEXICON for one in found)


@pytest.mark.parametrize(
    "said", ["您好，大龙供暖", "今天天气很好", "公暖", "大龙您好报修", "维修工人"]
)
def test_other_words_stay_as_they_were_heard(said: str) -> None:
    assert corrections(heard(said), LEXICON) == ()


def test_what_was_heard_surely_stays() -> None:
    assert corrections(heard("大龙公暖", confidence=0.95), LEXICON) == ()
    transcript = heard("大龙公暖", confidence=0.95)
    words = transcript.utterances[0].words
    unsure = tuple(replace(w, confidence=0.3) if w.text == "公" else w for w in words)
    transcript = replace(transcript, utterances=(replace(transcript.utterances[0], words=unsure),))
    assert corrections(transcript, LEXICON) == (
        Correction(0, (0, 1, 2, 3), "大龙公暖", "大龙供暖"),
    )


def test_without_a_lexicon_nothing_is_looked_for() -> None:
    assert corrections(heard("大龙公暖"), ()) == corrections(heard("大龙公暖"), ("a", "")) == ()


def test_the_page_marks_what_was_corrected_and_keeps_what_was_heard() -> None:
    transcript = heard("您好大龙公暖")
    found = corrections(transcript, LEXICON)
    (view,) = utterance_views(transcript, None, "zh", found)
    assert 'class="w unsure corrected"' in view.words
    assert view.words.count('title="听到：大龙公暖"') == 1, "on what differs alone"
    assert ">供</span>" in view.words and ">公</span>" not in view.words
    (plain,) = utterance_views(transcript, None, "zh")
    assert "corrected" not in plain.words and ">公</span>" in plain.words
