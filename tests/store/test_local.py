"""The local store: buffers are stored unchanged, or an error names those that are not."""

import errno
import hashlib
import os
import random
import re
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmodel.errors import NotPlain, SegmentDamaged, SegmentMissing, WriteFailed
from nbmodel.records import Segment
from nbmodel.store import lfs_format
from nbmodel.store.grouping import LARGE_BUFFER_BYTES, plan
from nbmodel.store.hash_cache import HashCache
from nbmodel.store.lfs_format import TEMPORARY_PREFIX
from nbmodel.store.local import LocalStore
from nbmodel.store.removal import contents, remove


def store_at(folder: Path, known: Path | None = None) -> LocalStore:
    """A store below an existing folder, as below a git directory."""
    return LocalStore(folder / "lfs", HashCache(known or folder / "known"))


@pytest.fixture
def store(tmp_path):
    return store_at(tmp_path)


def groups_of(*contents):
    return [[memoryview(c) for c in group] for group in contents]


def stored_files(store):
    return {p.name: p.read_bytes() for p in store.root.glob("objects/*/*/*")}


def leftovers(store):
    return list((store.root / "tmp").glob("*"))


def inodes(store):
    return {p.name: p.stat().st_ino for p in store.root.glob("objects/*/*/*")}


# -- round trips -------------------------------------------------------------

