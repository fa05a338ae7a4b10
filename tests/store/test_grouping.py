"""Grouping: every buffer has a place, and neighbors do not change where a group ends."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbmodel.store.grouping import (
    ALIGNMENT_BYTES,
    LARGE_BUFFER_BYTES,
    MAX_GROUP_BYTES,
    MEAN_GROUP_BYTES,
    aligned,
    plan,
)

SIZES = st.lists(
    st.integers(0, 200)
    | st.sampled_from(
        [LARGE_BUFFER_BYTES - 1, LARGE_BUFFER_BYTES, LARGE_BUFFER_BYTES + 1, 300_000]
    ),
    max_size=12,
)


NOISE = memoryview(random.Random(0).randbytes(4 * LARGE_BUFFER_BYTES))


def views(sizes, seed=0):
    """Buffers of these sizes with different contents."""
    rng = random.Random(seed)
    starts = [rng.randrange(len(NOISE) - size) for size in sizes]
    return [NOISE[at : at + size] for at, size in zip(starts, sizes, strict=True)]


def contents(buffers):
    """Each segment as the tuple of buffers in it: what decides its address."""
    return [tuple(bytes(buffers[n]) for n in group) for group in plan(buffers).segments]


@given(SIZES)
@example([])
@example([0])
@example([LARGE_BUFFER_BYTES, 5, LARGE_BUFFER_BYTES, 5])
def test_every_buffer_has_a_separate_place(sizes):
    buffers = views(sizes)
    made = plan(buffers)
    assert sorted(n for group in made.segments for n in group) == list(range(len(sizes)))
    assert all(group for group in made.segments)
    assert [p.size for p in made.placements] == sizes
    for number, group in enumerate(made.segments):
        end = 0
        for buffer in group:
            place = made.placements[buffer]
            assert place.segment == number
            assert place.offset == aligned(end)
            assert place.offset % ALIGNMENT_BYTES == 0
            end = place.offset + place.size


@given(SIZES)
def test_a_large_buffer_is_alone_and_small_ones_keep_their_order(sizes):
    made = plan(views(sizes))
    for group in made.segments:
        if any(sizes[n] >= LARGE_BUFFER_BYTES for n in group):
            assert len(group) == 1
    small = [n for group in made.segments for n in group if sizes[n] < LARGE_BUFFER_BYTES]
    assert small == [n for n, size in enumerate(sizes) if size < LARGE_BUFFER_BYTES]


def test_a_group_has_a_maximum_size():
    # Equal buffers draw alike: none of these cuts, so only the limit ends a group.
    uncut = next(
        b for seed in range(99) if len(plan([b := views([1000], seed)[0]] * 9).segments) == 1
    )
    made = plan([uncut] * 40_000)
    sizes = [sum(aligned(made.placements[n].size) for n in group) for group in made.segments]
    assert max(sizes) <= MAX_GROUP_BYTES + LARGE_BUFFER_BYTES
    assert sizes[:-1] == [MAX_GROUP_BYTES + -MAX_GROUP_BYTES % 1024] * (len(sizes) - 1)


def test_groups_have_about_the_intended_size():
    buffers = views([20_000] * 4000)
    groups = plan(buffers).segments
    assert (
        0.5 * MEAN_GROUP_BYTES < sum(b.nbytes for b in buffers) / len(groups) < 2 * MEAN_GROUP_BYTES
    )


@pytest.mark.parametrize("change", ["append", "prepend", "insert", "remove", "change"])
def test_old_segments_stay_when_buffers_come_or_go(change):
    old = views([20_000] * 3000)
    new = list(old)
    fresh = views([20_000] * 300, seed=1)
    middle = len(old) // 2
    match change:
        case "append":
            new += fresh
        case "prepend":
            new[:0] = fresh
        case "insert":
            new[middle:middle] = fresh
        case "remove":
            del new[middle : middle + 300]
        case "change":
            new[middle] = fresh[0]
    before = set(contents(old))
    remaining = [group for group in contents(new) if group in before]
    shared = sum(len(b) for group in remaining for b in group) / sum(b.nbytes for b in old)
    assert shared > 0.7  # 60 MB in groups of 4: the change costs one or two of fifteen


def test_a_large_buffer_between_small_ones_moves_no_cut():
    small = views([50_000] * 200)
    large = views([LARGE_BUFFER_BYTES], seed=2)
    mixed = [*small[:70], *large, *small[70:]]
    assert [g for g in contents(mixed) if len(g[0]) < LARGE_BUFFER_BYTES] == contents(small)


@pytest.mark.parametrize(
    ("offset", "expected"), [(0, 0), (1, 64), (63, 64), (64, 64), (65, 128), (1 << 40, 1 << 40)]
)
def test_offsets_are_aligned(offset, expected):
    assert aligned(offset) == expected
