"""Tiny models of the shapes that sherpa-onnx reads, which hear three tones as three words.

A token's score is the mean level of some mel bands. A network that small is enough for the times
and the order of its tokens to follow from the sound, so that everything between them and the
transcript is tested for real.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 60
STACKED, BANDS = 7, 80
"""Frames of 10 ms that are put together, 60 ms apart, and the mel bands of each."""
TONES = {"您": 800.0, "好": 1_800.0, "ok": 3_500.0}
"""Frequency of each word, Hz."""
LEVEL = 17.0
"""Mean log energy of a tone's bands above which it counts as heard."""
MARKS = ("<unk>", "<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>", "<|auto|>", "<|woitn|>")
SENSE_VOICE_TOKENS = (*MARKS, "您", "好", "\u2581ok")
PARAFORMER_TOKENS = ("<blank>", "<s>", "</s>", "您", "好", "ok")
ZH, WITH_ITN, AUTO, WITHOUT_ITN = 1, 4, 5, 6


def tones(*words: str, each_ms: int = 400, gap_ms: int = 500) -> NDArray[np.float32]:
    """Sound words as tones, with silence before, between and after them."""
    gap = np.zeros(gap_ms * SAMPLE_RATE_HZ // 1000, np.float32)
    times = np.arange(each_ms * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
    parts = [gap]
    for word in words:
        parts += [(0.3 * np.sin(2 * np.pi * TONES[word] * times)).astype(np.float32), gap]
    return np.concatenate(parts)


def write_sense_voice(folder: Path, *, without: str | None = None) -> Path:
    """Write a SenseVoice; its first mark is the language that it was asked for.

    Args:
        without: metadata to leave out.
    """
    size, first = len(SENSE_VOICE_TOKENS), len(MARKS)
    nodes = [
        *_scores(),
        helper.make_node("Unsqueeze", ["language", "one"], ["asked"]),
        helper.make_node("Unsqueeze", ["text_norm", "one"], ["written"]),
        helper.make_node("Concat", ["asked", "fixed", "written"], ["marks"], axis=1),
        helper.make_node("Cast", ["marks"], ["ids"], to=TensorProto.INT64),
        helper.make_node("OneHot", ["ids", "size", "off_on"], ["prefix"], axis=-1),
        helper.make_node("Concat", ["prefix", "scores"], ["logits"], axis=1),
    ]
    inputs = [_input("x", TensorProto.FLOAT, ["N", "T", STACKED * BANDS])] + [
        _input(name, TensorProto.INT32, ["N"]) for name in ("x_length", "language", "text_norm")
    ]
    constants = [
        *_bands(first, size),
        _constant("fixed", np.array([[2, 3]], np.int32)),
        _constant("one", np.array([1], np.int64)),
        _constant("size", np.array(size, np.int64)),
        _constant("off_on", np.array([0.0, 100.0], np.float32)),
    ]
    outputs = [_input("logits", TensorProto.FLOAT, ["N", "U", size])]
    metadata = _front(size) | {
        "normalize_samples": "0",
        "with_itn": str(WITH_ITN),
        "without_itn": str(WITHOUT_ITN),
        "lang_zh": str(ZH),
        **{f"lang_{name}": str(AUTO) for name in ("auto", "en", "ja", "ko", "yue")},
    }
    metadata.pop(without or "", None)
    graph = helper.make_graph(nodes, "tones", inputs, outputs, constants)
    return _write(folder, graph, metadata, SENSE_VOICE_TOKENS)


def write_paraformer(folder: Path, *, with_times: bool = True) -> Path:
    """Write a Paraformer, which gives one score row a word, and a peak where the word begins.

    Args:
        with_times: give the peaks too.
    """
    size, first = len(PARAFORMER_TOKENS), 3
    nodes = [
        *_scores(),
        helper.make_node("Squeeze", ["scores", "zero"], ["rows"]),
        helper.make_node("ArgMax", ["rows"], ["best"], axis=1, keepdims=0),
        helper.make_node("Greater", ["best", "nothing"], ["heard"]),
        helper.make_node("Cast", ["heard"], ["now"], to=TensorProto.FLOAT),
        helper.make_node("Pad", ["now", "earlier"], ["shifted"]),
        helper.make_node("Sub", ["now", "shifted"], ["change"]),
        helper.make_node("Greater", ["change", "half"], ["begins"]),
        helper.make_node("Compress", ["rows", "begins"], ["words"], axis=0),
        helper.make_node("Concat", ["words", "end"], ["all"], axis=0),
        helper.make_node("Unsqueeze", ["all", "zero"], ["logits"]),
        helper.make_node("Identity", ["x_length"], ["token_num"]),
        # three peaks' room a frame, and one peak more at the end, as the real models give
        helper.make_node("Cast", ["begins"], ["flags"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["flags", "one"], ["column"]),
        helper.make_node("Pad", ["column", "thrice"], ["spread"]),
        helper.make_node("Reshape", ["spread", "flat"], ["peaks"]),
        helper.make_node("Concat", ["peaks", "last"], ["us_cif_peak"], axis=1),
        helper.make_node("Identity", ["us_cif_peak"], ["us_alphas"]),
    ]
    end = np.full((1, size), -100.0, np.float32)
    end[0, PARAFORMER_TOKENS.index("</s>")] = 100.0
    constants = [
        *_bands(first, size),
        _constant("zero", np.array([0], np.int64)),
        _constant("one", np.array([1], np.int64)),
        _constant("nothing", np.array(0, np.int64)),
        _constant("earlier", np.array([1, -1], np.int64)),
        _constant("half", np.array(0.5, np.float32)),
        _constant("end", end),
        _constant("thrice", np.array([0, 0, 0, 2], np.int64)),
        _constant("flat", np.array([1, -1], np.int64)),
        _constant("last", np.ones((1, 1), np.float32)),
    ]
    inputs = [
        _input("x", TensorProto.FLOAT, [1, "T", STACKED * BANDS]),
        _input("x_length", TensorProto.INT32, [1]),
    ]
    outputs = [
        _input("logits", TensorProto.FLOAT, [1, "U", size]),
        _input("token_num", TensorProto.INT32, [1]),
    ]
    if with_times:
        outputs += [_input(n, TensorProto.FLOAT, [1, "P"]) for n in ("us_alphas", "us_cif_peak")]
    graph = helper.make_graph(nodes, "tones", inputs, outputs, constants)
    return _write(folder, graph, _front(size), PARAFORMER_TOKENS)


def _scores() -> list[onnx.NodeProto]:
    return [
        helper.make_node("MatMul", ["x", "bands"], ["levels"]),
        helper.make_node("Add", ["levels", "bias"], ["scores"]),
    ]


def _bands(first: int, size: int) -> list[onnx.TensorProto]:
    """Weights of the bands around each tone, in the first of the stacked frames."""
    weights = np.zeros((STACKED * BANDS, size), np.float32)
    bias = np.full(size, -1_000.0, np.float32)
    bias[0] = LEVEL  # the blank
    for number, hz in enumerate(TONES.values()):
        at = _band(hz)
        weights[at - 1 : at + 2, first + number] = 1 / 3
        bias[first + number] = 0.0
    return [_constant("bands", weights), _constant("bias", bias)]


def _band(hz: float) -> int:
    """Number of the mel band (of 80 between 20 and 8000 Hz) that a frequency lies in."""
    low, high, at = (1127 * np.log(1 + f / 700) for f in (20.0, 8_000.0, hz))
    return round((at - low) / (high - low) * (BANDS + 1)) - 1


def _front(size: int) -> dict[str, str]:
    width = STACKED * BANDS
    return {
        "vocab_size": str(size),
        "lfr_window_size": str(STACKED),
        "lfr_window_shift": str(FRAME_MS // 10),
        "neg_mean": ",".join(["0"] * width),
        "inv_stddev": ",".join(["1"] * width),
    }


def _input(name: str, kind: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _constant(name: str, value: NDArray[np.generic]) -> onnx.TensorProto:
    return numpy_helper.from_array(value, name)


def _write(
    folder: Path, graph: onnx.GraphProto, metadata: dict[str, str], tokens: tuple[str, ...]
) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "model.int8.onnx"))
    lines = [f"{token} {number}\n" for number, token in enumerate(tokens)]
    (folder / "tokens.txt").write_text("".join(lines), "utf-8")
    return folder
