"""Compare: two or more versions side by side."""

from __future__ import annotations

import pytest

from nbmodel.errors import InvalidValue


def test_two_versions_get_a_verdict(registry):
    for number, lower in ((1.0, ["cost"]), (2.0, [])):
        metrics = {"auc": number, "cost": number, "size": number, "log_loss": 0.5}
        registry.commit([number], "net", metrics=metrics, lower_is_better=lower)
    result = registry.compare("net@1", "net@2")
    verdict = "net@2 against net@1: auc better, cost worse, log_loss same"
    assert result.text().splitlines()[-1] == verdict
    assert verdict in result.html()


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
