"""Campaign: a coverage-guided fuzzer changes files of a stranger's repository.

The kinds behind it: an index of a booster that native code uses without a check (G2, G3); a file
that takes more memory or time than its size allows (G12, G13, G14); a value of an unusual type in a
document that one reader checks and another does not. An input may be refused by an `NbModelError`,
or read and then used, in 10 s and 2 GiB. An error of a native library for a loaded model is
allowed; a crash is a failure.

`NBMODEL_SEED` chooses different changes, `NBMODEL_CAMPAIGN` the seconds for each target. The long
form needs the extra `stress`: ``make stress`` installs it.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.fuzzing import campaign
from tests.fuzzing.table import TARGETS

LONG_S = 1800


def test_seeds_are_read_and_changes_of_them_are_refused_or_read(tmp_path):
    seed = int(os.environ.get("NBMODEL_SEED", "9"))
    report = campaign.replay(list(TARGETS), tmp_path, seed)
    assert not report.failure, report.failure
    for name, counts in report.counts.items():
        print(f"{name}, seed {seed}: {counts}")
        assert counts["seeds read"] > 0
        assert counts["read"] > counts["seeds read"]


@pytest.mark.stress
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("name", TARGETS)
def test_a_format_for_a_long_time(tmp_path, name):
    seed = int(os.environ.get("NBMODEL_SEED") or random.SystemRandom().randrange(1, 1 << 31))
    seconds = int(os.environ.get("NBMODEL_CAMPAIGN") or LONG_S)
    print(f"\nNBMODEL_SEED={seed}", flush=True)
    report = campaign.fuzz(name, tmp_path, seconds, seed)
    print(f"{name}, {seconds} s, seed {seed}: {report}", flush=True)
    assert not report.failure, report.failure
    assert report.runs > seconds
    assert report.features > 0
