"""Classes of torch and Keras, and of libraries over them, in the user's files."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from sklearn.pipeline import make_pipeline

from tests.versioning.test_modules import desk, elsewhere

__all__ = ["desk"]

X = np.linspace(0, 1, 30, dtype="float32").reshape(10, 3)

TORCH = """
    import torch
    from blocks import Block

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(3, 8)
            self.last = torch.nn.Linear(8, 1)

        def forward(self, x):
            return self.last(self.first(x)) * {factor}
"""
BLOCKS = """
    import torch.nn.functional as F
    from torch import nn

    class Block(nn.Linear):
        def forward(self, x):
            return F.relu(super().forward(x))
"""


def test_a_torch_module_of_a_file(registry, desk, tmp_path):
    desk.write(model=TORCH.format(factor=1), blocks=BLOCKS)
    torch.manual_seed(0)
    net = desk.fresh("model").Net()
    expected = net(torch.from_numpy(X))
    registry.commit(net, "net")
    desk.write(model=TORCH.format(factor=100))
    other = desk.fresh("model").Net()
    again = registry.checkout("net")
    assert torch.equal(again(torch.from_numpy(X)), expected)
    again.load_state_dict(other.state_dict())
    assert torch.allclose(again(torch.from_numpy(X)) * 100, other(torch.from_numpy(X)))
    desk.remove()
    code = f"""
    import torch
    outputs = r.checkout('net')(torch.tensor({X.tolist()}))
    print(bool((outputs - torch.tensor({expected.tolist()})).abs().max() < 1e-6))
    """
    assert elsewhere(registry, code, tmp_path) == "True\n"


KERAS = """
    import keras

    @keras.saving.register_keras_serializable(package="mine")
    class Times(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, x):
            return x * self.factor + {offset}

    class Net(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.times = Times(3.0)
            self.last = keras.layers.Dense(1)

        def call(self, x):
            return self.last(self.times(x))

    def loss(true, predicted):
        return keras.ops.mean(abs(true - predicted))
"""


def fitted(model, loss):
    model.compile("sgd", loss=loss)
    model.fit(X, X[:, :1], verbose=0)
    return model


def test_keras_layers_of_a_file(registry, desk):
    desk.write(layers=KERAS.format(offset=0))
    module = desk.fresh("layers")
    times = keras.Sequential([keras.layers.Dense(2), module.Times(2.0), keras.layers.Dense(1)])
    models = {"times": fitted(times, module.loss), "net": fitted(module.Net(), "mse")}
    expected = {name: model.predict(X, verbose=0) for name, model in models.items()}
    for name, model in models.items():
        registry.commit(model, name)
    desk.write(layers=KERAS.format(offset=50))
    live = desk.fresh("layers")
    for name in models:
        again = registry.checkout(name)
        assert (again.predict(X, verbose=0) == expected[name]).all()
    assert keras.saving.get_registered_object("mine>Times") is live.Times
    new = fitted(keras.Sequential([live.Times(2.0), keras.layers.Dense(1)]), live.loss)
    registry.commit(new, "times")
    for number, model in ((1, models["times"]), (2, new), (1, models["times"])):
        again = registry.checkout(f"times@{number}")
        assert (again.predict(X, verbose=0) == model.predict(X, verbose=0)).all()
    registry.commit(registry.checkout("times@1"), "times")
    desk.remove()
    again = registry.checkout("times@3")
    assert (again.predict(X, verbose=0) == expected["times"]).all()


def test_an_estimator_of_a_file_with_the_tools_of_scikit_learn(registry, desk):
    desk.write(
        estimators="""
        from __future__ import annotations
        import numpy as np
        from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
        from sklearn.utils.validation import check_is_fitted

        class Clip(TransformerMixin, BaseEstimator):
            def __init__(self, top: float = 0.5):
                self.top = top
            def fit(self, X, y=None):
                self.n_features_in_ = X.shape[1]
                return self
            def transform(self, X):
                return np.minimum(X, self.top)

        class Cut(ClassifierMixin, BaseEstimator):
            def __init__(self, at=0.2):
                self.at = at
            def fit(self, X, y):
                self.classes_ = np.unique(y)
                return self
            def predict(self, X):
                check_is_fitted(self)
                return (X[:, 0] > self.at).astype(int)
        """
    )
    module = desk.fresh("estimators")
    model = make_pipeline(module.Clip(), module.Cut()).fit(X, X[:, 0] > 0.5)
    registry.commit(model, "cut", data=X)
    desk.remove()
    again = registry.checkout("cut")
    assert (again.predict(X) == model.predict(X)).all()
    assert again.get_params()["clip__top"] == 0.5
    assert again.set_params(clip__top=0.1).fit(X, X[:, 0] > 0.5).predict(X).sum() == 0
    assert registry.show("cut").manifest.params["cut__at"] == 0.2
