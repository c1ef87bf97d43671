"""What a calibration leaves behind: the thresholds' module, a page and a drawing of the curves."""

from collections.abc import Mapping, Sequence

from benchlib.calibration import Weighing, choose, curve_table, rate_table, sort_table
from qa.scoring.hypotheses import Kind

Thresholds = Mapping[Kind, tuple[float, float]]

_PAGE = """# From how many nats the sound decides

Written by `scripts/calibrate-hearings`; do not edit. What a hearing is: \
`docs/decisions/0011-hypotheses-on-a-part-of-the-encoding.md`.

A question puts texts that may have been said in a place (targets) beside what was recognised there
and beside rivals; its margin is how far the best target is ahead of the best of those, in nats.
From the first threshold up it was said, up to the second it was not, and between the two the sound
does not decide. The figures below are of {trials} questions about {calls} development calls whose
true words are known, with the model `base`; only places that recognition did not get right are
asked about, as checks do. *found*: of what was said, the share that the sound confirms; *rejected*:
of what was said, the share it wrongly denies; *accepted*: of what was not said, the share it
wrongly confirms; *excluded*: the share it rightly denies.

## Thresholds, chosen on all calls

{all_rates}

The limits they keep, errors rounded down (none among fewer than a hundred where the limit is 1 %):
false accept 1 % for phrases and numbers and 2.5 % for slots and values, false reject 1.5 %. Where
the curves lie far apart, *said from* stays at what finds 95 %. Numbers and values have few places
that were said and misheard, so theirs will move with more calls.

## Held out: chosen on every other call, measured on the rest

The calls that chose:

{train_rates}

The calls that did not:

{held_rates}

## Curves

Share of the questions whose margin is at least so many nats, where a target was said and where none
was.

![Both curves of every kind](calibration.svg)

{curves}

## Where the questions come from

Margins (5th percentile, median, 95th) by the origin of the targets. *own*: what was truly said, and
misheard. *near*: another syllable of the confusion table. *nearest*: what was said in other calls
and sounds most alike. *swapped*: another word or digit.

{sorts}
"""

_MODULE = '''"""From how many nats the sound decides; `scripts/calibrate-hearings` writes these.

They come from the development calls, never from a hand; `docs/calibration.md` keeps the curves.
"""

THRESHOLDS: dict[str, tuple[float, float]] = {{
{entries}
}}
"""Per kind of question: from the first margin up it was said, up to the second it was not."""
'''


def calibration_text(
    found: Sequence[Weighing], thresholds: Thresholds, call_ids: Sequence[str]
) -> str:
    """Write the page that keeps the figures.

    Args:
        call_ids: in order; every other one chooses for the held-out comparison.
    """
    choosing = set(call_ids[::2])
    train = [one for one in found if one.trial.call_id in choosing]
    held = [one for one in found if one.trial.call_id not in choosing]
    trained = {kind: choose(train, kind) for kind in thresholds}
    curves = "\n\n".join(f"### {kind.value}\n\n{curve_table(found, kind)}" for kind in thresholds)
    return _PAGE.format(
        trials=len(found),
        calls=len(call_ids),
        all_rates=rate_table(found, thresholds),
        train_rates=rate_table(train, trained),
        held_rates=rate_table(held, trained),
        curves=curves,
        sorts=sort_table(found),
    )


def module(thresholds: Thresholds) -> str:
    """Write `qa/scoring/thresholds.py`."""
    entries = "\n".join(
        f'    "{kind.value}": ({said}, {not_said}),'
        for kind, (said, not_said) in thresholds.items()
    )
    return _MODULE.format(entries=entries)


def curves_svg(found: Sequence[Weighing], thresholds: Thresholds) -> str:
    """Draw both curves of every kind, one panel each, with the thresholds."""
    width, height, low, high = 300, 170, -30.0, 14.0
    parts = []
    for index, (kind, cuts) in enumerate(thresholds.items()):
        left, top = 40 + (index % 2) * (width + 40), 30 + (index // 2) * (height + 50)

        def x(margin: float, left: int = left) -> float:
            return left + (min(max(margin, low), high) - low) / (high - low) * width

        parts.append(
            f'<text x="{left}" y="{top - 8}" font-size="13">{kind.value}</text>'
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" '
            'stroke="#999"/>'
        )
        for cut in cuts:
            parts.append(
                f'<line x1="{x(cut):.1f}" x2="{x(cut):.1f}" y1="{top}" y2="{top + height}" '
                'stroke="#999" stroke-dasharray="4 3"/>'
                f'<text x="{x(cut):.1f}" y="{top + height + 14}" font-size="11" '
                f'text-anchor="middle">{cut:+.1f}</text>'
            )
        for said, colour in ((True, "#1a7f37"), (False, "#b3261e")):
            own = [w for w in found if w.trial.kind is kind and w.trial.said is said]
            margins = sorted(w.margin for w in own)
            points = [f"{x(low):.1f},{top:.1f}"]
            for rank, margin in enumerate(margins):
                for share in (1 - rank / len(margins), 1 - (rank + 1) / len(margins)):
                    points.append(f"{x(margin):.1f},{top + (1 - share) * height:.1f}")
            line = " ".join(points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
    rows = (len(thresholds) + 1) // 2
    size = f'width="{2 * width + 120}" height="{rows * (height + 50) + 30}"'
    style = 'font-family="sans-serif"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{body}\n</svg>\n'
