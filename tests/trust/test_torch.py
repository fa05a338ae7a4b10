"""A stranger's PyTorch modules: tensors stay in their storage, settings stay plain."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from nbmodel.errors import Untrusted
from nbmodel.flavors import pickling
from nbmodel.trust.loader import load_untrusted
from nbmodel.trust.torch import RULES, Storage, make_parameter, make_tensor
from tests.flavors.other_process import notebook
from tests.trust.campaign.torch_modules import examples


def foreign(obj):
    pickled = pickling.dump(obj)
    return load_untrusted(
        pickled.skeleton, [memoryview(bytearray(b)) for b in pickled.buffers], "it@1"
    )


def modules():
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
    return {
        "dense": (nn.Sequential(nn.Linear(6, 5), nn.PReLU(), nn.LayerNorm(5)), torch.randn(3, 6)),
        "images": (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Flatten()),
            torch.randn(2, 3, 8, 8),
        ),
        "lstm": (nn.LSTM(6, 8, 2, bidirectional=True, proj_size=3), torch.randn(5, 2, 6)),
        "gru": (nn.GRU(6, 8, bias=False), torch.randn(5, 2, 6)),
        "rnn": (nn.RNN(6, 8, nonlinearity="relu"), torch.randn(5, 2, 6)),
        "cell": (nn.GRUCell(6, 8), torch.randn(2, 6)),
        "encoder": (nn.TransformerEncoder(encoder, 2), torch.randn(2, 4, 8)),
        "words": (nn.Sequential(nn.Embedding(10, 4), nn.Flatten()), torch.arange(6).view(2, 3)),
        "lists": (nn.ModuleDict({"a": nn.ModuleList([nn.Linear(2, 2)])})["a"][0], torch.ones(1, 2)),
    }


@pytest.mark.parametrize("name", modules())
def test_modules_load_and_give_the_same(name):
    module, data = modules()[name]
    module.eval()
    again = foreign({"parts": [module]})["parts"][0]
    with torch.no_grad():
        expected, found = module(data), again(data)
    if isinstance(expected, tuple):
        expected, found = expected[0], found[0]
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", examples())
def test_every_class_loads_with_the_settings_it_has(name):
    """What `torch_settings.txt` lists is what the library's own instances carry."""
    torch.manual_seed(0)
    make, inputs = examples()[name]
    module = make().eval()
    again = foreign(module)
    assert str(again) == str(module)
    if inputs:
        with torch.no_grad():
            expected, found = module(*inputs), again(*inputs)
        for one, other in zip(tree_leaves(expected), tree_leaves(found), strict=True):
            assert one is other or torch.equal(one, other)


def test_loaded_modules_train_over_their_buffers():
    pickled = pickling.dump(nn.Linear(500, 300))
    memory = bytearray(pickled.buffers[0])
    again = load_untrusted(pickled.skeleton, [memoryview(memory)], "it@1")
    weights = np.frombuffer(memory, np.float32)
    assert np.shares_memory(weights, again.weight.detach().numpy())
    before = weights.copy()
    again(torch.ones(1, 500)).sum().backward()
    torch.optim.SGD(again.parameters(), 0.1).step()
    assert not np.array_equal(weights, before)


def test_tied_weights_stay_tied():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    one, other = foreign([first, second])
    assert one.weight is other.weight


def test_parameter_lists_and_state_dicts():
    parts = nn.ParameterList([nn.Parameter(torch.ones(2))])
    assert torch.equal(foreign(parts)[0], torch.ones(2))
    state = foreign(nn.Linear(3, 2).state_dict().copy())
    assert set(state) == {"weight", "bias"}


def test_every_listed_class_is_in_the_library():
    for module, name in RULES:
        if module.startswith("torch.nn.modules."):
            assert issubclass(getattr(__import__(module, fromlist=[name]), name), nn.Module)


@pytest.mark.parametrize(
    ("dtype", "offset", "shape", "strides"),
    [
        ("float32", 0, (5,), (1,)),
        ("float32", 4, (1,), (1,)),
        ("float32", 5, (0,), (1,)),
        ("float32", -1, (1,), (1,)),
        ("float32", 0, (2,), (-1,)),
        ("float32", 0, (2, 2), (4, 1)),
        ("float32", 0, (1 << 40,), (0,)),
        ("float32", 0, (1 << 61, 1 << 61), (0, 0)),
        ("float64", 0, (4,), (1,)),
        ("qint8", 0, (4,), (1,)),
        ("__class__", 0, (4,), (1,)),
        ("float32", 0, (2,), (1, 1)),
        ("float32", 0, [2], [1]),
        ("float32", 0, (2.0,), (1,)),
        ("float32", True, (1,), (1,)),
        ("bool", 0, (16,), (1,)),
    ],
)
def test_tensors_outside_their_storage_are_refused(dtype, offset, shape, strides):
    storage = Storage(bytearray(b"\x02" * 16))
    with pytest.raises(ValueError):
        make_tensor(storage, dtype, offset, shape, strides, False)


