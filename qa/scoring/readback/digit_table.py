"""The digit that each character of a text says, or exactly sounds like."""

import re

from qa.scoring.numbers import CLEAR_DIGITS, digit_by_syllable

_ONE_IN_A_WORD = re.compile("一(?=[样下会些定共起般直切边块个遍次回点])")
_DOUBLE = re.compile(f"双(?=[{''.join(CLEAR_DIGITS)}])")


class _DigitTable(dict[int, str]):
    """For `str.translate`: the digit that a character is or exactly sounds like, else a space."""

    def __missing__(self, ordinal: int) -> str:
        self[ordinal] = digit_by_syllable(chr(ordinal)) or " "
        return self[ordinal]


_DIGITS = _DigitTable()


def digits_by_place(text: str) -> str:
    """Return the digit of each character, else a space; 双四 is two fours."""
    digits = text.translate(_DIGITS)
    for match in _DOUBLE.finditer(text):
        at = match.start()
        digits = f"{digits[:at]}{digits[at + 1]}{digits[at + 1 :]}"
    for match in _ONE_IN_A_WORD.finditer(text):  # 九八二四，一样的
        digits = f"{digits[: match.start()]} {digits[match.end() :]}"
    return digits