BUFFERS = st.lists(
    st.binary(max_size=300)
    | st.builds(
        lambda size, seed: random.Random(seed).randbytes(size),
        st.sampled_from([LARGE_BUFFER_BYTES - 1, LARGE_BUFFER_BYTES, LARGE_BUFFER_BYTES + 1]),
        st.integers(0, 3),
    ),
    max_size=8,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(BUFFERS)
def test_stored_buffers_are_read_unchanged(tmp_path, contents):
    store = store_at(tmp_path)
    views = [memoryview(content) for content in contents]
    made = plan(views)
    stored = store.put([[views[n] for n in group] for group in made.segments])
    opened = store.open([s.segment for s in stored], "churn@1")
    back = [opened[p.segment][p.offset : p.offset + p.size] for p in made.placements]
    assert [bytes(view) for view in back] == contents
    for item in stored:
        data = store.path(item.segment.sha256).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item.segment.sha256
        assert blake3(data).hexdigest() == item.segment.blake3
        assert len(data) == item.segment.size
    assert leftovers(store) == []


def test_buffers_of_a_segment_are_aligned_with_zeros(store):
    (stored,) = store.put(groups_of([b"a" * 65, b"", b"b" * 64, b"c"]))
    expected = b"a" * 65 + bytes(63) + b"b" * 64 + b"c"
    assert stored_files(store) == {stored.segment.sha256: expected}


def test_storing_nothing_makes_no_folder(store):
    assert store.put([]) == []
    assert store.open([], "churn@1") == []
    assert not store.root.exists()


def test_objects_are_read_only_and_progress_is_reported(store):
    reports = []
    stored = store.put(groups_of([b"x" * 100], [b"y" * 200]), reports.append)
    assert reports == [100, 200]
    for item in stored:
        assert store.path(item.segment.sha256).stat().st_mode & 0o777 == 0o444
        assert store.has(item.segment)
    reports.clear()
    store.open([s.segment for s in stored], "churn@1", reports.append)
    assert reports == [100, 200]


def test_a_change_of_a_loaded_buffer_does_not_reach_the_store(store):
    (stored,) = store.put(groups_of([b"abc" * 5000]))
    (view,) = store.open([stored.segment], "churn@1")
    view[:3] = b"XYZ"
    assert bytes(view[:6]) == b"XYZabc"
    assert stored_files(store)[stored.segment.sha256] == b"abc" * 5000
    (again,) = store.open([stored.segment], "churn@1")
    assert bytes(again[:3]) == b"abc"


# -- what is there already ---------------------------------------------------


@pytest.mark.parametrize("forgotten", [False, True])
def test_unchanged_buffers_are_stored_once(tmp_path, forgotten):
    first, second = b"x" * 5000, b"y" * 5000
    store = store_at(tmp_path)
    before = store.put(groups_of([first], [second]))
    assert [s.new for s in before] == [True, True]
    if forgotten:  # the cache was emptied: everything is hashed again, and still there once
        (tmp_path / "known").unlink()
    store = store_at(tmp_path)
    after = store.put(groups_of([first], [b"z" * 5000], [second]))
    assert [s.new for s in after] == [False, True, False]
    assert len(stored_files(store)) == 3
    assert leftovers(store) == []


def test_a_known_buffer_is_not_written_again(tmp_path):
    store = store_at(tmp_path)
    store.put(groups_of([b"x" * 5000]))
    before = inodes(store)
    (again,) = store_at(tmp_path).put(groups_of([b"x" * 5000]))
    assert inodes(store) == before
    assert not again.new


def test_a_known_buffer_that_is_gone_is_written_again(store):
    (stored,) = store.put(groups_of([b"x" * 5000]))
    store.path(stored.segment.sha256).unlink()
    (again,) = store.put(groups_of([b"x" * 5000]))
    assert again.new
    assert bytes(store.open([again.segment], "churn@1")[0]) == b"x" * 5000


def test_the_digest_cache_is_not_trusted_without_the_object(tmp_path):
    content = b"x" * 5000
    lie = Segment("0" * 64, blake3(content).hexdigest(), len(content))
    HashCache(tmp_path / "known").add([lie])
    store = store_at(tmp_path)
    (stored,) = store.put(groups_of([content]))
    assert stored.segment.sha256 == hashlib.sha256(content).hexdigest()
    assert bytes(store.open([stored.segment], "churn@1")[0]) == content


@pytest.mark.parametrize("content", [b"", b"x" * 4999, b"x" * 5001, b"x" * 9000])
def test_an_object_of_another_size_is_replaced(store, content):
    (stored,) = store.put(groups_of([b"x" * 5000]))
    path = store.path(stored.segment.sha256)
    path.unlink()
    path.write_bytes(content)
    (again,) = store.put(groups_of([b"x" * 5000]))
    assert again.new
    assert path.read_bytes() == b"x" * 5000
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_damaged_object_is_replaced_when_it_is_written_again(tmp_path):
    (stored,) = store_at(tmp_path).put(groups_of([b"x" * 5000]))
    store = store_at(tmp_path, known=tmp_path / "another cache")
    path = store.path(stored.segment.sha256)
    path.unlink()
    path.write_bytes(b"x" * 4999 + b"y")
    (again,) = store.put(groups_of([b"x" * 5000]))
    assert bytes(store.open([again.segment], "churn@1")[0]) == b"x" * 5000


def test_a_strangers_manifest_adds_nothing_to_the_digest_cache(tmp_path):
    """An object may lie at an address that is not its sha256; only `put` has seen both digests."""
    content = b"x" * 5000
    lie = Segment("0" * 64, blake3(content).hexdigest(), len(content))
    store = store_at(tmp_path)
    path = store.path(lie.sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    store.open([lie], "stranger@1")
    (stored,) = store.put(groups_of([content]))
    assert stored.segment.sha256 == hashlib.sha256(content).hexdigest()


# -- damage ------------------------------------------------------------------


def test_every_flipped_bit_is_detected(store):
    contents = [os.urandom(40), os.urandom(150), b""]
    stored = store.put(groups_of(*([c] for c in contents)))
    for item in stored:
        path = store.path(item.segment.sha256)
        good = path.read_bytes()
        path.chmod(0o644)
        for bit in range(8 * len(good)):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bad)
            with pytest.raises(SegmentDamaged, match=item.segment.sha256[:12]):
                store.open([item.segment], "churn@1")
        path.write_bytes(good)
    assert [bytes(v) for v in store.open([s.segment for s in stored], "churn@1")] == contents


def test_every_truncation_and_every_addition_is_detected(store):
    (stored,) = store.put(groups_of([os.urandom(300)]))
    path = store.path(stored.segment.sha256)
    good = path.read_bytes()
    path.chmod(0o644)
    for size in [*range(300), 301, 600, 4096]:
        path.write_bytes((good * 20)[:size])
        with pytest.raises(SegmentDamaged, match="churn@1"):
            store.open([stored.segment], "churn@1")
        assert not store.has(stored.segment)


def test_ten_thousand_flips_in_a_large_segment_are_detected(store):
    content = bytearray(os.urandom(64 << 10))
    (stored,) = store.put(groups_of([bytes(content)]))
    path = store.path(stored.segment.sha256)
    path.chmod(0o644)
    rng = random.Random(5)
    detected = 0
    with path.open("r+b", buffering=0) as file:
        for _ in range(2000):
            at, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
            os.pwrite(file.fileno(), bytes([content[at] ^ bit]), at)
            with pytest.raises(SegmentDamaged):
                store.open([stored.segment], "churn@1")
            detected += 1
            os.pwrite(file.fileno(), bytes([content[at]]), at)
    assert detected == 2000
    assert bytes(store.open([stored.segment], "churn@1")[0]) == content


def test_a_missing_or_swapped_segment_among_many_is_named(store):
    stored = store.put(groups_of([b"a" * 100], [b"b" * 100], [b"c" * 100]))
    segments = [s.segment for s in stored]
    paths = [store.path(s.sha256) for s in segments]
    content = paths[0].read_bytes()
    paths[0].unlink()
    with pytest.raises(SegmentMissing, match=segments[0].sha256[:12]) as caught:
        store.open(segments, "churn@1")
    assert caught.value.oid == segments[0].sha256
    assert "git lfs fetch" in caught.value.hint
    assert not store.has(segments[0])
    paths[0].write_bytes(paths[1].read_bytes())
    with pytest.raises(SegmentDamaged, match=segments[0].sha256[:12]):
        store.open(segments, "churn@1")
    paths[0].write_bytes(content)
    assert len(store.open(segments, "churn@1")) == 3


@pytest.mark.parametrize("planted", ["folder", "pipe", "dangling link", "loop", "device"])
def test_only_a_regular_file_is_a_segment(store, planted):
    (stored,) = store.put(groups_of([b"x" * 5000]))
    path = store.path(stored.segment.sha256)
    path.unlink()
    match planted:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "dangling link":
            path.symlink_to("nowhere")
        case "loop":
            path.symlink_to(path)
        case "device":
            path.symlink_to("/dev/zero")
    with pytest.raises(NotPlain, match=stored.segment.sha256):
        store.open([stored.segment], "churn@1")
    assert not store.has(stored.segment)


# -- many at once ------------------------------------------------------------


def test_threads_that_store_the_same_both_succeed(tmp_path):
    contents = [os.urandom(20_000) for _ in range(20)]

    def item(_):
        store = store_at(tmp_path)
        return store.put(groups_of(*([c] for c in contents)))

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(item, range(8)))
    store = store_at(tmp_path)
    assert len({tuple(s.segment for s in result) for result in results}) == 1
    for one_of_all in zip(*results, strict=True):
        assert any(stored.new for stored in one_of_all)
    assert len(stored_files(store)) == 20
    opened = store.open([s.segment for s in results[0]], "churn@1")
    assert [bytes(view) for view in opened] == contents
    assert leftovers(store) == []


