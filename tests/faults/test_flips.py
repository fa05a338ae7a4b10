"""Damage anywhere in ``.git``: right answers or errors of ours, never a wrong answer in silence.

The kind: bytes of the repository are not what was written. References have no
checksum and can only be held against the objects they name, packed ones against
the form git writes; objects are held against their own addresses on every way
into nbmodel. Without an earlier look, a reference that vanished whole is named
by verify alone; with one, no answer may be wrong.
"""

from __future__ import annotations

import pytest

from tests.faults import campaign, flips, template


def run(count, seed):
    parts = [
        (template.LAYOUTS[number % len(template.LAYOUTS)], share, f"{seed} {number}")
        for number, share in enumerate(campaign.shares(count))
    ]
    return campaign.spread("damage", flips.run, parts)


def test_a_damaged_file_never_gives_a_wrong_answer_in_silence():
    counts, failures = run(campaign.size(36), campaign.seed())
    assert not failures, "\n".join(failures)
    assert counts["right"] > 0
    assert counts["error"] > 0


FOUND = [  # each gave a wrong answer once, and nobody said so
    flips.Damage("half", "packed-refs", "flip", 870, 0, known=True),
    flips.Damage("packed", "packed-refs", "flip", 2424, 0, known=False),
    flips.Damage("packed", "packed-refs", "flip", 2463, 0, known=True),
]


@pytest.mark.parametrize("damage", FOUND, ids=lambda damage: damage.script().split("flips ")[1])
def test_what_was_wrong_in_silence(damage):
    with campaign.place() as folder:
        patient = flips.Patient(folder, damage.layout)
        found = {kind for kind, _ in patient.judge(patient.ask(damage))}
    assert not found & {"silent", "raw"}
    assert not any(flips.is_lie(kind, damage) for kind in found)


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_five_thousand_damages():
    _, failures = run(campaign.size(5000), campaign.seed())
    assert not failures, f"{len(failures)} failures\n" + "\n".join(failures[:40])
