"""torch modules: inputs and outputs of each kind, and numbers that numpy does not have."""

from __future__ import annotations

import numpy as np
import torch

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.data import matrix, numbers
from tests.serve.answers.rows import Frame, Matrix, Tensors

CASES = Cases()
torch.manual_seed(0)
A = (matrix() / 1000).astype(np.float32)
B = (matrix(5, seed=7) / 1000).astype(np.float32)
WORDS = np.arange(240).reshape(60, 4) % 11
NEW_ROWS = np.array([[0, 10, 3, 3], [1, 2, 3, 4], [9, 9, 9, 9]])


def module_case(model, data, rows, names=()):
    """A module as the notebook asks it: without gradients, in evaluation mode, on tensors."""

    def ask(method, inputs):
        kind = next((p.dtype for p in model.parameters()), torch.float32)
        with torch.inference_mode():
            if isinstance(inputs, dict):
                return model(**{name: torch.as_tensor(each) for name, each in inputs.items()})
            values = torch.as_tensor(np.asarray(inputs))
            return model(values.to(kind) if values.is_floating_point() else values)

    model.eval()
    return Case(model, data, rows, call=ask, names={"predict": names} if names else {})


@CASES.add
def linear():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    return module_case(model, A, Matrix(B))


@CASES.add
def linear_on_frame():
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
    return module_case(model, numbers(), Frame(numbers(5, seed=7)))


@CASES.add
def doubles():
    return module_case(torch.nn.Linear(4, 3).double(), matrix(), Matrix(matrix(5, seed=7)))


@CASES.add
def bfloat16():
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh()).to(torch.bfloat16)
    return module_case(model, torch.as_tensor(A).to(torch.bfloat16), Matrix(B))


@CASES.add
def embedding():
    model = torch.nn.Sequential(
        torch.nn.Embedding(11, 3), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )
    return module_case(model, WORDS, Matrix(NEW_ROWS))


@CASES.add
def images():
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)
    )
    pictures = np.random.default_rng(0).random((9, 1, 6, 6), np.float32)
    return module_case(model, pictures, Matrix(pictures[:3] / 2))


@CASES.add
def recurrent():
    class Last(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.words = torch.nn.Embedding(11, 3)
            self.memory = torch.nn.GRU(3, 4, batch_first=True)

        def forward(self, tokens):
            return self.memory(self.words(tokens))[0][:, -1]

    return module_case(Last(), WORDS, Matrix(NEW_ROWS))


@CASES.add
def dict_of_outputs():
    class Heads(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mean, self.spread = torch.nn.Linear(4, 1), torch.nn.Linear(4, 2)

        def forward(self, x):
            return {"mean": self.mean(x), "spread": self.spread(x).exp()}

    return module_case(Heads(), A, Matrix(B))


@CASES.add
def tuple_of_outputs():
    class Pair(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.line = torch.nn.Linear(4, 3)

        def forward(self, x):
            scores = self.line(x)
            return scores, scores.argmax(dim=1)

    return module_case(Pair(), A, Matrix(B), ("predict.0", "predict.1"))


@CASES.add
def two_inputs():
    class Both(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.line = torch.nn.Embedding(11, 3), torch.nn.Linear(7, 2)

        def forward(self, tokens, numbers):
            return self.line(torch.cat([self.words(tokens).mean(dim=1), numbers], dim=1))

    data = {"tokens": WORDS, "numbers": A[:60]}
    return module_case(Both(), data, Tensors({"tokens": NEW_ROWS, "numbers": B[:3]}))


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
