"""A verb that is killed, or refused by the system, at any call: nothing lost, nothing torn, truth.

The kind: a command ends where nobody meant it to. What was acknowledged is there;
the next command works at once, whatever lock stands; verify names what is left. What
the system refuses becomes an error of ours, and one that comes after the reference
has moved says that the version is there.
"""

from __future__ import annotations

import pytest

from tests.faults import campaign, strikes


def run(campaign_of, name, count, seed):
    parts = [(share, f"{seed} {number}") for number, share in enumerate(campaign.shares(count))]
    counts, failures = campaign.spread(name, campaign_of, parts)
    assert not failures, f"{len(failures)} failures\n" + "\n".join(failures[:40])
    return counts


def test_a_few_kills():
    size = campaign.size(16)
    assert run(strikes.killed, "kills", size, campaign.seed())["strikes"] == size


def test_a_few_refusals():
    size = campaign.size(10)
    assert run(strikes.refused, "refusals", size, campaign.seed())["strikes"] == size


def test_a_few_full_disks():
    size = campaign.size(8)
    assert run(strikes.full, "full disks", size, campaign.seed())["strikes"] == size


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_three_thousand_kills():
    run(strikes.killed, "kills", campaign.size(3000), campaign.seed())


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_a_thousand_refusals():
    run(strikes.refused, "refusals", campaign.size(1000), campaign.seed())


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_three_hundred_full_disks():
    run(strikes.full, "full disks", campaign.size(300), campaign.seed())


STEPS = [
    # A kill between the lock and its rename, in the git that moves the branch.
    strikes.Strike("commit", "git", "rename,renameat,renameat2", "SIGKILL", 3),
    # The folder of the reference cannot be put on disk once the reference has moved.
    strikes.Strike("promote", "alone", "fsync,fdatasync", "EIO", 1, later=True),
    strikes.Strike("release", "alone", "fsync,fdatasync", "ENOSPC", 1, later=True),
    # pack-refs is killed with its lock and its half of a file.
    strikes.Strike("gc", "git", "rename,renameat,renameat2", "SIGKILL", 1),
]


@pytest.mark.parametrize("strike", STEPS, ids=lambda strike: strike.script().split("strikes ")[1])
def test_the_steps_that_once_failed(strike):
    with campaign.place() as folder:
        assert strikes.Victim(folder).strike(strike) == []
