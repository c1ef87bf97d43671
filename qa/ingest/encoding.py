"""Bytes of a table to text: UTF-8, UTF-16 or GB18030 (which holds GBK and GB2312)."""

import codecs
import re
from dataclasses import dataclass

from qa.errors import IngestError

_SAMPLE = 1 << 20
_MAX_DAMAGED_SHARE = 0.1
DAMAGED = "\ufffd"
_LATIN_WORD = re.compile("[A-Za-z][À-ɏ]|[À-ɏ][A-Za-z]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A table's text; where bytes were damaged it holds `DAMAGED`."""

    text: str
    encoding: str


def decode_table(data: bytes, file: str) -> Decoded:
    """Find the encoding of a table and decode it.

    A byte order mark decides; NUL bytes mean UTF-16; then the encoding that reads the whole file
    and gives Chinese text. A file with a few damaged bytes keeps its encoding, and the damage shows
    as `DAMAGED` in the rows concerned.

    Args:
        file: name for the error.

    Raises:
        IngestError: it is not text in any of these encodings.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return Decoded(data.decode(encoding, "replace").removeprefix("\ufeff"), encoding)
    if b"\x00" in data[:_SAMPLE]:
        return Decoded(_utf16_without_mark(data, file), "utf-16")
    utf8, gb = _strict(data, "utf-8"), _strict(data, "gb18030")
    if utf8 is not None and gb is not None:
        # Pairs of GBK bytes can form valid UTF-8: then it reads as Latin, Greek or Arabic letters
        # that stand alone (José has its é beside other letters), while GBK gives Chinese.
        plain = utf8.isascii() or _is_chinese(utf8) or not _is_chinese(gb)
        plain = plain or _LATIN_WORD.search(utf8) is not None
        return Decoded(utf8, "utf-8") if plain else Decoded(gb, "gb18030")
    if utf8 is not None:
        return Decoded(utf8, "utf-8")
    return _with_damage(data, gb, file)


def _with_damage(data: bytes, gb: str | None, file: str) -> Decoded:
    """Choose for a file that is not whole UTF-8: a damaged one, GB18030, or neither."""
    utf8 = data.decode("utf-8", "replace")
    if _damaged_share(utf8) <= _MAX_DAMAGED_SHARE:
        return Decoded(utf8, "utf-8")
    if gb is not None:
        return Decoded(gb, "gb18030")
    gb = data.decode("gb18030", "replace")
    if _damaged_share(gb) <= _MAX_DAMAGED_SHARE:
        return Decoded(gb, "gb18030")
    raise IngestError(file, "neither UTF-8, UTF-16 nor GB18030 (GBK) text; save it as UTF-8")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_chinese(text: str) -> bool:
    """Whether most characters beyond ASCII are common Chinese ones, or Chinese punctuation."""
    beyond = [c for c in text[:_SAMPLE] if c > "\x7f"]
    chinese = sum("一" <= c <= "鿿" or "　" <= c <= "〿" or "！" <= c <= "～" for c in beyond)
    return chinese * 2 > len(beyond)


def _damaged_share(text: str) -> float:
    beyond = sum(c > "\x7f" for c in text)
    return text.count(DAMAGED) / beyond if beyond else 0.0


def _utf16_without_mark(data: bytes, file: str) -> str:
    """Decode by where the NUL bytes of separators and digits stand."""
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    text = _strict(data, "utf-16-le" if odd > even else "utf-16-be")
    if text is None or "\x00" in text:
        raise IngestError(file, "a binary file, not a table; save it as CSV in UTF-8")
    return text
