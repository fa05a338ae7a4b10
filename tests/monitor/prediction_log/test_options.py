"""Settings of logs as command-line options."""

from __future__ import annotations

import pytest

from nbmodel.errors import InvalidValue, NotFound
from nbmodel.monitor.prediction_log.options import LogOptions
from nbmodel.monitor.prediction_log.settings import LogSettings


def test_options_apply_to_every_model_or_to_one():
    words = LogOptions(
        sample=("50%", "fraud:0.1"),
        redact=("age=hash", "churn:name", "churn:*=hash"),
        keep=("90d", "fraud:10GB"),
    )
    settings = words.settings(["churn", "fraud"])
    churn = {"age": "hash", "name": "drop", "*": "hash"}
    assert settings["churn"] == LogSettings(sample=0.5, redact=churn, keep_days=90)
    assert settings["fraud"] == LogSettings(
        sample=0.1, redact={"age": "hash"}, keep_days=90, keep_bytes=10**10
    )


def test_without_options_everything_is_logged():
    assert LogOptions().settings(["churn"]) == {"churn": LogSettings()}


@pytest.mark.parametrize(("text", "count"), [("3kB", 3000), ("2 MiB", 2 << 20), ("1TB", 10**12)])
def test_sizes(text, count):
    assert LogOptions(keep=(text,)).settings(["churn"])["churn"].keep_bytes == count


@pytest.mark.parametrize(
    "words",
    [
        {"sample": ("many",)},
        {"sample": ("150%",)},
        {"sample": ("nan",)},
        {"redact": ("",)},
        {"redact": ("age=encrypt",)},
        {"keep": ("forever",)},
        {"keep": ("0GB",)},
    ],
)
def test_invalid_options_are_refused(words):
    with pytest.raises(InvalidValue):
        LogOptions(**words).settings(["churn"])


def test_a_model_that_is_not_served_is_named():
    with pytest.raises(NotFound, match="chrn"):
        LogOptions(redact=("chrn:age",)).settings(["churn"])
