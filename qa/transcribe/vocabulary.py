"""Whisper with only the tokens that Chinese is written with: the same words for less work.

Whisper writes a hundred languages, and at every step weighs some 50,000 tokens for each beam, of
which Chinese needs one in seven. The rows of the others are left out of the model as it is loaded;
the files on disk stay as they are. Whoever uses the model goes on speaking in the whole one's
token numbers. docs/decisions/0048-less-work-for-the-same-words.md.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

END_OF_TEXT = "<|endoftext|>"
"""First of the special tokens, which all stay: languages, tasks, times."""
VOCABULARY_FILES = ("vocabulary.json", "vocabulary.txt")
TOKEN_TABLES = ("decoder/embeddings/", "decoder/projection/")
"""Weights with a row for each token."""
SUPPRESSED = ("suppress_ids", "suppress_ids_begin", "lang_ids")
LONGEST_LATIN = 2
"""Latin letters of a token at most, unless all are capitals (APP, WIFI); what is longer is put
together from such pieces."""
CHINESE_BYTES = frozenset({*range(0xE3, 0xEA), 0xEF, *range(0x80, 0xC0), 0x20})
"""What UTF-8 writes Chinese characters and their punctuation with; tokens may end inside of one."""


@dataclass(frozen=True, slots=True)
class _Table:
    """One variable of a model file: name, shape, type and bytes."""

    name: str
    shape: tuple[int, ...]
    kind: int
    data: memoryview

    def packed(self) -> Iterator[bytes | memoryview]:
        name = self.name.encode() + b"\0"
        yield struct.pack("<H", len(name)) + name
        yield struct.pack(f"<B{len(self.shape)}I", len(self.shape), *self.shape)
        yield struct.pack("<BI", self.kind, len(self.data))
        yield self.data

    def rows(self, kept: Sequence[int]) -> "_Table":
        width = len(self.data) // self.shape[0]
        data = b"".join(self.data[i * width : (i + 1) * width] for i in kept)
        return replace(self, shape=(len(kept), *self.shape[1:]), data=memoryview(data))


def kept_tokens(vocabulary: Sequence[str]) -> list[int]:
    """Choose the tokens that stay.

    Every byte is a token by itself and stays, so that any text can still be written.

    Args:
        vocabulary: all tokens in order, in the byte alphabet of GPT-2.

    Returns:
        Their numbers, ascending.

    Raises:
        ValueError: they have no end of text, or are written in another alphabet.
    """
    special = vocabulary.index(END_OF_TEXT)
    bytes_of = _bytes_of_letters()
    try:
        return [
            number
            for number, token in enumerate(vocabulary)
            if number >= special or _writes_chinese(bytes(bytes_of[letter] for letter in token))
        ]
    except KeyError as error:
        raise ValueError("the vocabulary is written in another alphabet") from error


def _writes_chinese(raw: bytes) -> bool:
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        return len(raw) == 1 or CHINESE_BYTES.issuperset(raw)
    if text.isascii():
        return not text.isalpha() or len(text) <= LONGEST_LATIN or text.isupper()
    return len(raw) == 1 or all(
        "\u3000" <= c <= "\u303f" or "\u4e00" <= c <= "\u9fff" or "\uff00" <= c <= "\uff5e"
        for c in text
    )


def _bytes_of_letters() -> dict[str, int]:
    """Return the byte that each letter of GPT-2's byte alphabet stands for."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in plain]
    table = {chr(byte): byte for byte in plain}
    return table | {chr(0x100 + i): byte for i, byte in enumerate(others)}


@dataclass(frozen=True, slots=True, eq=False)
class Narrow:
    """A model that has only the kept tokens, ready to be loaded.

    Attributes:
        files: model, vocabulary and configuration by file name.
        kept: numbers of its tokens in the whole vocabulary, ascending.
        vocabulary: all tokens.
    """

    files: dict[str, bytes]
    kept: list[int]
    vocabulary: list[str]


def narrowed(folder: Path) -> Narrow:
    """Leave the tokens out that Chinese does not need, in memory.

    Takes twice the memory of model.bin until it is loaded.

    Args:
        folder: a Whisper model in CTranslate2's form.

    Raises:
        OSError: a file is missing.
        ValueError: the model or its vocabulary has another form.
    """
    name = next((n for n in VOCABULARY_FILES if (folder / n).exists()), VOCABULARY_FILES[-1])
    text = (folder / name).read_text("utf-8")
    vocabulary = json.loads(text) if name.endswith(".json") else text.removesuffix("\n").split("\n")
    kept = kept_tokens(vocabulary)
    fewer = [vocabulary[number] for number in kept]
    config = json.loads((folder / "config.json").read_text("utf-8"))
    place = {number: i for i, number in enumerate(kept)}
    for key in SUPPRESSED:
        config[key] = [place[number] for number in config.get(key, []) if number in place]
    files = {
        "model.bin": _with_rows((folder / "model.bin").read_bytes(), len(vocabulary), kept),
        "config.json": json.dumps(config).encode(),
        name: (json.dumps(fewer) if name.endswith(".json") else "\n".join(fewer) + "\n").encode(),
    }
    return Narrow(files, kept, vocabulary)


