"""CAM++ speaker embeddings (Wang et al. 2023, of 3D-Speaker, Apache-2.0) through ONNX Runtime.

The published weights are a PyTorch checkpoint. Its tensors are read without PyTorch, and the
network is written down here as an ONNX graph around them: a small 2-D head, three dense blocks of
12, 24 and 16 context-aware masked layers, and statistics pooling. Nothing of a checkpoint's pickle
is run but the building of arrays.
"""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qa.errors import ConfigError

CHECKPOINT: Final = "campplus_cn_en_common.pt"
BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block."""
POOLED_FRAMES: Final = 100
SIZE: Final = 192
_DTYPES: Final = {
    "FloatStorage": "f4", "HalfStorage": "f2", "LongStorage": "i8",
    "IntStorage": "i4", "DoubleStorage": "f8",
}  # fmt: skip


class SpeakerEncoder:
    """A loaded network; one thread, as a worker has one core."""

    def __init__(self, folder: Path) -> None:
        """Load the network.

        Raises:
            ConfigError: the folder holds no checkpoint of this network.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            graph = build_graph(read_checkpoint(folder / CHECKPOINT))
        except (OSError, KeyError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
            raise ConfigError(
                f"{folder}: not a CAM++ checkpoint: {type(error).__name__}"
            ) from error
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )

    def embed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed stretches of one length.

        Args:
            features: log-mel filter banks less their mean, shape `(n, frames, 80)`.

        Returns:
            Unit vectors, shape `(n, 192)`; their scalar product is the similarity of two voices.
        """
        (found,) = self._session.run(None, {"features": features})
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def read_checkpoint(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read the tensors of a PyTorch checkpoint.

    Raises:
        pickle.UnpicklingError: it holds anything but tensors.
    """
    with zipfile.ZipFile(path) as archive:
        root = archive.namelist()[0].split("/")[0]

        class Tensors(pickle.Unpickler):
            def find_class(self, module: str, name: str) -> Any:
                if (module, name) == ("collections", "OrderedDict"):
                    return OrderedDict
                if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                    return _tensor
                if module == "torch" and name in _DTYPES:
                    return name
                raise pickle.UnpicklingError(f"{module}.{name} has no place in a checkpoint")

            def persistent_load(self, pid: Any) -> Any:
                _, kind, key, *_ = pid
                return np.frombuffer(archive.read(f"{root}/data/{key}"), _DTYPES[kind])

        with archive.open(f"{root}/data.pkl") as file:
            found = Tensors(file).load()
    return {
        name: np.asarray(value, np.float32)
        for name, value in found.items()
        if "num_batches" not in name
    }


def _tensor(storage: Any, offset: int, size: Any, stride: Any, *_: Any) -> Any:
    if not size:
        return storage[offset]
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps).copy()


