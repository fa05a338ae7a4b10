"""Regular expressions of strangers: what ends in good time, and what could run for ever (G14)."""

from __future__ import annotations

import pytest

from nbmodel.trust.patterns import check_pattern

GOOD = (
    r"(?u)\b\w\w+\b",
    r"\w+",
    r"(?u)\b[a-zA-Z]{2,}\b",
    r"\b[a-zA-Z]+(?:[-'][a-zA-Z]+)*\b",
    r"[^\s]+",
    r"(?u)\b\w+\b|[^\w\s]",
    r"[a-z]+|\d+(?:\.\d+)?",
    r"(?i)[a-zåäö]{3,}",
    r"#?\w+",
    r"\b\w{3,20}\b",
    r"https?://\S+",
    r"-?\d+\.?\d*",
    r"(?!\d)\w+",
    r"colou?r",
    r".",
    "",
)
BAD = {
    r"(a+)+$": "inside a repetition",
    r"(a|a)*$": "inside a repetition",
    r"([a-z]+)*": "inside a repetition",
    r"(\s*\w+\s*)+": "inside a repetition",
    r"(x+x+)+y": "inside a repetition",
    r"(.*a){20}": "inside a repetition",
    r"(a{1,9}){1,9}b": "inside a repetition",
    r"(?:-[a-z]*[b-c]*)*": "inside a repetition",
    r"(?:a?){30}a{30}": "inside a repetition",
    r"\w*\w*\w*#": "in a row",
    r"a{1,9}a{1,9}a{1,9}b": "in a row",
    r"(?:x*|y)(?:x*|z)x*#": "in a row",
    r"(?i)a+A+a+#": "in a row",
    r"[\U0001F600-\U0001F64F]*[\U0001F600-\U0001F610]*\U0001F600*#": "in a row",
    "a?" * 30 + "a" * 30: "repetitions",
    "(?:ab|ab)" * 30: "alternatives",
    r"(?=a+)b": "looks far ahead",
    r"(a)\1": "groupref",
    r"(": "not valid",
    r"[z-a]": "not valid",
    "a" * 301: "characters",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_good_patterns(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize("pattern", BAD)
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(ValueError, match=BAD[pattern]):
        check_pattern(pattern)
