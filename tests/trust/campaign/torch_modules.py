"""One module of each class that `nbmodel/trust/torch.txt` lists, and what its forward takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from nbmodel.trust.rules import words

Example = tuple[Callable[[], Any], tuple[Any, ...]]

_ROWS = torch.linspace(-1, 1, 24).reshape(4, 6)
_LINE = torch.linspace(-1, 1, 2 * 4 * 8).reshape(2, 4, 8)
_IMAGE = torch.linspace(-1, 1, 2 * 4 * 8 * 8).reshape(2, 4, 8, 8)
_CUBE = torch.linspace(-1, 1, 2 * 4 * 4 * 4 * 4).reshape(2, 4, 4, 4, 4)
_BY_DIMS = {"1d": _LINE, "2d": _IMAGE, "3d": _CUBE}
_SEQUENCE = torch.linspace(-1, 1, 5 * 2 * 6).reshape(5, 2, 6)
_WORDS = torch.arange(6).reshape(2, 3)
_LABELS = torch.tensor([0, 1, 2, 0])
_POSITIVE = _ROWS.sigmoid()


def examples() -> dict[str, Example]:
    """Makers and inputs by name."""
    return {
        **_activations(), **_by_dimension(), **_losses(), **_sequences(), **_others(),
    }  # fmt: skip


def _activations() -> dict[str, Example]:
    plain = words(
        "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish "
        "PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink "
        "Dropout AlphaDropout FeatureAlphaDropout Identity Flatten"
    )
    found: dict[str, Example] = {name: (getattr(nn, name), (_ROWS,)) for name in plain}
    for name in ("LogSoftmax", "Softmax", "Softmin"):
        found[name] = (lambda name=name: getattr(nn, name)(dim=1), (_ROWS,))
    found["Softmax2d"] = (nn.Softmax2d, (_IMAGE,))
    found["Threshold"] = (lambda: nn.Threshold(0.1, 20.0), (_ROWS,))
    return found


def _by_dimension() -> dict[str, Example]:
    arguments: dict[str, tuple[Any, ...]] = {
        "Conv": (4, 6, 3), "ConvTranspose": (4, 6, 3), "BatchNorm": (4,), "InstanceNorm": (4,),
        "MaxPool": (2,), "AvgPool": (2,), "LPPool": (2, 2), "AdaptiveAvgPool": (2,),
        "AdaptiveMaxPool": (2,), "Dropout": (0.5,), "CircularPad": (1,), "ConstantPad": (1, 0.5),
        "ReflectionPad": (1,), "ReplicationPad": (1,), "ZeroPad": (1,),
    }  # fmt: skip
    found: dict[str, Example] = {}
    for kind, args in arguments.items():
        for dims, data in _BY_DIMS.items():
            name = f"{kind}{dims}"
            found[name] = (lambda name=name, args=args: getattr(nn, name)(*args), (data,))
    for dims, data in _BY_DIMS.items():
        pool = getattr(nn, f"MaxPool{dims}")(2, return_indices=True)
        pooled, indices = pool(data)
        found[f"MaxUnpool{dims}"] = (
            lambda dims=dims: getattr(nn, f"MaxUnpool{dims}")(2), (pooled, indices)
        )  # fmt: skip
    found["Conv2d-groups"] = (
        lambda: nn.Conv2d(4, 8, 3, stride=2, padding=1, dilation=2, groups=2, bias=False), (_IMAGE,)
    )  # fmt: skip
    found["Conv2d-same"] = (
        lambda: nn.Conv2d(4, 4, 3, padding="same", padding_mode="reflect"), (_IMAGE,)
    )  # fmt: skip
    return found


def _losses() -> dict[str, Example]:
    rows, other = _ROWS, _ROWS.flip(0)
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0])
    many = (rows > 0).long()
    inputs: dict[str, tuple[Any, ...]] = {
        "BCELoss": (_POSITIVE, _POSITIVE.round()), "BCEWithLogitsLoss": (rows, _POSITIVE),
        "CosineEmbeddingLoss": (rows, other, signs), "CrossEntropyLoss": (rows, _LABELS),
        "GaussianNLLLoss": (rows, other, _POSITIVE), "HingeEmbeddingLoss": (rows[:, 0], signs),
        "HuberLoss": (rows, other), "KLDivLoss": (rows, _POSITIVE), "L1Loss": (rows, other),
        "MSELoss": (rows, other), "MarginRankingLoss": (rows[:, 0], rows[:, 1], signs),
        "MultiLabelMarginLoss": (rows, many), "MultiLabelSoftMarginLoss": (rows, many.float()),
        "MultiMarginLoss": (rows, _LABELS), "NLLLoss": (rows.log_softmax(1), _LABELS),
        "PoissonNLLLoss": (rows, _POSITIVE), "SmoothL1Loss": (rows, other),
        "SoftMarginLoss": (rows, rows.sign()), "TripletMarginLoss": (rows, other, rows * 2),
    }  # fmt: skip
    found: dict[str, Example] = {name: (getattr(nn, name), data) for name, data in inputs.items()}
    found["CTCLoss"] = (
        nn.CTCLoss,
        (
            torch.zeros(8, 2, 6).log_softmax(2), torch.ones(2, 3, dtype=torch.long),
            torch.tensor([8, 8]), torch.tensor([3, 2]),
        ),
    )  # fmt: skip
    found["CrossEntropyLoss-weight"] = (
        lambda: nn.CrossEntropyLoss(torch.ones(6), label_smoothing=0.1), (rows, _LABELS)
    )  # fmt: skip
    found["NLLLoss-weight"] = (
        lambda: nn.NLLLoss(torch.ones(6), ignore_index=2), (rows.log_softmax(1), _LABELS)
    )  # fmt: skip
    found["MultiMarginLoss-weight"] = (
        lambda: nn.MultiMarginLoss(weight=torch.ones(6)), (rows, _LABELS)
    )  # fmt: skip
    return found


def _sequences() -> dict[str, Example]:
    layer = {"dim_feedforward": 8, "batch_first": True}
    states = _LINE
    found: dict[str, Example] = {
        "LSTM": (lambda: nn.LSTM(6, 8, 2, bidirectional=True, proj_size=3), (_SEQUENCE,)),
        "GRU": (lambda: nn.GRU(6, 8, bias=False), (_SEQUENCE,)),
        "RNN": (lambda: nn.RNN(6, 8, nonlinearity="relu", dropout=0.5, num_layers=2), (_SEQUENCE,)),
        "LSTMCell": (lambda: nn.LSTMCell(6, 8), (_ROWS,)),
        "GRUCell": (lambda: nn.GRUCell(6, 8), (_ROWS,)),
        "RNNCell": (lambda: nn.RNNCell(6, 8), (_ROWS,)),
        "MultiheadAttention": (
            lambda: nn.MultiheadAttention(8, 2, batch_first=True), (states, states, states)
        ),
        "MultiheadAttention-keys": (
            lambda: nn.MultiheadAttention(8, 2, kdim=8, vdim=8, add_bias_kv=True, batch_first=True),
            (states, states, states),
        ),
        "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(8, 2, **layer), (states,)),
        "TransformerEncoder": (
            lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, **layer), 1), (states,)
        ),
        "TransformerDecoderLayer": (
            lambda: nn.TransformerDecoderLayer(8, 2, **layer), (states, states)
        ),
        "TransformerDecoder": (
            lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, **layer), 1),
            (states, states),
        ),
        "Transformer": (
            lambda: nn.Transformer(8, 2, 1, 1, 8, batch_first=True), (states, states)
        ),
    }  # fmt: skip
    return found


def _others() -> dict[str, Example]:
    weights = torch.ones(2, 3)
    parts = nn.ModuleDict
    return {
        "Linear": (lambda: nn.Linear(6, 5), (_ROWS,)),
        "Bilinear": (lambda: nn.Bilinear(6, 6, 3), (_ROWS, _ROWS)),
        "Embedding": (lambda: nn.Embedding(10, 4, padding_idx=1), (_WORDS,)),
        "Embedding-norm": (lambda: nn.Embedding(10, 4, max_norm=1.0), (_WORDS,)),
        "EmbeddingBag": (lambda: nn.EmbeddingBag(10, 4), (_WORDS,)),
        "EmbeddingBag-sum": (
            lambda: nn.EmbeddingBag(10, 4, mode="sum", padding_idx=2), (_WORDS, None, weights)
        ),
        "EmbeddingBag-max": (
            lambda: nn.EmbeddingBag(10, 4, mode="max", include_last_offset=True),
            (_WORDS.reshape(-1), torch.tensor([0, 3, 6])),
        ),
        "AdaptiveLogSoftmaxWithLoss": (
            lambda: nn.AdaptiveLogSoftmaxWithLoss(6, 20, [5, 10]), (_ROWS, _LABELS)
        ),
        "LayerNorm": (lambda: nn.LayerNorm(6), (_ROWS,)),
        "GroupNorm": (lambda: nn.GroupNorm(2, 4), (_IMAGE,)),
        "RMSNorm": (lambda: nn.RMSNorm(6), (_ROWS,)),
        "LocalResponseNorm": (lambda: nn.LocalResponseNorm(2), (_IMAGE,)),
        "CrossMapLRN2d": (lambda: nn.CrossMapLRN2d(3), (_IMAGE,)),
        "SyncBatchNorm": (lambda: nn.SyncBatchNorm(4).eval(), (_IMAGE,)),
        "ChannelShuffle": (lambda: nn.ChannelShuffle(2), (_IMAGE,)),
        "PixelShuffle": (lambda: nn.PixelShuffle(2), (_IMAGE,)),
        "PixelUnshuffle": (lambda: nn.PixelUnshuffle(2), (_IMAGE,)),
        "Fold": (lambda: nn.Fold((4, 4), (2, 2)), (torch.ones(1, 8, 9),)),
        "Unfold": (lambda: nn.Unfold((2, 2)), (_IMAGE,)),
        "Unflatten": (lambda: nn.Unflatten(1, (2, 3)), (_ROWS,)),
        "CosineSimilarity": (nn.CosineSimilarity, (_ROWS, _ROWS)),
        "PairwiseDistance": (nn.PairwiseDistance, (_ROWS, _ROWS)),
        "Upsample": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (_IMAGE,)),
        "UpsamplingNearest2d": (lambda: nn.UpsamplingNearest2d(size=(5, 5)), (_IMAGE,)),
        "UpsamplingBilinear2d": (lambda: nn.UpsamplingBilinear2d(scale_factor=2), (_IMAGE,)),
        "Sequential": (
            lambda: nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 2)),
            (_ROWS,),
        ),
        "ModuleDict": (lambda: parts({"a": nn.ModuleList([nn.Linear(2, 2)])}), ()),
        "ParameterDict": (
            lambda: nn.ParameterDict({"a": nn.Parameter(torch.ones(2))}),
            (),
        ),
        "ParameterList": (lambda: nn.ParameterList([nn.Parameter(torch.ones(2))]), ()),
    }  # fmt: skip


def settings() -> dict[str, set[str]]:
    """The settings of each class, as its instances in the examples have them."""
    common = set(vars(nn.Module()))
    found: dict[str, set[str]] = {}
    for make, _ in examples().values():
        for module in make().modules():
            found.setdefault(type(module).__name__, set()).update(set(vars(module)) - common)
    return found


if __name__ == "__main__":
    for kind, names in sorted(settings().items()):
        print(kind, *sorted(names))