def build_graph(tensors: dict[str, NDArray[np.float32]]) -> bytes:
    """Write the network around its weights, as an ONNX model.

    Raises:
        KeyError: a weight of the network is missing.
    """
    from onnx import TensorProto, helper

    graph = _Graph(tensors)
    graph.nodes.append(helper.make_node("Identity", [_network(graph)], ["embedding"]))
    value = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "campplus",
            [value("features", TensorProto.FLOAT, ["n", "frames", 80])],
            [value("embedding", TensorProto.FLOAT, ["n", SIZE])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
    )
    model.ir_version = 8
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes under construction; each operation names its output and returns the name."""

    def __init__(self, tensors: dict[str, NDArray[np.float32]]) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._named: set[str] = set()

    def weight(self, name: str, value: Any = None) -> str:
        from onnx import numpy_helper

        if name not in self._named:
            array = self.tensors[name] if value is None else np.asarray(value)
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
            self._named.add(name)
        return name

    def numbers(self, *values: int) -> str:
        return self.weight("i" + "_".join(map(str, values)), np.array(values, np.int64))

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def norm(self, x: str, name: str) -> str:
        size = self.tensors[f"{name}.running_mean"].shape[0]
        plain = f"{name}.weight" not in self.tensors
        scale = np.ones(size, np.float32) if plain else None
        shift = np.zeros(size, np.float32) if plain else None
        return self.op(
            "BatchNormalization",
            x,
            self.weight(f"{name}.weight", scale),
            self.weight(f"{name}.bias", shift),
            self.weight(f"{name}.running_mean"),
            self.weight(f"{name}.running_var"),
            epsilon=1e-5,
        )

    def relu_norm(self, x: str, name: str) -> str:
        return self.op("Relu", self.norm(x, name))

    def plane(self, x: str, name: str, stride: int = 1, pad: int = 1) -> str:
        return self.op("Conv", x, self.weight(name), strides=[stride, 1], pads=[pad] * 4)

    def line(self, x: str, name: str, pad: int = 0, dilation: int = 1, stride: int = 1) -> str:
        inputs = [x, self.weight(f"{name}.weight")]
        if f"{name}.bias" in self.tensors:
            inputs.append(self.weight(f"{name}.bias"))
        return self.op("Conv", *inputs, strides=[stride], pads=[pad] * 2, dilations=[dilation])


def _network(g: _Graph) -> str:
    x = g.op("Unsqueeze", g.op("Transpose", "features", perm=[0, 2, 1]), g.numbers(1))
    x = g.relu_norm(g.plane(x, "head.conv1.weight"), "head.bn1")
    for layer in ("layer1", "layer2"):
        x = _residual(g, _residual(g, x, f"head.{layer}.0", 2), f"head.{layer}.1", 1)
    x = g.relu_norm(g.plane(x, "head.conv2.weight", 2), "head.bn2")
    x = g.op("Reshape", x, g.numbers(0, 320, -1))
    x = g.line(x, "xvector.tdnn.linear", pad=2, stride=2)
    x = g.relu_norm(x, "xvector.tdnn.nonlinear.batchnorm")
    for block, (layers, dilation) in enumerate(BLOCKS, 1):
        for number in range(1, layers + 1):
            name = f"xvector.block{block}.tdnnd{number}"
            y = g.line(g.relu_norm(x, f"{name}.nonlinear1.batchnorm"), f"{name}.linear1")
            y = g.relu_norm(y, f"{name}.nonlinear2.batchnorm")
            x = g.op("Concat", x, _masked(g, y, f"{name}.cam_layer", dilation), axis=1)
        name = f"xvector.transit{block}"
        x = g.line(g.relu_norm(x, f"{name}.nonlinear.batchnorm"), f"{name}.linear")
    return _pooled(g, g.relu_norm(x, "xvector.out_nonlinear.batchnorm"))


def _residual(g: _Graph, x: str, name: str, stride: int) -> str:
    y = g.relu_norm(g.plane(x, f"{name}.conv1.weight", stride), f"{name}.bn1")
    y = g.norm(g.plane(y, f"{name}.conv2.weight"), f"{name}.bn2")
    if f"{name}.shortcut.0.weight" in g.tensors:
        x = g.norm(g.plane(x, f"{name}.shortcut.0.weight", stride, 0), f"{name}.shortcut.1")
    return g.op("Relu", g.op("Add", y, x))


def _masked(g: _Graph, x: str, name: str, dilation: int) -> str:
    """Context-aware masking: the local layer weighed by the mean of the whole and of 100 frames."""
    local = g.line(x, f"{name}.linear_local", pad=dilation, dilation=dilation)
    pooled = g.op(
        "AveragePool",
        x,
        kernel_shape=[POOLED_FRAMES],
        strides=[POOLED_FRAMES],
        ceil_mode=1,
        count_include_pad=0,
    )
    wide = g.op(
        "Expand", g.op("Unsqueeze", pooled, g.numbers(3)), g.numbers(1, 1, 1, POOLED_FRAMES)
    )
    flat = g.op("Reshape", wide, g.numbers(0, 0, -1))
    length = g.op("Gather", g.op("Shape", x), g.numbers(2), axis=0)
    part = g.op("Slice", flat, g.numbers(0), length, g.numbers(2))
    context = g.op("Add", part, g.op("ReduceMean", x, axes=[2], keepdims=1))
    mask = g.op("Relu", g.line(context, f"{name}.linear1"))
    return g.op("Mul", local, g.op("Sigmoid", g.line(mask, f"{name}.linear2")))


def _pooled(g: _Graph, x: str) -> str:
    """Mean and standard deviation over time, and the layer that makes an embedding of them."""
    from onnx import TensorProto

    mean = g.op("ReduceMean", x, axes=[2], keepdims=1)
    apart = g.op("Sub", x, mean)
    square = g.op("ReduceSum", g.op("Mul", apart, apart), g.numbers(2), keepdims=0)
    length = g.op("Gather", g.op("Shape", x), g.numbers(2), axis=0)
    one = g.weight("one", np.array([1], np.float32))
    degrees = g.op("Sub", g.op("Cast", length, to=TensorProto.FLOAT), one)
    spread = g.op("Sqrt", g.op("Div", square, degrees))
    both = g.op("Concat", g.op("Squeeze", mean, g.numbers(2)), spread, axis=1)
    x = g.line(g.op("Unsqueeze", both, g.numbers(2)), "xvector.dense.linear")
    return g.norm(g.op("Squeeze", x, g.numbers(2)), "xvector.dense.nonlinear.batchnorm")
