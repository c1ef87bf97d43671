"""Whisper without the tokens that Chinese does not need: what stays, and that nothing is lost."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa.config import HearingSettings
from qa.errors import EngineError
from qa.transcribe.engine import Stretch
from qa.transcribe.faster_whisper import FasterWhisper, decode_fingerprint
from qa.transcribe.vad import SAMPLE_RATE_HZ
from qa.transcribe.vocabulary import END_OF_TEXT, kept_tokens, narrowed

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
EVERYDAY = [
    bytes((high, low)).decode("gb2312")
    for high in range(0xB0, 0xF8)
    for low in range(0xA1, 0xFF)
    if (high, low) < (0xD7, 0xFA) or high > 0xD7
]
"""The 6,763 characters of GB 2312."""
ALPHABET = dict(
    zip(
        [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100), *range(0x21), 0x7F],
        [chr(c) for c in (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x122))],
        strict=False,
    )
)
"""GPT-2's letter of each byte that the tokens below need."""


def written(raw: bytes) -> str:
    letters = {b: c for b, c in ALPHABET.items() if c}
    letters |= {byte: chr(0x122 + byte - 0x80) for byte in range(0x80, 0xA1)}
    return "".join(letters[byte] for byte in raw)


STAY = ["报", "报修", " 好", "。", "，", "108", "!", "ok", "APP", " WIFI"]
GO = [" Windows", "lower", "привет", "안녕", "です", "é和"]
PARTS = ["报".encode()[:2], "报".encode()[1:], "报修".encode()[1:4], "Р".encode()[:1]]


def tokens_of(*texts: str | bytes) -> list[str]:
    return [written(t.encode() if isinstance(t, str) else t) for t in texts]


def test_chinese_stays_and_other_languages_go() -> None:
    vocabulary = [*tokens_of(*STAY, *GO, *PARTS), END_OF_TEXT, "<|zh|>", "<|ru|>", "<|0.00|>"]
    stayed = [vocabulary[number] for number in kept_tokens(vocabulary)]
    assert stayed == [*tokens_of(*STAY, *PARTS), END_OF_TEXT, "<|zh|>", "<|ru|>", "<|0.00|>"]


def test_half_a_character_of_another_script_goes() -> None:
    cyrillic_and_half = tokens_of("р".encode() + b"\xd0", b"\xed\x95")
    assert kept_tokens([*cyrillic_and_half, END_OF_TEXT]) == [2]


def variable(name: str, values: np.ndarray) -> bytes:
    text = name.encode() + b"\0"
    shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
    data = values.astype("<f4").tobytes()
    return struct.pack("<H", len(text)) + text + shape + struct.pack("<BI", 0, len(data)) + data


