"""A verb that is killed, or whose system call fails, at any call: nothing is lost or incomplete.

The kind: a command ends at an unexpected point. Acknowledged work is there. The next command works
at once, in spite of locks, and verify names leftovers. A failed system call becomes an
`NbModelError`. If it fails after the reference has moved, the error says that the version is there.
"""

from __future__ import annotations

import pytest

from tests.faults import campaign, interruptions, team_interruptions


def run(campaign_of, name, count, seed):
    parts = [(share, f"{seed} {number}") for number, share in enumerate(campaign.shares(count))]
    counts, failures = campaign.spread(name, campaign_of, parts)
    assert not failures, f"{len(failures)} failures\n" + "\n".join(failures[:40])
    return counts


def test_a_few_kills():
    size = campaign.size(16)
    assert run(interruptions.killed, "kills", size, campaign.seed())["interruptions"] == size


def test_a_few_refusals():
    size = campaign.size(10)
    assert run(interruptions.refused, "refusals", size, campaign.seed())["interruptions"] == size


def test_a_few_full_disks():
    size = campaign.size(8)
    assert run(interruptions.full, "full disks", size, campaign.seed())["interruptions"] == size


def test_a_few_kills_of_a_push_and_a_pull():
    size = campaign.size(10)
    counts = run(team_interruptions.killed, "kills of a team", size, campaign.seed())
    assert counts["interruptions"] == size


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_a_thousand_kills_of_a_push_and_a_pull():
    run(team_interruptions.killed, "kills of a team", campaign.size(1000), campaign.seed())


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_three_thousand_kills():
    run(interruptions.killed, "kills", campaign.size(3000), campaign.seed())


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_a_thousand_refusals():
    run(interruptions.refused, "refusals", campaign.size(1000), campaign.seed())


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_three_hundred_full_disks():
    run(interruptions.full, "full disks", campaign.size(300), campaign.seed())


STEPS = [
    # A kill between the lock and its rename, in the git that moves the branch.
    interruptions.Interruption("commit", "git", "rename,renameat,renameat2", "SIGKILL", 3),
    # The folder of the reference cannot be synced after the reference has moved.
    interruptions.Interruption("promote", "alone", "fsync,fdatasync", "EIO", 1, later=True),
    interruptions.Interruption("release", "alone", "fsync,fdatasync", "ENOSPC", 1, later=True),
    # pack-refs is killed with its lock and an incomplete file.
    interruptions.Interruption("gc", "git", "rename,renameat,renameat2", "SIGKILL", 1),
]


@pytest.mark.parametrize(
    "interruption", STEPS, ids=lambda interruption: interruption.script().split("interruptions ")[1]
)
def test_the_steps_that_once_failed(interruption):
    with campaign.place() as folder:
        assert interruptions.InterruptedRegistry(folder).interrupt(interruption) == []
