"""PyTorch: storages are buffers that restored tensors share."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nbmodel.flavors import pickling
from nbmodel.flavors.description import describe
from nbmodel.records import Column
from tests.flavors.other_process import elsewhere, notebook, reload
from tests.flavors.samples import X, samples

INPUT = torch.as_tensor(X, dtype=torch.float32)

NOTEBOOK = """
import torch
from torch import nn

class Gate(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(6, width)
        self.scale = nn.Parameter(torch.ones(width))
        self.register_buffer("mean", torch.zeros(width))
        self.hook_calls = 0

    def forward(self, x, temperature=1.0):
        return torch.tanh(self.inner(x)) * self.scale / temperature - self.mean
"""


def _load_over(obj):
    """Dump, copy the buffers, load over them; the object and the buffers' memory."""
    pickled = pickling.dump(obj)
    memory = [bytearray(buffer) for buffer in pickled.buffers]
    return pickling.load(pickled.skeleton, [memoryview(part) for part in memory]), memory


def test_weights_are_out_of_band():
    net = nn.Linear(500, 300)
    pickled = pickling.dump({"net": [net]})
    assert [len(buffer) for buffer in pickled.buffers] == [500 * 300 * 4]  # the bias is small
    assert len(pickled.skeleton) < 4096


def test_buffers_alias_the_tensors_of_the_dump():
    net = nn.Linear(500, 300)
    (buffer,) = pickling.dump(net).buffers
    dumped = np.frombuffer(buffer, np.float32)
    assert np.shares_memory(dumped, net.weight.detach().numpy())


def test_restored_tensors_alias_the_buffers_and_train_in_place():
    net, (memory,) = _load_over(nn.Linear(500, 300))
    view = np.frombuffer(memory, np.float32)
    assert np.shares_memory(view, net.weight.detach().numpy())
    before = view.copy()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(torch.ones(2, 500)).sum().backward()
    optimizer.step()
    assert not np.array_equal(view, before)


def test_storage_over_read_only_memory_is_copied():
    pickled = pickling.dump(torch.arange(4000.0))
    again = pickling.load(pickled.skeleton, [memoryview(bytes(b)) for b in pickled.buffers])
    again += 1
    assert again[0] == 1


def test_tied_weights_and_views_stay_tied():
    first, second = nn.Linear(64, 64), nn.Linear(64, 64)
    second.weight = first.weight
    base = torch.arange(5000.0)
    objects, memory = _load_over({"a": first, "b": second, "base": base, "tail": base[10:]})
    assert objects["a"].weight is objects["b"].weight
    assert len(memory) == 2
    objects["base"][10] = -1
    assert objects["tail"][0] == -1


@pytest.mark.parametrize(
    "dtype",
    ["float64", "float16", "bfloat16", "int8", "int64", "bool", "complex64", "float8_e4m3fn"],
)
def test_dtypes(dtype):
    tensor = torch.arange(3000).to(getattr(torch, dtype)).reshape(30, 100)
    again = reload(tensor)
    assert again.dtype == tensor.dtype
    assert torch.equal(again.view(torch.uint8), tensor.view(torch.uint8))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(3, 4).t(),
        torch.ones(()),
        torch.ones(0, 3),
        torch.arange(6.0)[::2],
        torch.ones(3, requires_grad=True),
        torch.randn(3, 3).to_sparse(),
        torch.eye(3).to_sparse_csr(),
        torch.quantize_per_tensor(torch.ones(2000), 0.1, 0, torch.qint8),
        torch.complex(torch.ones(3), torch.ones(3)).conj(),
        torch.empty(3, device="meta"),
    ],
    ids=lambda tensor: f"{tensor.layout}-{tensor.dtype}-{tuple(tensor.shape)}-{tensor.device}",
)
def test_forms(tensor):
    again = reload([tensor])[0]
    assert again.shape == tensor.shape
    assert again.dtype == tensor.dtype
    assert again.layout == tensor.layout
    assert again.device == tensor.device
    assert again.requires_grad == tensor.requires_grad
    if tensor.device.type != "meta":
        assert torch.equal(_dense(again), _dense(tensor))
    if tensor.layout is torch.strided:
        assert again.stride() == tensor.stride()


