"""Damage anywhere in ``.git``: answers are right or errors, and never wrong without a report.

The kind: bytes of the repository differ from those that were written. References have no checksum;
they are compared with the objects that they name, and packed references with the format of git.
Objects are compared with their addresses each time that nbmodel reads them. Without an earlier
query, only verify reports a lost reference. With one, no answer may be wrong.
"""

from __future__ import annotations

import pytest

from tests.faults import campaign, damages, registry_template


def run(count, seed):
    parts = [
        (
            registry_template.LAYOUTS[number % len(registry_template.LAYOUTS)],
            share,
            f"{seed} {number}",
        )
        for number, share in enumerate(campaign.shares(count))
    ]
    return campaign.spread("damage", damages.run, parts)


def test_a_damaged_file_never_gives_a_wrong_answer_in_silence():
    counts, failures = run(campaign.size(36), campaign.seed())
    assert not failures, "\n".join(failures)
    assert counts["right"] > 0
    assert counts["error"] > 0


FOUND = [  # each gave a wrong answer once, without a report
    damages.Damage("half", "packed-refs", "flip", 870, 0, known=True),
    damages.Damage("packed", "packed-refs", "flip", 2424, 0, known=False),
    damages.Damage("packed", "packed-refs", "flip", 2463, 0, known=True),
]


@pytest.mark.parametrize("damage", FOUND, ids=lambda damage: damage.script().split("damages ")[1])
def test_what_was_wrong_in_silence(damage):
    with campaign.place() as folder:
        damaged = damages.DamagedRegistry(folder, damage.layout)
        found = {kind for kind, _ in damaged.judge(damaged.ask(damage))}
    assert not found & {"silent", "raw"}
    assert not any(damages.is_lie(kind, damage) for kind in found)


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_five_thousand_damages():
    _, failures = run(campaign.size(5000), campaign.seed())
    assert not failures, f"{len(failures)} failures\n" + "\n".join(failures[:40])
