"""Compare: two or more versions side by side."""

from __future__ import annotations

import pytest

from nbmodel.errors import InvalidValue


@pytest.mark.parametrize(
    ("references", "what"),
    [
        ((), "No version was given."),
        (("net@1",), "Only net@1 was given."),
        (("net@1", "net@prod"), "net@1 and net@prod are the same version."),
    ],
)
def test_at_least_two_versions_are_needed(registry, references, what):
    registry.commit([1], "net")
    registry.promote("net@1", "prod")
    with pytest.raises(InvalidValue) as caught:
        registry.compare(*references)
    assert caught.value.what == what
    assert caught.value.hint == "Name at least one other version."