def _dense(tensor):
    return tensor.dequantize() if tensor.is_quantized else tensor.to_dense()


def test_unusual_tensors_keep_their_storage_out_of_band():
    quantized = torch.quantize_per_tensor(torch.ones(9000), 0.1, 0, torch.qint8)
    assert [len(buffer) for buffer in pickling.dump(quantized).buffers] == [9000]


def test_tensors_with_attributes_and_parameters():
    tagged = torch.ones(3)
    tagged.tag = "kept"
    parameter = nn.Parameter(torch.ones(2), requires_grad=False)
    again, frozen = reload([tagged, parameter])
    assert again.tag == "kept"
    assert type(frozen) is nn.Parameter
    assert not frozen.requires_grad


def test_optimizer_goes_on_with_the_same_parameters():
    def step(net, optimizer):
        optimizer.zero_grad()
        net(INPUT).pow(2).sum().backward()
        optimizer.step()
        return torch.cat([parameter.detach().ravel() for parameter in net.parameters()])

    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    step(net, optimizer)
    again, its = reload((net, optimizer))
    assert its.param_groups[0]["params"][0] is next(again.parameters())
    assert torch.equal(step(again, its), step(net, optimizer))


def test_recurrent_layers_find_their_weights():
    layer = nn.LSTM(6, 8, 2, bidirectional=True)
    again = reload(layer)
    assert torch.equal(again(INPUT)[0], layer(INPUT)[0])
    assert again._flat_weights[0] is again.weight_ih_l0


def test_description_of_a_module():
    description = describe(samples("torch")["net"])
    assert description.summary == "Sequential, 5 layers, 4738 parameters"
    assert description.counts == {"parameters": 4738, "layers": 5}
    assert description.params["0.in_features"] == 6
    assert description.signature.inputs == (Column("input", "float32", (-1, 6)),)
    assert description.signature.outputs == (Column("output", "float32", (-1, 2)),)
    assert list(description.arrays)[:2] == ["0.weight", "0.bias"]


def test_description_names_the_arguments_of_forward():
    gate = notebook(NOTEBOOK)["Gate"](3)
    description = describe(gate)
    assert description.type == "__main__.Gate"
    assert description.signature.inputs == (Column("x", "float32", (-1, 6)),)
    assert {"scale", "mean", "inner.weight"} <= set(description.arrays)


def test_description_shows_types_that_numpy_lacks_as_wider_types():
    array = describe(nn.Parameter(torch.ones(3, dtype=torch.bfloat16))).arrays[""]
    assert array.dtype == np.float32


def test_description_of_an_optimizer():
    description = describe(samples("torch")["optimizer"])
    assert description.params["lr"] == 0.01
    assert "state.0.exp_avg" in description.arrays


def test_predictions_in_another_process(tmp_path):
    names = notebook(NOTEBOOK)
    torch.manual_seed(2)
    models = {
        "net": samples("torch")["net"],
        "nested": {"gates": [names["Gate"](5), names["Gate"](300)]},
        "scripted": samples("torch")["scripted"],
        "traced": torch.jit.trace(nn.Linear(6, 3), INPUT),
        "compiled": torch.compile(nn.Linear(6, 3), backend="eager"),
        "recurrent": samples("torch")["recurrent"],
    }
    code = """
import torch
torch.set_num_threads(1)
data = torch.as_tensor(data)
def out(model):
    found = model(data)
    return (found[0] if isinstance(found, tuple) else found).detach().numpy()
for name, obj in objects.items():
    results[name] = [out(gate) for gate in obj["gates"]] if name == "nested" else [out(obj)]
"""
    outputs = elsewhere(tmp_path, models, INPUT.numpy(), code)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for name, model in models.items():
            parts = model["gates"] if name == "nested" else [model]
            for part, values in zip(parts, outputs[name], strict=True):
                expected = part(INPUT)
                expected = expected[0] if isinstance(expected, tuple) else expected
                assert np.array_equal(values, expected.detach().numpy()), name
    finally:
        torch.set_num_threads(threads)
