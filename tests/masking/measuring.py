"""What of a made call is masked and muted."""

from qa.masking import MARK, mask_transcript, protected_spans
from qa.types import Call
from tests.masking.spoken_secrets import Said


def is_masked(said: Said) -> bool:
    """Whether every digit of the secret is masked in the text."""
    shown = mask_transcript(said.transcript, Call("c")).utterances
    return all(
        one.text[at] == MARK
        for one, places in zip(shown, said.secret, strict=True)
        for at in places
    )


def is_muted(said: Said) -> bool:
    """Whether all sound of the secret lies in silence."""
    spans = protected_spans(said.transcript)
    return all(
        any(s.start_ms <= one.start_ms and one.end_ms <= s.end_ms for s in spans)
        for one in said.sounded
    )


def muted_ms(said: Said) -> int:
    """Milliseconds of a call that are silent."""
    return sum(span.duration_ms for span in protected_spans(said.transcript))
