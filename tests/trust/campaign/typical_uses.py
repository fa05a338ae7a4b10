"""What a user does with a loaded object: show it, look at its parameters, ask it, fit it again."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from tests.trust.campaign.hostile_values import MARKER

Use = tuple[str, Callable[[], Any]]

# These change what is asked next, or need something from outside.
_SKIPPED = {
    "set_params", "set_output", "load_model", "save_model", "load_config", "set_network",
    "free_dataset", "model_from_string", "set_attr", "set_leaf_output", "set_train_data_name",
    "shuffle_models", "reset", "rollback_one_iter", "free_network",
}  # fmt: skip
_PLAIN_TYPES = ("text/plain", "text/html")  # scikit-learn's own diagram is HTML


class ActiveContent(Exception):
    """A notebook would run what the object shows."""


def uses(obj: Any, data: Mapping[str, Any]) -> Iterator[Use]:
    """Name and call, in order: first what only looks, last what fits."""
    yield "repr", partial(repr, obj)
    yield "str", partial(str, obj)
    yield "display", partial(display, obj)
    yield "describe", partial(_describe, obj)
    yield "deepcopy", partial(copy.deepcopy, obj)
    top = type(obj).__module__.partition(".")[0]
    if "forward" in data:
        yield from _torch_module(obj, data["forward"])
    elif top == "torch":
        yield from _each(obj, ["sum", "clone", "contiguous", "tolist", "sort", "numpy"])
    elif isinstance(obj, np.ndarray):
        yield from _each(obj, ["sum", "copy", "tolist", "sort", "ravel", "tobytes", "flatten"])
    elif hasattr(type(obj), "tocsr"):
        yield from _sparse(obj)
    elif isinstance(obj, (np.random.Generator, np.random.RandomState)):
        yield from _random(obj)
    elif top != "builtins":
        yield from _methods(obj, data)


def consume(result: Any) -> None:
    """Look at a result; of an iterator, the first few items."""
    if isinstance(result, Iterator):
        result = list(itertools.islice(result, 5))
    if hasattr(result, "toarray"):
        result = result.toarray()  # its positions are used only now
    if not (hasattr(result, "get_params") or isinstance(result, dict)):
        repr(result)


def display(obj: Any) -> None:
    """What IPython would put into the page.

    Raises
    ------
    ActiveContent
        If that is another type than text and scikit-learn's diagram, or holds our markup.
    """
    from IPython.core.formatters import DisplayFormatter

    formatter = DisplayFormatter()
    formatter.ipython_display_formatter.enabled = True
    if formatter.ipython_display_formatter(obj):
        raise ActiveContent("it displays itself")
    shown, _ = formatter.format(obj)
    for kind, text in shown.items():
        if kind not in _PLAIN_TYPES or (kind == "text/html" and MARKER in str(text)):
            raise ActiveContent(f"{kind}: {str(text)[:100]}")


def _describe(obj: Any) -> None:
    """What nbmodel itself reads from an object that is committed again."""
    from nbmodel import plugins

    flavor = plugins.framework_of(type(obj))
    if flavor is not None:
        flavor.describe(obj)


# -- classes with methods that say what they take ----------------------------


def _methods(obj: Any, data: Mapping[str, Any]) -> Iterator[Use]:
    kind = type(obj)
    last: dict[str, Any] = {}
    names = [n for n in dir(kind) if not n.startswith("_") and n not in _SKIPPED]
    for name in sorted(names, key=lambda name: (_stage(name), name)):
        if isinstance(inspect.getattr_static(kind, name), property):
            yield name, partial(getattr, obj, name)
            continue
        arguments = _arguments(getattr(kind, name, None), data)
        if arguments is not None:
            yield name, partial(_call, obj, name, arguments, last)
    if callable(obj) and "x" in data:
        yield "call", lambda: obj(data["x"])


def _stage(name: str) -> int:
    """Fitting comes last, and continuing before starting anew."""
    if name in ("fit", "update"):
        return 3
    if "fit" in name:
        return 2
    return 1 if name.startswith("inverse") else 0


def _arguments(method: Any, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the method needs, from the data; None if it needs something else."""
    if not callable(method):
        return None
    try:
        parameters = list(inspect.signature(method).parameters.values())[1:]
    except (ValueError, TypeError):
        return None
    found: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in data and (
            parameter.default is parameter.empty or parameter.name in ("y", "Y", "X", "group")
        ):
            found[parameter.name] = data[parameter.name]
        elif parameter.default is parameter.empty:
            return None
    return found


def _call(obj: Any, name: str, arguments: dict[str, Any], last: dict[str, Any]) -> Any:
    if name == "inverse_transform" and "X" in arguments and "transform" in last:
        arguments = {"X": last["transform"]}
    result = last[name] = getattr(obj, name)(**arguments)
    return result


# -- the others --------------------------------------------------------------


def _each(obj: Any, names: list[str]) -> Iterator[Use]:
    for name in names:
        yield name, lambda name=name: getattr(obj, name)()


def _torch_module(module: Any, inputs: tuple[Any, ...]) -> Iterator[Use]:
    import torch

    def ask(training: bool) -> None:
        module.train(training)
        torch.manual_seed(0)
        fresh = [item.clone() if isinstance(item, torch.Tensor) else item for item in inputs]
        for item in fresh:
            if isinstance(item, torch.Tensor) and item.is_floating_point():
                item.requires_grad_()
        result = module(*fresh)
        result = result[0] if isinstance(result, tuple) else result
        if training and isinstance(result, torch.Tensor) and result.requires_grad:
            result.sum().backward()

    def learn() -> None:
        torch.optim.SGD(module.parameters(), 0.1).step()

    if not isinstance(module, torch.nn.Module):
        return
    if inputs:
        yield "forward", partial(ask, False)
        yield "train", partial(ask, True)
        yield "step", learn
    yield "state_dict", module.state_dict
    yield "double", module.double
    if inputs:
        yield "forward again", partial(ask, False)


def _sparse(matrix: Any) -> Iterator[Use]:
    rows, columns = matrix.shape
    yield from _each(
        matrix, ["toarray", "tocsr", "tocsc", "tocoo", "todia", "max", "sum", "copy", "transpose"]
    )
    yield "product", lambda: matrix @ np.ones(columns)
    yield "square", lambda: matrix @ matrix.T
    yield "plus", lambda: matrix + matrix
    yield "rows", lambda: matrix.tocsr()[: rows // 2]
    yield "item", lambda: matrix.tocsr()[0, columns - 1]
    yield "columns", lambda: matrix.tocsr()[:, [0, columns - 1]]
    yield from _each(matrix, ["sort_indices", "sum_duplicates", "eliminate_zeros"])


def _random(generator: Any) -> Iterator[Use]:
    yield from _each(generator, ["normal", "random", "standard_exponential", "bytes"])
    yield "bytes", lambda: generator.bytes(5000)
    yield "permutation", lambda: generator.permutation(50)
    yield "normal many", lambda: generator.normal(size=2000)
    if isinstance(generator, np.random.Generator):
        yield "integers", lambda: generator.integers(0, 7, 2000, np.uint8)
        yield "spawn", lambda: [child.random() for child in generator.spawn(2)]
    else:
        yield "randint", lambda: generator.randint(0, 7, 2000)
        yield "get_state", generator.get_state