def _with_rows(model: bytes, tokens: int, kept: Sequence[int]) -> bytes:
    """Leave the rows of all other tokens out of a model file (CTranslate2's binary form 6)."""
    try:
        head, tables, tail = _tables(memoryview(model))
    except struct.error as error:
        raise ValueError("model.bin ends too early") from error
    parts: list[bytes | memoryview] = [head]
    for table in tables:
        cut = table.name.startswith(TOKEN_TABLES) and table.shape[:1] == (tokens,)
        parts += (table.rows(kept) if cut else table).packed()
    return b"".join([*parts, tail])


def _tables(model: memoryview) -> tuple[memoryview, list[_Table], memoryview]:
    """Take a model file apart: what stands before its variables, they, and their other names."""
    (length,) = struct.unpack_from("<H", model, 4)
    at = 4 + 2 + length + 4  # form, name of the architecture, its revision
    (count,) = struct.unpack_from("<I", model, at)
    head, at = model[: at + 4], at + 4
    tables = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", model, at)
        name = bytes(model[at + 2 : at + 1 + length]).decode()
        at += 2 + length
        rank = model[at]
        shape = struct.unpack_from(f"<{rank}I", model, at + 1)
        kind, size = struct.unpack_from("<BI", model, at + 1 + 4 * rank)
        at += 6 + 4 * rank
        if at + size > len(model):
            raise ValueError(f"model.bin ends inside of {name}")
        tables.append(_Table(name, shape, kind, model[at : at + size]))
        at += size
    return head, tables, model[at:]


class Narrowed:
    """A loaded model of fewer tokens that is spoken to in the numbers of all.

    Args:
        model: `ctranslate2.models.Whisper` of those files.
        narrow: what it was loaded from; its files are not kept.
    """

    is_multilingual = True

    def __init__(self, model: Any, narrow: Narrow) -> None:
        self._model, self._kept, self._vocabulary = model, narrow.kept, narrow.vocabulary
        self._place = {number: i for i, number in enumerate(self._kept)}
        self._letters = {
            self._vocabulary[i]: i for i in self._kept if len(self._vocabulary[i]) == 1
        }

    @property
    def device(self) -> str:
        """Where the model runs."""
        return str(self._model.device)

    @property
    def device_index(self) -> list[int]:
        """Which devices of that kind."""
        return list(self._model.device_index)

    def encode(self, features: Any, to_cpu: bool = False) -> Any:
        """Encode features; tokens play no part."""
        return self._model.encode(features, to_cpu=to_cpu)

    def generate(
        self, features: Any, prompts: Iterable[Sequence[int]], **options: Any
    ) -> list["Told"]:
        """Decode; `suppress_tokens` are numbers of the whole vocabulary too."""
        suppressed = [self._place[t] for t in options.pop("suppress_tokens") if t in self._place]
        found = self._model.generate(
            features, [self._inside(one) for one in prompts], suppress_tokens=suppressed, **options
        )
        return [
            Told(
                [[self._kept[t] for t in sequence] for sequence in one.sequences_ids],
                one.scores,
                one.no_speech_prob,
            )
            for one in found
        ]

    def align(
        self,
        features: Any,
        start: Sequence[int],
        texts: Iterable[Sequence[int]],
        *rest: Any,
        **options: Any,
    ) -> Any:
        """Align texts with a sound; each must be spelt (`spelt`)."""
        inside = [self._inside(text) for text in texts]
        return self._model.align(features, self._inside(start), inside, *rest, **options)

    def spelt(self, tokens: Iterable[int]) -> list[int]:
        """Write tokens that were left out byte by byte."""
        result: list[int] = []
        for token in tokens:
            if token in self._place:
                result.append(token)
            else:
                result += [self._letters[letter] for letter in self._vocabulary[token]]
        return result

    def _inside(self, tokens: Iterable[int]) -> list[int]:
        return [self._place[token] for token in self.spelt(tokens)]


@dataclass(frozen=True, slots=True)
class Told:
    """What the decoder says of one window, as CTranslate2 names it."""

    sequences_ids: list[list[int]]
    scores: list[float]
    no_speech_prob: float
