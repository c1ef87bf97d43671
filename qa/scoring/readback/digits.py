"""How alike two numbers are, digit by digit."""


def subsequence(part: str, whole: str) -> bool:
    """Whether one number is the other with digits left out."""
    rest = iter(whole)
    return all(digit in rest for digit in part)


def distance(wanted: str, stream: str) -> tuple[int, int, int]:
    """Find where a number comes closest in a stream of digits.

    Returns:
        Edits (a digit exchanged, left out or added costs 1), and the stretch of the stream.
    """
    if (at := stream.rfind(wanted)) >= 0:
        return 0, at, at + len(wanted)
    # A cell is one number, its edits above where its stretch begins: the least is the best.
    edit = 1 << len(stream).bit_length()
    previous = list(range(len(stream) + 1))
    for i, digit in enumerate(wanted, 1):
        left = i * edit
        row = [left]
        for heard, across, above in zip(stream, previous, previous[1:], strict=False):
            if digit != heard:
                across += edit
            left = min(across, above + edit, left + edit)
            row.append(left)
        previous = row
    end = min(range(len(previous)), key=lambda j: (previous[j] // edit, -j))
    return previous[end] // edit, previous[end] % edit, end
