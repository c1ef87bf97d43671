"""Numbers that prove themselves by their check digit: bank cards and ID cards."""

import re
from datetime import date

_CARD_STARTS = re.compile(r"62|4\d|5[1-5]|2[2-7]|3[0-9]|60|65|9[0-9]|8[0-9]|6[1-9]")
CARD_LENGTHS = range(13, 20)


def is_card(digits: str) -> bool:
    """Whether digits are a bank card's: 13 to 19 of them, a usual beginning, Luhn's sum."""
    if len(digits) not in CARD_LENGTHS or not digits.isdigit():
        return False
    if not _CARD_STARTS.match(digits) or len(set(digits)) < 3:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_citizen_id(digits: str) -> bool:
    """Whether 18 characters are an ID number: region, date of birth and check digit are right."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", digits):
        return False
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    if digits[6:8] not in ("18", "19", "20"):
        return False
    check = sum(int(d) * w for d, w in zip(digits[:17], _WEIGHTS, strict=True)) % 11
    return "10X98765432"[check] == digits[17]