def _put_in_process(folder, seed):
    rng = random.Random(seed % 2)
    store = store_at(folder)
    return [s.segment for s in store.put(groups_of(*([rng.randbytes(20_000)] for _ in range(20))))]


def test_processes_that_store_the_same_all_succeed(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        results = list(pool.map(_put_in_process, [tmp_path] * 8, range(8)))
    store = store_at(tmp_path)
    for segments in results:
        assert len(store.open(segments, "churn@1")) == 20
    assert len(stored_files(store)) == 40
    assert leftovers(store) == []


def test_an_object_that_changes_while_it_is_stored_is_stored_as_read(store):
    """What is hashed is what is written: no digest is ever that of other bytes."""
    content = bytearray(64 << 20 >> 3)
    stop = threading.Event()

    def scribble():
        rng = random.Random(1)
        while not stop.is_set():
            content[rng.randrange(len(content))] ^= 1

    writer = threading.Thread(target=scribble)
    writer.start()
    try:
        stored = [store.put(groups_of([content]))[0] for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    for item in stored:
        data = store.path(item.segment.sha256).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item.segment.sha256
        assert blake3(data).hexdigest() == item.segment.blake3


# -- collecting --------------------------------------------------------------

OLD = time.time() - 100 * 86400


def age(store):
    for path in store.root.glob("objects/*/*/*"):
        os.utime(path, (OLD, OLD))


def test_only_old_segments_are_removed(store):
    old, young = (s.segment for s in store.put(groups_of([b"a" * 10], [b"b" * 10])))
    age(store)
    os.utime(store.path(young.sha256))
    listed = {sha256: (size, age) for sha256, size, age in contents(store.root).objects}
    assert listed[old.sha256][0] == 10
    assert listed[old.sha256][1] == pytest.approx(100 * 86400, abs=3600)
    assert listed[young.sha256][1] == pytest.approx(0, abs=60)
    wanted = [old.sha256, young.sha256, "0" * 64]
    assert remove(store.root, wanted, 3600) == [old.sha256]
    assert not store.has(old)
    assert store.has(young)
    assert leftovers(store) == []


def test_an_object_that_is_used_again_is_young_again(store):
    (stored,) = store.put(groups_of([b"x" * 5000]))
    age(store)
    store.put(groups_of([b"x" * 5000]))
    assert remove(store.root, [stored.segment.sha256], 3600) == []
    assert bytes(store.open([stored.segment], "churn@1")[0]) == b"x" * 5000


def test_young_objects_are_not_moved(store):
    """Somebody may be reading them: a rename back and forth would show a gap."""
    (stored,) = store.put(groups_of([b"x" * 5000]))
    path = store.path(stored.segment.sha256)
    changed = path.parent.stat().st_mtime_ns
    assert remove(store.root, [stored.segment.sha256], 3600) == []
    assert path.parent.stat().st_mtime_ns == changed


def test_the_files_of_a_killed_writer_are_listed(store):
    store.put(groups_of([b"x"]))
    left = store.root / "tmp" / f"{TEMPORARY_PREFIX}dead"
    left.write_bytes(b"half")
    (store.root / "tmp" / "of-git-lfs").write_bytes(b"not ours")
    ((name, size, seconds),) = contents(store.root).leftovers
    assert (name, size) == (left.name, 4)
    assert seconds < 60


def test_other_files_are_not_objects(store):
    store.put(groups_of([b"x"]))
    (store.root / "objects" / "README").write_text("")
    (store.root / "objects" / "ab").mkdir(exist_ok=True)
    (store.root / "objects" / "ab" / "x").write_text("")
    assert len(contents(store.root).objects) == 1


def patiently(look):
    """Look again for a second while there is no such file."""
    for _ in range(1000):
        with suppress(FileNotFoundError):
            return look()
        time.sleep(0.001)
    return look()


@pytest.mark.parametrize("threads", [1, 3])
def test_a_put_that_returned_leaves_a_readable_object_though_gc_runs(tmp_path, threads):
    contents = [bytes([n]) * 5000 for n in range(4)]
    addresses = [hashlib.sha256(c).hexdigest() for c in contents]
    stop = threading.Event()
    removed = Counter()

    def collect():
        root = store_at(tmp_path).root
        while not stop.is_set():
            removed.update(remove(root, addresses, 3600))

    def commit(seed):
        store = store_at(tmp_path)
        rng = random.Random(seed)
        for _ in range(150):
            content = rng.choice(contents)
            (stored,) = store.put(groups_of([content]))
            # What gc moved aside, to look at, it puts back in the blink of an eye.
            path = store.path(stored.segment.sha256)
            assert patiently(path.read_bytes) == content
            if threads == 1:  # with several, an old time would belie another's put
                patiently(partial(os.utime, path, (OLD, OLD)))
        return True

    collecting = threading.Thread(target=collect)
    collecting.start()
    try:
        with ThreadPoolExecutor(threads) as pool:
            assert all(pool.map(commit, range(threads)))
    finally:
        stop.set()
        collecting.join()
    assert leftovers(store_at(tmp_path)) == []
    if threads == 1:
        assert sum(removed.values()) > 0


# -- the disk ----------------------------------------------------------------

FULL_DISK = """
    import sys
    from pathlib import Path
    from nbmodel.errors import WriteFailed
    from nbmodel.store.hash_cache import HashCache
    from nbmodel.store.local import LocalStore

    disk = Path(sys.argv[1])
    store = LocalStore(disk / "git" / "lfs", HashCache(disk / "known"))
    (disk / "git").mkdir()
    small = store.put([[memoryview(b"s" * 10_000)]])
    try:
        store.put([[memoryview(bytes([n]) * 700_000)] for n in range(8)])
    except WriteFailed as error:
        print(error)
    objects = [p for p in store.root.glob("objects/*/*/*")]
    import hashlib
    for path in objects:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, path
    assert list((store.root / "tmp").iterdir()) == []
    assert bytes(store.open([small[0].segment], "churn@1")[0]) == b"s" * 10_000
    print("kept", len(objects))
"""

READ_ONLY_DISK = """
    import subprocess
    import sys
    from pathlib import Path
    from nbmodel.errors import WriteFailed
    from nbmodel.store.hash_cache import HashCache
    from nbmodel.store.local import LocalStore

    disk = Path(sys.argv[1])
    store = LocalStore(disk / "git" / "lfs", HashCache(disk / "known"))
    (disk / "git").mkdir()
    small = store.put([[memoryview(b"s" * 10_000)]])
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert bytes(store.open([small[0].segment], "churn@1")[0]) == b"s" * 10_000
    try:
        store.put([[memoryview(b"t" * 10_000)]])
    except WriteFailed as error:
        print(error)
"""


def on_a_small_disk(folder, script):
    """Run Python with a disk of 2 MB mounted at `folder`."""
    mount = f"mount -t tmpfs -o size=2m,mode=0777 nbmodel {folder}"
    mine = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "-r"]
    done = subprocess.run(
        [*mine, "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", script, folder],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk_is_an_error_and_leaves_no_half_object(tmp_path):
    output = on_a_small_disk(str(tmp_path), textwrap.dedent(FULL_DISK))
    assert "No space left on device" in output
    assert "Free some space" in output
    assert re.search(r"kept [123]\n", output)


def test_a_read_only_disk_is_an_error_and_can_be_read(tmp_path):
    output = on_a_small_disk(str(tmp_path), textwrap.dedent(READ_ONLY_DISK))
    assert os.strerror(errno.EROFS) in output
    assert "Make the folder writable" in output


ONE_PUT = """
    import sys
    from pathlib import Path
    from nbmodel.store.hash_cache import HashCache
    from nbmodel.store.local import LocalStore

    folder = Path(sys.argv[1])
    store = LocalStore(folder / "lfs", HashCache(folder / "known"))
    store.put([[memoryview(bytes([n]) * 100_000)] for n in range(6)])
    print("returned", flush=True)
"""


def audit(folder):
    """The system calls of one put, in order: ``(name, path, other path)``."""
    log = folder / "strace"
    calls = "mkdir,mkdirat,rename,renameat,renameat2,fsync,fdatasync,write"
    done = subprocess.run(
        ["strace", "-f", "-y", "-s", "4096", "-e", f"trace={calls}", "-o", str(log),
         sys.executable, "-c", textwrap.dedent(ONE_PUT), str(folder)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout == "returned\n"
    unfinished, events = {}, []
    for line in log.read_text(errors="replace").splitlines():
        pid, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            unfinished[pid] = call.removesuffix("<unfinished ...>")
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", call):
            call = unfinished.pop(pid) + resumed[1]
        match = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)", call)
        if match and int(match[3]) >= 0:
            name, arguments = match[1].removesuffix("at2").removesuffix("at"), match[2]
            if name != "write":  # a name below the folder of the descriptor before it
                arguments = re.sub(r"\d+<(/[^>\"]*)>, \"([^/\"][^\"]*)\"", r'"\1/\2"', arguments)
            events.append((name, re.findall(r"[<\"](/[^>\"]*)[>\"]", arguments)))
    return events


def test_a_put_syncs_the_file_before_its_name_and_the_name_before_the_folder(tmp_path):
    events = audit(tmp_path)
    written = [
        (number, paths)
        for number, (name, paths) in enumerate(events)
        if name == "rename" and "/lfs/objects/" in paths[-1]
    ]
    assert len(written) == 6
    last = next(n for n, (name, paths) in enumerate(events) if name == "write" and not paths)
    assert events[last][0] == "write"

    def synced(path, after, before):
        return any(name == "fsync" and paths == [str(path)] for name, paths in events[after:before])

    for at, (temporary, address) in written:
        writes = [
            n for n, (name, paths) in enumerate(events) if name == "write" and temporary in paths
        ]
        assert writes
        assert synced(temporary, max(writes), at), "the bytes were on disk before the name"
        assert synced(Path(address).parent, at, last), "the name was on disk on return"
    made = [(n, Path(paths[0])) for n, (name, paths) in enumerate(events) if name == "mkdir"]
    made = [(n, path) for n, path in made if path.is_relative_to(tmp_path / "lfs")]
    assert len(made) >= 3 + 2
    for at, path in made:
        assert synced(path.parent, at, last), f"the name of {path} was on disk on return"


def test_a_name_made_by_another_writer_is_synced_too(tmp_path):
    """That writer may be killed before it gets to the folder's own fsync."""
    store = store_at(tmp_path, known=tmp_path / "cache of another")
    store.put([[memoryview(bytes([n]) * 100_000)] for n in range(6)])
    events = audit(tmp_path)
    for path in store.root.glob("objects/*/*/*"):
        assert ("fsync", [str(path.parent)]) in events


# -- stock git-lfs -----------------------------------------------------------


def git(folder, *args):
    done = subprocess.run(
        ["git", "-C", str(folder), *args], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_stock_git_lfs_sees_our_objects(tmp_path):
    work = tmp_path / "work"
    for args in (
        ("init", "--quiet", "--initial-branch=main", str(work)),
        ("-C", str(work), "lfs", "install", "--local"),
        ("-C", str(work), "config", "user.name", "Ann"),
        ("-C", str(work), "config", "user.email", "ann@example.org"),
    ):
        subprocess.run(["git", *args], check=True, capture_output=True)
    store = LocalStore(work / ".git" / "lfs", HashCache(tmp_path / "known"))
    contents = {f"{n:04d}": os.urandom(3000 + n) for n in range(5)}
    stored = store.put(groups_of(*([c] for c in contents.values())))
    # By hand, past git-lfs's own filter: blobs of pointers, a tree, a commit.
    (work / ".git" / "info" / "attributes").write_text("* -filter\n")
    (work / "payload").mkdir()
    (work / ".gitattributes").write_text("payload/[0-9]* filter=lfs diff=lfs merge=lfs -text\n")
    for name, item in zip(contents, stored, strict=True):
        (work / "payload" / name).write_bytes(lfs_format.write_pointer(item.segment))
    assert git(work, "add", "--all")[0] == 0
    assert git(work, "commit", "--quiet", "-m", "by hand")[0] == 0
    (work / ".git" / "info" / "attributes").unlink()

    code, output = git(work, "lfs", "ls-files", "--long", "--all")
    assert code == 0
    for name, item in zip(contents, stored, strict=True):
        assert f"{item.segment.sha256} " in output
        assert f"payload/{name}" in output
    assert git(work, "lfs", "fsck", "HEAD") == (0, "Git LFS fsck OK\n")

    for name in contents:
        (work / "payload" / name).unlink()
    assert git(work, "checkout", "HEAD", "--", "payload")[0] == 0
    assert {p.name: p.read_bytes() for p in (work / "payload").iterdir()} == contents

    damaged = store.path(stored[0].segment.sha256)
    damaged.chmod(0o644)
    damaged.write_bytes(b"x" * stored[0].segment.size)
    code, output = git(work, "lfs", "fsck", "HEAD")
    assert code != 0
    assert stored[0].segment.sha256 in output


def test_a_missing_root_is_reported_as_a_failed_write(tmp_path):
    with pytest.raises(WriteFailed, match="No such file"):
        store_at(tmp_path / "gone").put(groups_of([b"x"]))
