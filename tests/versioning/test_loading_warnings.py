"""Hostile text in a warning of a library.

Code of a library prints what an object says. The tests use scikit-learn's warning about another
release, any other class of warning, a warning that is an error, an ignored one, several, and none.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LinearRegression

from nbmodel.versioning.loading import escaped_warnings

HOSTILE = "1.5\x1b]0;owned\x07\u202e"


@pytest.fixture
def shown():
    """Every warning that gets out."""
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        yield shown


def test_a_release_with_terminal_escapes_comes_out_escaped(registry, shown):
    model = LinearRegression().fit(np.eye(3), [1, 2, 3])
    state = model.__getstate__
    model.__class__ = type("LinearRegression", (LinearRegression,), {
        "__module__": LinearRegression.__module__,
        "__getstate__": lambda self: state() | {"_sklearn_version": HOSTILE},
        "__reduce__": lambda self: (LinearRegression, (), self.__getstate__()),
    })  # fmt: skip
    registry.commit(model, "m")
    shown.clear()
    registry.checkout("m")
    texts = [str(warning.message) for warning in shown]
    assert any("owned" in text for text in texts)
    assert not any(set(text) & {"\x1b", "\x07", "\u202e"} for text in texts)
    assert InconsistentVersionWarning in [warning.category for warning in shown]


def test_each_warning_is_shown_once_and_plain_text_is_unchanged(shown):
    with escaped_warnings():
        warnings.warn(HOSTILE, DeprecationWarning, stacklevel=1)
        warnings.warn(UserWarning("plain"), stacklevel=1)
    assert [warning.category for warning in shown] == [DeprecationWarning, UserWarning]
    assert str(shown[0].message) == "1.5\\x1b]0;owned\\x07\\u202e"
    assert isinstance(shown[1].message, UserWarning)


def test_an_ignored_warning_stays_ignored(shown):
    warnings.simplefilter("ignore")
    with escaped_warnings():
        warnings.warn("x", stacklevel=1)
    assert shown == []


def test_a_warning_that_is_an_error_stays_an_error(shown):
    warnings.simplefilter("error")
    with pytest.raises(UserWarning, match="x"), escaped_warnings():
        warnings.warn("x", stacklevel=1)


def _warns_and_fails():
    warnings.warn("before", stacklevel=1)
    raise KeyError


def test_a_warning_is_shown_although_the_load_fails(shown):
    with pytest.raises(KeyError), escaped_warnings():
        _warns_and_fails()
    assert [str(warning.message) for warning in shown] == ["before"]
