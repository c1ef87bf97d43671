"""Frozen dataclasses to bytes and back, compressed with zstd.

Most are JSON that names its type and a format number, so that a blob read years later either
decodes or says why it does not. Fields that a newer program added are filled from their defaults;
fields that this program does not know are ignored. Transcripts and scorecards, of which there are
millions, have packed forms of their own (`qa.packed`); those that were stored as JSON still decode.
"""

import json
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import zstandard

from qa.errors import StoreError
from qa.packed import scorecards, transcripts
from qa.types import Scorecard, Transcript

_T = TypeVar("_T")
FORMAT = 1
_LEVEL = 3  # level 9 saves 5 % more and takes four times as long


class _Packing(NamedTuple):
    magic: bytes
    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


_PACKINGS: dict[type, _Packing] = {
    module_type: _Packing(module.MAGIC, module.pack, module.unpack)
    for module_type, module in ((Transcript, transcripts), (Scorecard, scorecards))
    if module.can_pack()
}
_MAGICS = {transcripts.MAGIC: "packed Transcript", scorecards.MAGIC: "packed Scorecard"}
_damaged = (zstandard.ZstdError, struct.error, ValueError, KeyError, TypeError, IndexError)


def to_plain(value: Any) -> Any:
    """Turn a dataclass into what `json.dumps` takes: dicts, lists, strings, numbers, None."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (bytes, bytearray)):
        raise TypeError(f"cannot be written as JSON: {type(value).__name__}")
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [to_plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"cannot be written as JSON: {type(value).__name__}")


def encode(value: Any) -> bytes:
    """Pack a dataclass into compressed bytes."""
    packing = _PACKINGS.get(type(value))
    if packing is not None:
        return _compressor().compress(packing.pack(value))
    document = {"type": type(value).__name__, "format": FORMAT, "value": to_plain(value)}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _compressor().compress(text.encode())


def decode(type_: type[_T], data: bytes) -> _T:
    """Unpack what `encode` packed.

    Raises:
        StoreError: the bytes are damaged, hold another type, or a format this program cannot read.
    """
    try:
        content = _decompressor().decompress(data)
        packing = _PACKINGS.get(type_)
        if packing is not None and content.startswith(packing.magic):
            value: _T = packing.unpack(content)
        else:
            value = _from_document(type_, content)
    except _damaged as error:
        raise StoreError(f"a stored {type_.__name__} is damaged: {type(error).__name__}") from error
    return value


@lru_cache(maxsize=64)
def decode_card(data: bytes) -> Scorecard:
    """Unpack a scorecard that one page needs in several places; the last ones are kept.

    Raises:
        StoreError: as `decode`.
    """
    return decode(Scorecard, data)


def said_in(data: bytes, min_confidence: float) -> tuple[str, str] | None:
    """Read what agent and customer said in a stored transcript, each joined, and nothing else.

    Args:
        min_confidence: 0–1; a role that is less sure is not known.

    Returns:
        None where it is not known who said what, or the transcript is of an earlier form.

    Raises:
        StoreError: the bytes are damaged.
    """
    try:
        content = _decompressor().decompress(data)
        if not content.startswith(transcripts.MAGIC):
            return None
        return transcripts.said(content, min_confidence)
    except _damaged as error:
        raise StoreError(f"a stored Transcript is damaged: {type(error).__name__}") from error


def encode_card(card: Scorecard, laid: Sequence[scorecards.Laid]) -> bytes:
    """Pack a scorecard whose lines are laid out already; the same bytes as `encode`."""
    assert Scorecard in _PACKINGS  # tests hold that the packed form keeps every field
    return _compressor().compress(scorecards.pack(card, laid))


def card_lines(data: bytes) -> list[scorecards.Laid]:
    """Read the lines of a stored scorecard as they are laid out, without building it.

    Raises:
        StoreError: the bytes are damaged.
    """
    try:
        content = _decompressor().decompress(data)
        if content.startswith(scorecards.MAGIC):
            return scorecards.laid_lines(content)
    except _damaged as error:
        raise StoreError(f"a stored Scorecard is damaged: {type(error).__name__}") from error
    return [scorecards.lay(line) for line in decode(Scorecard, data).lines]


def squeeze(text: str) -> bytes:
    """Compress a text."""
    return _compressor().compress(text.encode())


def unsqueeze(data: bytes) -> str:
    """Read what `squeeze` compressed.

    Raises:
        StoreError: the bytes are damaged.
    """
    try:
        return str(_decompressor().decompress(data), "utf-8")
    except (*_damaged, UnicodeDecodeError) as error:
        raise StoreError(f"a stored text is damaged: {type(error).__name__}") from error


class CardLines:
    """Reads the lines of many stored scorecards as `card_lines` does, quicker than one by one."""

    def __init__(self) -> None:
        self._cutters: dict[str, scorecards.Cutter] = {}

    def read(self, data: bytes, ruleset_hash: str, hearings: str) -> list[scorecards.Laid]:
        """Read the lines of a card.

        Args:
            ruleset_hash, hearings: what the card names.

        Raises:
            StoreError: the bytes are damaged.
        """
        try:
            content = _decompressor().decompress(data)
            cutter = self._cutters.get(ruleset_hash)
            if cutter is None and content.startswith(scorecards.MAGIC):
                cutter = self._cutters[ruleset_hash] = scorecards.Cutter(content)
            lines = cutter.cut(content, hearings) if cutter else None
        except _damaged as error:
            raise StoreError(f"a stored Scorecard is damaged: {type(error).__name__}") from error
        return card_lines(data) if lines is None else lines


# One of each per thread, kept: making a context costs more than compressing a scorecard, and
# threads must not share one.
_local = threading.local()


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    kept: zstandard.ZstdCompressor = _local.compressor
    return kept


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    kept: zstandard.ZstdDecompressor = _local.decompressor
    return kept


def _from_document(type_: type[_T], content: bytes) -> _T:
    for magic, name in _MAGICS.items():
        if content.startswith(magic):
            raise StoreError(f"a {name} was found where a {type_.__name__} was expected")
    document = json.loads(content)
    kind, number = document["type"], document["format"]
    if kind != type_.__name__ or number != FORMAT:
        raise StoreError(
            f"a stored {kind} of format {number} was found where a {type_.__name__} of "
            f"format {FORMAT} was expected"
        )
    value: _T = from_plain(type_, document["value"])
    return value


def from_plain(type_: Any, value: Any) -> Any:
    """Rebuild a typed value from what `to_plain` made.

    Raises:
        KeyError: a field without a default is missing.
        ValueError: a value does not fit its type.
    """
    return _reader(type_)(value)


@cache
def _reader(type_: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return _optional_reader(arguments)
    if origin is tuple:
        return _tuple_reader(arguments)
    if is_dataclass(type_):
        return _dataclass_reader(type_)
    if isinstance(type_, type) and issubclass(type_, Enum):
        return type_
    if type_ in (datetime, date):
        parse: Callable[[Any], Any] = type_.fromisoformat
        return parse
    return lambda value: value


def _optional_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    kinds = [a for a in arguments if a is not NoneType]
    if len(kinds) != 1:
        return lambda value: value  # a union of plain types, such as int | float
    read = _reader(kinds[0])
    return lambda value: None if value is None else read(value)


def _tuple_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        read = _reader(arguments[0])
        return lambda value: tuple([read(item) for item in value])
    readers = [_reader(a) for a in arguments]
    return lambda value: tuple([r(item) for r, item in zip(readers, value, strict=True)])


def _dataclass_reader(type_: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(type_)
    parts = [
        (f.name, _reader(hints[f.name]), f.default is MISSING and f.default_factory is MISSING)
        for f in fields(type_)
        if f.init
    ]

    def read(value: Any) -> Any:
        given = {
            name: convert(value[name])
            for name, convert, required in parts
            if required or name in value
        }
        return type_(**given)

    return read