def test_storage_is_read_as_one_dtype():
    storage = Storage(bytearray(16))
    make_tensor(storage, "float32", 0, (4,), (1,), False)
    with pytest.raises(ValueError, match="two dtypes"):
        make_tensor(storage, "bool", 0, (4,), (1,), False)
    with pytest.raises(ValueError, match="without a plain tensor"):
        make_parameter(storage, False)


def _with(module, **state):
    vars(module).update(state)
    return module


def _hooked():
    module = nn.Linear(2, 2)
    module.register_forward_hook(print)
    return module


def _shared(depth):
    """Few modules, and a forward that would come by millions of times."""
    part = nn.Identity()
    for _ in range(depth):
        part = nn.Sequential(part, part)
    return {"0": part}


def _half(module):
    module.running_mean = module.running_mean.half()
    return module


@pytest.mark.parametrize(
    "make",
    [
        _hooked,
        lambda: _with(nn.Linear(2, 2), forward=1),
        lambda: _with(nn.Linear(2, 2), note={"a": 1}),
        lambda: _with(nn.Linear(2, 2), _parameters={"weight": 3}),
        lambda: _with(nn.Linear(2, 2), _modules={"inner": 3}),
        lambda: _with(nn.LSTM(2, 3), hidden_size=1000),
        lambda: _with(nn.LSTM(2, 3), num_layers=1 << 30),
        lambda: _with(nn.LSTM(2, 3), mode="GRU"),
        lambda: _with(nn.LSTM(2, 3), bidirectional=True),
        lambda: _with(nn.MultiheadAttention(8, 2), num_heads=4),
        lambda: _with(nn.MultiheadAttention(8, 2), embed_dim=80, head_dim=40),
        lambda: _with(nn.Linear(2, 2), tensor=torch.zeros(2).to_sparse()),
        lambda: _with(nn.Linear(2, 2), _repr_html_=1.5),
        lambda: _with(nn.Linear(2, 2), in_features=3),
        lambda: _with(nn.Embedding(5, 2), num_embeddings=50),
        lambda: _with(nn.Embedding(5, 2), padding_idx=7),
        lambda: _with(nn.EmbeddingBag(5, 2), embedding_dim=3),
        lambda: _with(nn.Conv2d(2, 4, 3), groups=0),
        lambda: _with(nn.Conv2d(2, 4, 3), stride=(0, 1)),
        lambda: _with(nn.Conv2d(2, 4, 3), kernel_size=(3,)),
        lambda: _with(nn.MaxPool2d(2), stride=0),
        lambda: _with(nn.MaxPool2d(2), dilation=-1),
        lambda: _with(nn.GroupNorm(2, 4), num_groups=3),
        lambda: _with(nn.ChannelShuffle(2), groups=0),
        lambda: _with(nn.PixelShuffle(2), upscale_factor=0),
        lambda: _with(nn.Upsample(2), size=1 << 40),
        lambda: _with(nn.BatchNorm1d(3), num_features=2),
        lambda: _with(nn.BatchNorm1d(3), training="x"),
        lambda: _with(nn.Dropout(), _non_persistent_buffers_set={"x"}),
        lambda: _with(nn.Sequential(), _modules=_shared(18)),
        lambda: _half(nn.BatchNorm1d(3)),
        lambda: nn.LazyLinear(2),
        lambda: nn.FractionalMaxPool2d(2, output_size=3),
        lambda: torch.optim.SGD(nn.Linear(2, 2).parameters(), 0.1),
        lambda: torch.jit.script(nn.Linear(2, 2)),
        lambda: notebook("from torch import nn\nclass Net(nn.Module):\n    pass\n")["Net"](),
    ],
)
def test_other_modules_are_refused(make):
    with pytest.raises(Untrusted):
        foreign(make())


def test_a_module_that_holds_itself_is_refused():
    module = nn.Sequential(nn.Identity())
    module._modules["again"] = module
    with pytest.raises(Untrusted, match="contains itself"):
        foreign(module)


def test_keras_is_refused_by_name():
    import keras

    with pytest.raises(Untrusted, match=r"nbmodel\.flavors\.keras"):
        foreign(keras.layers.Dense(2))