def model_file(*variables: bytes) -> bytes:
    head = struct.pack("<I", 6) + struct.pack("<H", 12) + b"WhisperSpec\0" + struct.pack("<I", 3)
    return head + struct.pack("<I", len(variables)) + b"".join(variables) + struct.pack("<I", 0)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A model folder of four tokens, the third of them Russian."""
    tokens = [*tokens_of("报", "修", "да"), END_OF_TEXT]
    (tmp_path / "vocabulary.txt").write_text("\n".join(tokens) + "\n", "utf-8")
    config = {"suppress_ids": [1, 2], "suppress_ids_begin": [3], "lang_ids": [], "other": 7}
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    table, plain = np.arange(8).reshape(4, 2), np.arange(4)
    (tmp_path / "model.bin").write_bytes(
        model_file(
            variable("encoder/conv/weight", table),
            variable("decoder/embeddings/weight", table),
            variable("decoder/projection/bias", plain),
            variable("decoder/norm/beta", plain),
        )
    )
    return tmp_path


def test_only_the_rows_of_tokens_are_left_out(tiny: Path) -> None:
    narrow = narrowed(tiny)
    table, plain = np.arange(8).reshape(4, 2), np.arange(4)
    assert narrow.kept == [0, 1, 3]
    assert narrow.files["model.bin"] == model_file(
        variable("encoder/conv/weight", table),
        variable("decoder/embeddings/weight", table[[0, 1, 3]]),
        variable("decoder/projection/bias", plain[[0, 1, 3]]),
        variable("decoder/norm/beta", plain),
    )
    assert json.loads(narrow.files["config.json"]) == {
        **{"suppress_ids": [1], "suppress_ids_begin": [2], "lang_ids": [], "other": 7}
    }
    assert narrow.files["vocabulary.txt"].decode().split() == [*tokens_of("报", "修"), END_OF_TEXT]


def test_a_list_of_tokens_as_json_is_read_too(tiny: Path) -> None:
    tokens = (tiny / "vocabulary.txt").read_text("utf-8").split()
    (tiny / "vocabulary.txt").unlink()
    (tiny / "vocabulary.json").write_text(json.dumps(tokens), "utf-8")
    narrow = narrowed(tiny)
    assert json.loads(narrow.files["vocabulary.json"]) == [tokens[i] for i in narrow.kept]


@pytest.mark.parametrize("length", [20, 60, 130, 200])
def test_a_broken_model_file_does_not_load(tiny: Path, length: int) -> None:
    whole = (tiny / "model.bin").read_bytes()
    (tiny / "model.bin").write_bytes(whole[:length])
    assert length < len(whole)
    with pytest.raises(EngineError):
        FasterWhisper(tiny, HearingSettings(vocabulary="chinese"), fingerprint="broken")


@pytest.mark.parametrize("tokens", ["报\n修\n<|endoftext|>\n", "a\nb\n"])
def test_a_vocabulary_of_another_form_does_not_load(tiny: Path, tokens: str) -> None:
    (tiny / "vocabulary.txt").write_text(tokens, "utf-8")
    with pytest.raises(EngineError):
        FasterWhisper(tiny, HearingSettings(vocabulary="chinese"), fingerprint="broken")
    (tiny / "vocabulary.txt").unlink()
    with pytest.raises(EngineError):
        FasterWhisper(tiny, HearingSettings(vocabulary="chinese"), fingerprint="broken")


def test_the_vocabulary_is_part_of_the_fingerprint() -> None:
    prints = {
        decode_fingerprint(HearingSettings(vocabulary=vocabulary), "0" * 64)
        for vocabulary in ("chinese", "all")
    }
    assert len(prints) == 2


@pytest.mark.model
def test_every_everyday_character_can_be_written(base_model: Path) -> None:
    from tokenizers import Tokenizer

    assert len(EVERYDAY) == 6_763
    kept = set(narrowed(base_model).kept)
    tokenizer = Tokenizer.from_file(str(base_model / "tokenizer.json"))
    pieces = tokenizer.encode_batch(EVERYDAY, add_special_tokens=False)
    assert [
        c for c, own in zip(EVERYDAY, pieces, strict=True) if not kept.issuperset(own.ids)
    ] == []
    assert len(kept) < 10_000


@pytest.mark.model
def test_fewer_tokens_hear_and_weigh_as_all_do(base_model: Path) -> None:
    speech, rate = soundfile.read(FIXTURES / "good.wav", dtype="float32", frames=10 * 8000)
    audio = np.repeat(speech[:, 0], SAMPLE_RATE_HZ // rate)
    stretch = Stretch(audio, 0, 8_000)
    said, weighed = [], []
    for vocabulary in ("all", "chinese"):
        settings = HearingSettings(vocabulary=vocabulary, beam_size=2)
        engine = FasterWhisper(base_model, settings, fingerprint=vocabulary)
        (heard,) = engine.recognise([audio])
        said.append("".join(word.text for word in heard.words))
        weighed.append(engine.weigh([stretch], ["您好,大龙供暖报修", "今天 Windows 天气很好"]))
        (told,) = engine.recognise([audio], told=[("Windows电脑",)])
        assert len(told.words) > 8, "what is left out can still be told, letter by letter"
    assert said[0] == said[1]
    (right, wrong), (right_fewer, wrong_fewer) = weighed
    assert right_fewer.logprob == pytest.approx(right.logprob, abs=1.0)
    assert wrong_fewer.logprob < right_fewer.logprob - 10
    assert len(wrong_fewer.tokens) > len(wrong.tokens)
