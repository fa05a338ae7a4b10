"""Each error class has an HTTP status, or is a failure of the server."""

import re
from http import HTTPStatus

import pytest

from nbmodel import errors
from nbmodel.errors import NbModelError
from nbmodel.jupyter_server.errors import STATUS, body_of, status_of

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, NbModelError)
]
OURS = {errors.GitFailed, errors.ReadFailed, NbModelError}  # of the server's machine


@pytest.mark.parametrize("kind", KINDS)
def test_each_class_has_a_status(kind):
    status = status_of(kind.__new__(kind))
    assert (status is HTTPStatus.INTERNAL_SERVER_ERROR) == (kind in OURS)


def test_a_subclass_has_the_status_of_its_parent():
    class Strange(errors.NotFound):
        pass

    assert status_of(Strange("model", "a", "b")) is STATUS[errors.NotFound]


def test_the_body_is_visible_text():
    assert body_of("a\u202eb", "c\x07", "Kind") == {
        "what": "a\\u202eb",
        "hint": "c\\x07",
        "kind": "Kind",
        "code": "kind",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_is_the_name_of_its_class(kind):
    assert kind.code == body_of("", "", kind.__name__)["code"]
    assert kind.code.replace("-", "") == kind.__name__.lower()
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)


def test_codes_are_words():
    assert errors.NotFound("model", "a", "b").code == "not-found"
    assert errors.OnlyAtRemote.code == "only-at-remote"
    assert errors.code_of("HTTPError") == "http-error"
