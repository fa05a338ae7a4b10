"""Regular expressions of strangers: what ends in good time, and what could run for ever (G14)."""

from __future__ import annotations

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from nbmodel.errors import Untrusted
from nbmodel.trust import regular_expressions
from nbmodel.trust.regular_expressions import MAX_PATTERNS, check_pattern
from tests.trust.crafted import reload

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
    r"-?\d+\.?\d*(?:[eE][-+]?\d+)?%?",
    r"\b\d+\.?\d*\b",
    r"^num_.*_(?:mean|std).*$",
    r".*_id_.*",
    r"\d+\.?\d*|[a-z]+#",
    r"(?:-\w+\.\w+)*",
    r"(?:,[a-z]+=?\d*;)+",
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
    r"(?:,b?c?b?)*!": "inside a repetition",
    r"(?:,b*c?d?b*)*!": "inside a repetition",
    r"(?:\.\w?-?\w?)*#": "inside a repetition",
    r"\w*\w*\w*#": "in a row",
    r".*.*\x00": "in a row",
    r".*a.*b": "in a row",
    r"\b.*.*\x00": "in a row",
    r"(?m)^\s*\s*x": "in a row",
    r"(?:x|\d*\d*)(?=y)": "in a row",
    r"\d+\d*[a-z]+": "in a row",
    r"a{1,9}a{1,9}a{1,9}b": "in a row",
    r"(?:x*|y)(?:x*|z)x*#": "in a row",
    r"(?i)a+A+a+#": "in a row",
    r"[\U0001F600-\U0001F64F]*[\U0001F600-\U0001F610]*\U0001F600*#": "in a row",
    "a?" * 30 + "a" * 30: "repetitions",
    "(?:ab|ab)" * 30: "alternatives",
    r"(?=a+)b": "lookahead",
    r"(a)\1": "groupref",
    r"(": "not valid",
    r"[z-a]": "not valid",
    "a" * 301: "characters",
    r"é*\w*à*": "in a row",
    r"(?i)[k-m]*K+\u212a+#": "in a row",  # the sign of Kelvin is a k, in another case
    ".*"
    + "".join(f"[{chr(c)}{chr(c + 1)}]" for c in range(0x100, 0x124, 2)): "kinds of characters",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_good_patterns(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize("pattern", BAD)
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(ValueError, match=BAD[pattern]):
        check_pattern(pattern)


def test_letters_are_not_tried_on_all_that_there_are(monkeypatch) -> None:
    monkeypatch.setattr(regular_expressions, "_characters", lambda item: pytest.fail(f"{item} was"))
    check_pattern(".*" + "".join(map(chr, range(0x4E00, 0x4E00 + 290))))


def test_a_model_has_few_patterns() -> None:
    models = [CountVectorizer(token_pattern=rf"\w{{{n},}}") for n in range(1, MAX_PATTERNS + 1)]
    assert len(reload(models * 2)) == 2 * MAX_PATTERNS
    with pytest.raises(Untrusted, match="different patterns"):
        reload([*models, CountVectorizer(token_pattern="x")])
