"""The average of modules and state dicts of torch, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nbmodel.errors import CannotMerge
from tests.merging.members import mean_of, merged


class Net(nn.Module):
    """BatchNorm, shared weights, a mask with infinite values and a table of integers."""

    def __init__(self, seed=0, width=6, slope=0.1, tied=True):
        super().__init__()
        torch.manual_seed(seed)
        self.slope = slope
        self.first = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)
        self.second = nn.Linear(width, width)
        if tied:
            self.second.weight = self.first.weight
        self.register_buffer("mask", torch.tensor([0.0, -np.inf]))
        self.register_buffer("table", torch.arange(3))
        self.register_buffer("scale", torch.full((2,), float(seed)), persistent=False)
        self.train()
        for _ in range(seed + 1):
            self(torch.randn(20, width))
        self.eval()

    def forward(self, x):
        return self.second(nn.functional.leaky_relu(self.norm(self.first(x)), self.slope))


def arrays(model):
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("weights", [(), (100, 200, 50)])
def test_every_parameter_and_buffer_is_the_mean_of_numpy(weights):
    members = [Net(seed) for seed in range(3)]
    before = [{k: v.copy() for k, v in arrays(member).items()} for member in members]
    mean = merged("average", *members, weights=weights)
    values = arrays(mean)
    for name in ("first.weight", "first.bias", "norm.running_mean", "norm.running_var"):
        exact = mean_of([each[name] for each in before], weights or None)
        np.testing.assert_allclose(values[name], exact, rtol=1e-7, atol=0)
    np.testing.assert_allclose(
        mean.scale.numpy(), np.average([0.0, 1.0, 2.0], weights=weights or None) * np.ones(2),
        rtol=1e-6,
    )  # fmt: skip
    assert values["norm.num_batches_tracked"] == 3  # the largest counter
    np.testing.assert_array_equal(values["mask"], [0.0, -np.inf])
    np.testing.assert_array_equal(values["table"], [0, 1, 2])
    for member, old in zip(members, before, strict=True):
        for name, value in arrays(member).items():
            np.testing.assert_array_equal(value, old[name])


def test_shared_parameters_stay_shared():
    mean = merged("average", Net(0), Net(1))
    assert mean.first.weight is mean.second.weight
    assert mean.first.weight.requires_grad
    assert mean(torch.ones(2, 6)).shape == (2, 6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_half_precision_is_rounded_once(dtype):
    members = [nn.Linear(300, 5).to(dtype) for _ in range(3)]
    mean = merged("average", *members, weights=(1, 2, 4))
    wide = [m.weight.detach().double().numpy() for m in members]
    exact = torch.from_numpy(np.average(wide, axis=0, weights=(1, 2, 4))).to(dtype)
    assert mean.weight.dtype is dtype
    accuracy = 1e-14 if dtype is torch.float64 else 0
    torch.testing.assert_close(mean.weight.detach(), exact, rtol=accuracy, atol=1e-17)


def test_large_and_strided_tensors():
    tensors = [torch.randn(500, 700).t() for _ in range(2)]  # more than one block, not contiguous
    whole = [torch.randn(400_001) for _ in range(2)]
    members = [{"w": t, "v": v} for t, v in zip(tensors, whole, strict=True)]
    mean = merged("average", *members)
    np.testing.assert_allclose(mean["w"].numpy(), mean_of([t.numpy() for t in tensors]), rtol=1e-6)
    np.testing.assert_allclose(
        mean["v"].numpy(), mean_of([v.numpy() for v in whole]), rtol=1e-6, atol=1e-9
    )


def test_complex_numbers_have_a_mean():
    members = [{"w": torch.tensor([1 + 2j, 3.0])}, {"w": torch.tensor([3 + 4j, 5.0])}]
    assert torch.equal(merged("average", *members)["w"], torch.tensor([2 + 3j, 4.0]))


def test_a_checkpoint_of_nested_state_dicts():
    members = [{"model": Net(seed).state_dict(), "arch": "net"} for seed in range(2)]
    mean = merged("average", *members)
    exact = mean_of([m["model"]["first.bias"].numpy() for m in members])
    np.testing.assert_allclose(mean["model"]["first.bias"].numpy(), exact, rtol=1e-6)
    assert mean["arch"] == "net"
    Net(0).load_state_dict(mean["model"])


def test_a_recurrent_network_answers_with_its_mean():
    members = [nn.LSTM(3, 4) for _ in range(2)]
    mean = merged("average", *members)
    exact = mean_of([m.weight_hh_l0.detach().numpy() for m in members])
    np.testing.assert_allclose(mean.weight_hh_l0.detach().numpy(), exact, rtol=1e-6)
    other = nn.LSTM(3, 4)
    other.load_state_dict(mean.state_dict())
    rows = torch.randn(5, 1, 3)
    torch.testing.assert_close(mean(rows)[0], other(rows)[0])


def test_members_with_the_same_shapes_and_another_activation_are_refused():
    one, two = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with pytest.raises(CannotMerge, match=r"differ in 1 \(ReLU and Tanh\)"):
        merged("average", one, two)


def other_forward():
    class Net(nn.Module):  # the name of the first one, with other code
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2)

        def forward(self, x):
            return -self.first(x)

    return Net


def same_name(factory):
    kind = factory()
    kind.__module__, kind.__qualname__ = Net.__module__, "Net"
    return kind


def with_integers(value):
    net = Net(0)
    net.table.fill_(value)
    return net


def optimizer_state():
    model = nn.Linear(2, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}


def with_nan():
    net = Net(1)
    with torch.no_grad():
        net.first.bias[2] = np.nan
    return net


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        (lambda: Net(0), lambda: Net(1, width=5), r"differ in first\.in_features"),
        (lambda: Net(0), lambda: Net(1, slope=0.2), r"differ in Net\.slope"),
        (lambda: Net(0), lambda: Net(1).half(), "float32 in churn@1 and torch.float16 in churn@2"),
        (lambda: Net(0), lambda: Net(1, tied=False), "share the same tensors"),
        (lambda: nn.Linear(2, 2), lambda: nn.Bilinear(2, 2, 2), "is a Linear, and churn@2 is a Bi"),
        (
            lambda: nn.Sequential(nn.Linear(2, 2)),
            lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
            "modules of churn@1 and churn@2 differ: 1",
        ),
        (lambda: Net(0), lambda: same_name(other_forward)(), "of another definition"),
        (lambda: with_integers(1), lambda: with_integers(2), "different integers"),
        (lambda: Net(0), with_nan, r"first\.bias of churn@2 has values that are not finite"),
        (lambda: {"w": torch.ones(2)}, lambda: {"v": torch.ones(2)}, "keys"),
        (lambda: {"w": torch.ones(2), "n": 1}, lambda: {"w": torch.ones(2), "n": 2}, "differ in n"),
        (optimizer_state, optimizer_state, "the state of an optimizer"),
        (lambda: torch.ones(2), lambda: torch.ones(2), "is a Tensor"),
        (
            lambda: torch.jit.script(nn.Linear(2, 2)),
            lambda: torch.jit.script(nn.Linear(2, 2)),
            "only modules and state dicts",
        ),
        (lambda: nn.LazyLinear(2), lambda: nn.LazyLinear(2), "not initialized"),
        (
            lambda: {"w": torch.eye(2).to_sparse()},
            lambda: {"w": torch.eye(2).to_sparse()},
            "is sparse",
        ),
    ],
)
def test_members_that_do_not_fit_together_are_refused(one, two, says):
    with pytest.raises(CannotMerge, match=says):
        merged("average", one(), two())


def test_two_copies_of_one_class_are_one_class():
    """As of a notebook's class: each version brings its own."""

    def kind():
        class Copy(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(2, 2)

            def forward(self, x):
                return self.first(x) + 1

        return same_name(lambda: Copy)

    members = [kind()(), kind()()]
    assert type(members[0]) is not type(members[1])
    mean = merged("average", *members)
    exact = mean_of([m.first.bias.detach().numpy() for m in members])
    np.testing.assert_allclose(mean.first.bias.detach().numpy(), exact, rtol=1e-6)
