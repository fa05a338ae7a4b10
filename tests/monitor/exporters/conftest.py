"""A model with alerts whose texts are as hostile as the grammar of rules allows."""

from __future__ import annotations

import pytest

from nbmodel.monitor.alerts import rules
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.exporters.base import ExportSubject
from nbmodel.records import Person

RULES = [
    "psi(age) > 0.2 for 3 windows",
    "accuracy < 0.9",
    'missing("a\\"b{{ $value }}{c=~".*"}") > 5%',
    "psi(*) > 0.25",
    "ks(ü 猫\n\t\x1b[31m\u2028\ud800: - |) > 0.1",
    "new(`{{ end }}`) > 1%",
    "js(%d \\n \\x) > 0.1",
]


def empty_report():
    raise AssertionError("the report must not be made")


@pytest.fixture
def subject():
    who = Person("A", "a@example.org")
    alerts = [
        Alert("churn", rules.parse(text), stage, (), who, 1)
        for text in RULES
        for stage in ("", "prod")
    ]
    return ExportSubject("churn", tuple(alerts), empty_report)
