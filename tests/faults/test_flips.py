"""Damage anywhere in ``.git``: right answers or errors of ours, never a wrong answer in silence.

The kind: bytes of the repository are not what was written. References have no
checksum and can only be held against the objects they name, packed ones against
the form git writes; objects are held against their own addresses on every way
into nbmodel. Without an earlier look, a reference that vanished whole is named
by verify alone; with one, no answer may be wrong.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.faults import campaign, flips, template


def run(count, seed):
    with campaign.place() as folder, ProcessPoolExecutor(2) as pool:
        share = -(-count // len(template.LAYOUTS))
        runs = [pool.submit(flips.run, folder, layout, share, seed) for layout in template.LAYOUTS]
        results = [done.result() for done in runs]
    counts = sum((found for found, _ in results), Counter())
    campaign.report("damage", counts)
    return counts, [text for _, failures in results for text in failures]


def test_a_damaged_file_never_gives_a_wrong_answer_in_silence():
    counts, failures = run(campaign.size(30), campaign.seed())
    assert not failures, "\n".join(failures)
    assert counts["right"] > 0
    assert counts["error"] > 0


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_five_thousand_damages():
    _, failures = run(campaign.size(5000), campaign.seed())
    assert not failures, f"{len(failures)} failures\n" + "\n".join(failures[:40])
