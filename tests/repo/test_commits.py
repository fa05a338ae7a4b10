"""Snapshots: one commit and one ref at a time by compare-and-swap; invalid trees are not read."""

import hashlib
import subprocess
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmodel import refs
from nbmodel.errors import GitFailed, LostRace, ManifestInvalid, NbModelError
from nbmodel.layout import FOLDERS, FORMAT, MAX_FILES
from nbmodel.records import Person
from nbmodel.repo import location
from nbmodel.repo.commits import NewCommit, annotate, check_layout, read_tree, write
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import create_bare
from tests.repo.hostile import NAMES

ANN = Person("Ann Üse", "ann@example.org")
REF = "refs/heads/models/churn/main"
FILES = {
    ".gitattributes": b"payload/[0-9]* filter=lfs\n",
    "README.md": "# Ü\n".encode(),
    "model.json": b"{}\n",
    "payload/0000": b"version https://git-lfs.github.com/spec/v1\n",
    "payload/skeleton": bytes(range(256)) * 5,
}
GROWN = {
    **FILES,
    "acceptance.json": b"{}\n",
    "curves.json": b"{}\n",
    "files/0000": b"png",
    "modules/helpers.py": b"X = 1\n",
    "modules/churn/__init__.py": b"",
    "modules/churn/deep/er/m_d_le-0a1b2c3d.py": b"",
    "run/cells.py": b"",
    "run/inputs/0000": b"",
}


def change(parents=(), ref=REF, files=FILES, message="a message", time=1_700_000_000, who=ANN):
    return NewCommit(ref, parents, files, who, time, message)


def stock(repo, *args):
    """What stock git says."""
    done = subprocess.run(["git", "-C", str(repo), *args], check=True, capture_output=True)
    return done.stdout.decode()


def is_clean(repo) -> bool:
    done = subprocess.run(
        ["git", "-C", str(repo), "fsck", "--strict", "--full"], check=False, capture_output=True
    )
    output = (done.stdout + done.stderr).decode()
    troubles = [
        line for line in output.splitlines() if not line.startswith(("notice:", "dangling"))
    ]
    assert (done.returncode, troubles) == (0, [])
    return True


# -- both ways ---------------------------------------------------------------


def test_what_is_written_reads_back_and_stock_git_sees_it(bare_repo):
    git = bare_repo.git
    commit = write(git, change(message="Grüße\n\nlong\n"))
    assert git.resolve(REF) == commit
    tree = read_tree(git, commit, "churn@1")
    assert {path: tree.read(git, path) for path in tree.blobs} == FILES
    assert tree.read(git, "cells.py") is None
    shown = stock(bare_repo.path, "log", "-1", "--format=%an|%ae|%at|%cn|%ct|%B", commit)
    assert shown.strip() == ("Ann Üse|ann@example.org|1700000000|Ann Üse|1700000000|Grüße\n\nlong")
    listed = stock(bare_repo.path, "ls-tree", "-r", "--name-only", commit).splitlines()
    assert listed == sorted(FILES)
    assert is_clean(bare_repo.path)


def test_the_tree_of_format_2_reads_back_and_is_clean(bare_repo):
    git = bare_repo.git
    tree = read_tree(git, write(git, change(files=GROWN)), "churn@1")
    assert {path: tree.read(git, path) for path in tree.blobs} == GROWN
    assert is_clean(bare_repo.path)
    check_layout(tree, FORMAT, "churn@1")
    with pytest.raises(ManifestInvalid, match="which format 1 does not"):
        check_layout(tree, 1, "churn@1")
    plain = read_tree(git, write(git, change(files=FILES, ref=f"{REF}2")), "churn@1")
    check_layout(plain, 1, "churn@1")


def test_a_child_holds_its_own_files_only(bare_repo):
    git = bare_repo.git
    first = write(git, change())
    second = write(git, change((first,), files={"model.json": b"2"}))
    assert set(read_tree(git, second, "churn@2").blobs) == {"model.json"}
    assert stock(bare_repo.path, "rev-list", "--parents", REF).splitlines() == [
        f"{second} {first}",
        first,
    ]


def test_a_merge_has_two_parents_in_order(bare_repo):
    git = bare_repo.git
    base = write(git, change())
    side = write(git, change((base,), ref="refs/heads/models/churn/exp", message="side"))
    main = write(git, change((base,), message="main"))
    merge = write(git, change((main, side)))
    assert stock(bare_repo.path, "log", "-1", "--format=%P", merge).split() == [main, side]


def test_a_branch_can_begin_at_a_version_of_another(bare_repo):
    git = bare_repo.git
    base = write(git, change())
    exp = write(git, change((base,), ref="refs/heads/models/churn/exp"))
    assert git.resolve(REF) == base
    assert git.resolve("refs/heads/models/churn/exp") == exp


CONTENTS = st.binary(max_size=60) | st.sampled_from(
    [b"\n", b"done\n", b"data 5\nabc", b"M 100644 inline x\n", b"\0", b"\nget-mark :1\n"]
)
MESSAGES = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(NAMES)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(content=CONTENTS, message=MESSAGES, name=MESSAGES, email=MESSAGES)
def test_no_text_is_read_as_a_command_of_fast_import(bare_repo, content, message, name, email):
    git = bare_repo.git
    tip = git.resolve(REF)
    commit = write(
        git,
        change(
            (tip,) if tip else (),
            files={"model.json": content},
            message=message,
            who=Person(name, email),
        ),
    )
    assert read_tree(git, commit, "churn@1").read(git, "model.json") == content
    raw = git.read(commit).data
    head, _, body = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    assert [line.split(b" ")[0] for line in lines if not line.startswith(b"parent ")] == [
        b"tree", b"author", b"committer",
    ]  # fmt: skip
    assert b"\0" not in raw
    if "\0" not in message:
        assert body == message.encode(errors="replace")
    assert stock(bare_repo.path, "for-each-ref", "--format=%(refname)").split() == [REF]


def test_hostile_messages_and_people_leave_a_clean_repository(bare_repo):
    tip = ()
    for text in NAMES[::8]:
        who = Person(text, f"{text}@{text}")
        tip = (write(bare_repo.git, change(tip, message=text, who=who)),)
    assert is_clean(bare_repo.path)


# -- compare and swap --------------------------------------------------------


def test_a_writer_that_lost_the_race_gets_an_error_and_nothing_moves(bare_repo):
    git = bare_repo.git
    first = write(git, change())
    second = write(git, change((first,)))
    for parents in ((), (first,)):
        with pytest.raises(LostRace, match="refs/heads/models/churn/main"):
            write(git, change(parents, message="late"))
        assert git.resolve(REF) == second
    with pytest.raises(LostRace):
        write(git, change((), files={"model.json": b"another root"}))
    assert not list(bare_repo.path.glob("fast_import_crash_*"))


def _commit_many(place, worker, count):
    git = Git(Path(place))
    lost = 0
    for number in range(count):
        while True:
            tip = git.resolve(REF)
            try:
                files = {"model.json": f"{worker} {number}".encode()}
                write(git, change((tip,) if tip else (), files=files, message=f"{worker}-{number}"))
            except LostRace:
                lost += 1
                continue
            break
    git.close()
    return lost


def test_eight_processes_on_one_branch_all_land(tmp_path):
    """From the first commit on: also the race for the root."""
    place = tmp_path / "registry.git"
    create_bare(place)
    with ProcessPoolExecutor(8) as pool:
        lost = sum(pool.map(_commit_many, [str(place)] * 8, range(8), [6] * 8))
    log = stock(place, "log", "--format=%P|%s", REF).splitlines()
    parents, subjects = zip(*(line.split("|") for line in log), strict=True)
    assert Counter(subjects) == Counter(f"{w}-{n}" for w in range(8) for n in range(6))
    assert [len(p.split()) for p in parents] == [1] * 47 + [0]
    for worker in range(8):  # each one's own commits are in its own order
        own = [int(s.split("-")[1]) for s in subjects if s.startswith(f"{worker}-")]
        assert own == sorted(own, reverse=True)
    assert lost > 0
    assert is_clean(place)


@pytest.mark.parametrize("obstacle", ["branch above", "branch below", "broken ref", "lost commit"])
def test_an_error_that_is_not_a_race_is_not_reported_as_one(bare_repo, obstacle):
    """Repeating would not help: the words say what is in the way."""
    git = bare_repo.git
    other = write(git, change(ref="refs/heads/models/other/main"))
    match obstacle:
        case "branch above":
            bare_repo.set_ref("refs/heads/models/churn", other)
        case "branch below":
            bare_repo.set_ref(f"{REF}/deep", other)
        case "broken ref":
            path = bare_repo.path / REF
            path.parent.mkdir(parents=True)
            path.write_text("garbage\n")
        case "lost commit":
            bare_repo.set_ref(REF, "1" * 40)
    with pytest.raises(GitFailed, match=r"models/churn") as caught:
        write(git, change())
    assert type(caught.value) is GitFailed


# -- what is not written -----------------------------------------------------


def everything(folder: Path, *without: str) -> dict[str, str]:
    """Digest of every file below a folder, by path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not str(path.relative_to(folder)).startswith(without)
    }


def test_five_hundred_hostile_names_move_no_ref(bare_repo):
    git = bare_repo.git
    first = write(git, change())
    bare_repo.set_ref("refs/heads/main", first)
    before = everything(bare_repo.path)
    assert len(NAMES) > 500
    for name in NAMES:
        for kind in ("model", "branch", "stage"):
            with pytest.raises(NbModelError):
                refs.check_name(kind, name)
        for ref in (
            name, f"refs/heads/models/{name}/main", f"refs/heads/models/churn/{name}",
            f"{REF}/{name}", f"{name}\n{REF}", f"{REF}\n{name}", f"refs/tags/{name}",
        ):  # fmt: skip
            with pytest.raises(NbModelError):
                write(git, change(ref=ref))
        for parent in (name, f"{first}{name}" if name else "x", f"{first}\n{name}"):
            with pytest.raises(NbModelError):
                write(git, change((parent,)))
            with pytest.raises(NbModelError):
                annotate(git, change(ref=refs.NOTES_REF, files={}), parent, b"text")
    assert everything(bare_repo.path) == before


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "..", "../x", "/x", "a/b", "payload/../x", "payload/", "payload/a/b", ".git",
        ".GIT", "x\ny", '"x"', "x y", "é", "payload//x", "x\0", "payload", "-" * 3,
        "files/a/b", "files", "Modules/x.py", "modules/../x", "modules/.git/x", "modules/a/.GIT",
        "modules/é.py", "modules//x.py", "modules/", "run/a/b/c/d", "modules/" + "a/" * 16 + "x",
        "modules/a b.py", "modules/\0", "data/x", "modules/-x.py",
    ],
)  # fmt: skip
def test_no_file_is_written_that_would_not_be_read(bare_repo, path):
    files = {"model.json": b"{}", path: b"x"}
    if path == "payload":
        files["payload/0000"] = b"x"
    with pytest.raises(NbModelError):
        write(bare_repo.git, change(files=files))
    assert bare_repo.git.resolve(REF) is None


def test_the_users_own_repository_is_not_touched(tmp_path):
    top = tmp_path / "project"
    stock(tmp_path, "init", "--quiet", "--initial-branch=main", str(top))
    stock(top, "config", "user.name", "Ann")
    stock(top, "config", "user.email", "ann@example.org")
    (top / "train.py").write_text("1\n")
    stock(top, "add", "train.py")
    stock(top, "commit", "--quiet", "-m", "code")
    (top / "train.py").write_text("2\n")
    (top / "new.py").write_text("3\n")
    stock(top, "add", "new.py")
    stock(top, "pack-refs", "--all")
    ours = (".git/objects", ".git/refs", ".git/logs/refs/heads/models", ".git/logs/refs/notes")
    before = everything(top, *ours)
    status = stock(top, "status", "--porcelain=v2", "--branch")
    before = everything(top, *ours)
    git = Git(top / ".git")
    tip = ()
    for number in range(3):
        tip = (write(git, change(tip, message=str(number))),)
    annotate(git, change(ref=refs.NOTES_REF, files={}), tip[0], b"note\n")
    git.close()
    assert everything(top, *ours) == before
    assert stock(top, "status", "--porcelain=v2", "--branch") == status
    assert stock(top, "rev-parse", "--symbolic-full-name", "HEAD").strip() == "refs/heads/main"
    assert is_clean(top)


@pytest.mark.parametrize("shape", ["project", "linked worktree", "submodule", "bare", "beside"])
def test_a_version_is_written_in_every_kind_of_registry(tmp_path, shape):
    top = tmp_path / "ein Projekt ü 模型"
    who = ("-c", "user.name=Ann", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
    stock(tmp_path, "init", "--quiet", "--initial-branch=main", str(top))
    stock(top, *who, "commit", "--quiet", "--allow-empty", "-m", "code")
    folder = tmp_path / f"{shape} ü"
    match shape:
        case "project":
            folder = top
        case "linked worktree":
            stock(top, "worktree", "add", "--quiet", "-b", "side", str(folder))
        case "submodule":
            stock(tmp_path, "init", "--quiet", str(folder))
            stock(folder, *who, "submodule", "--quiet", "add", str(top), "sub ü")
            folder = folder / "sub ü"
        case "bare":
            stock(tmp_path, "clone", "--quiet", "--bare", str(top), str(folder))
        case "beside":
            folder.mkdir()
    head = "" if shape == "beside" else stock(folder, "rev-parse", "HEAD")
    result = location.find_or_create(folder)
    git = Git(result.git_dir)
    first = write(git, change())
    second = write(git, change((first,), message="2"))
    assert git.resolve(REF) == second
    git.close()
    again = Git(location.find(folder).git_dir)
    assert read_tree(again, second, "churn@2").read(again, "model.json") == FILES["model.json"]
    again.close()
    assert stock(result.git_dir, "rev-parse", REF).strip() == second
    if head:
        assert stock(folder, "rev-parse", "HEAD") == head
    if result.work_tree is not None:
        assert stock(folder, "status", "--porcelain") == ""
    assert is_clean(result.git_dir)


# -- strange trees -----------------------------------------------------------


def commit_of(repo, *entries):
    return repo.commit(repo.tree(*entries))


@pytest.mark.parametrize(
    "name",
    [
        "..", ".", ".git", ".GIT", ".Git", "/etc/passwd", "a/b", "../x", "a\nb", "a b", "é", "",
        "-x", "--upload-pack=x", ".gi\u200ct", "git~1", "a\\b", "a:b", "x" * 129, "*", "\x1b[2J",
        "<img/src=x>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("below", ["", *FOLDERS[FORMAT], "modules/a", "modules/a/b", "run/a"])
def test_a_tree_with_an_invalid_name_is_refused(bare_repo, name, below):
    blob = bare_repo.put("blob", b"x")
    entry = ("100644", name, blob)
    for folder in reversed(below.split("/") if below else []):
        entry = ("40000", folder, bare_repo.tree(entry))
    commit = commit_of(bare_repo, ("100644", "model.json", blob), entry)
    with pytest.raises(ManifestInvalid, match="churn@1"):
        read_tree(bare_repo.git, commit, "churn@1")


@pytest.mark.parametrize("below", ["", *FOLDERS[FORMAT], "modules/a", "run/a"])
@pytest.mark.parametrize(
    "mode",
    ["120000", "160000", "100755", "100664", "040000", "0100644", "644", "", "40755", "\xff"],
)
def test_a_tree_with_an_invalid_mode_is_refused(bare_repo, mode, below):
    blob = bare_repo.put("blob", b"/etc/passwd")
    entry = (mode, "cells.py", blob)
    for folder in reversed(below.split("/") if below else []):
        entry = ("40000", folder, bare_repo.tree(entry))
    commit = commit_of(bare_repo, entry, ("100644", "model.json", blob))
    with pytest.raises(ManifestInvalid, match="churn@1"):
        read_tree(bare_repo.git, commit, "churn@1")


@pytest.mark.parametrize(
    "names",
    [
        ("README.md", "readme.MD"), ("a", "a"), ("payload", "payload"), ("PAYLOAD", "payload"),
        ("model.json", "model.json"),
    ],
)  # fmt: skip
def test_names_that_a_file_system_would_mix_up_are_refused(bare_repo, names):
    blob = bare_repo.put("blob", b"x")
    folder = bare_repo.tree(("100644", "skeleton", blob))
    entries = [
        ("40000", name, folder) if name == "payload" else ("100644", name, blob) for name in names
    ]
    with pytest.raises(ManifestInvalid, match="twice"):
        read_tree(bare_repo.git, commit_of(bare_repo, *entries), "churn@1")
    inner = bare_repo.tree(*[("100644", name, blob) for name in names])
    for folder in FOLDERS[FORMAT]:
        with pytest.raises(ManifestInvalid, match="twice"):
            read_tree(bare_repo.git, commit_of(bare_repo, ("40000", folder, inner)), "churn@1")


def test_folders_that_no_format_has_are_refused(bare_repo):
    blob = bare_repo.put("blob", b"x")
    folder = bare_repo.tree(("100644", "x", blob))
    for name in ("data", "Payload", "payload2", "Modules", "FILES"):
        with pytest.raises(ManifestInvalid, match=name):
            read_tree(bare_repo.git, commit_of(bare_repo, ("40000", name, folder)), "churn@1")
    for name, levels in FOLDERS[FORMAT].items():
        deep = folder
        for _ in range(levels - 1):
            deep = bare_repo.tree(("40000", "a", deep))
        read_tree(bare_repo.git, commit_of(bare_repo, ("40000", name, deep)), "churn@1")
        deep = bare_repo.tree(("40000", "a", deep))
        with pytest.raises(ManifestInvalid, match="not a regular file"):
            read_tree(bare_repo.git, commit_of(bare_repo, ("40000", name, deep)), "churn@1")


def test_a_tree_with_too_many_files_is_refused(bare_repo):
    """A few small objects may describe more files than any disk holds."""
    blob = bare_repo.put("blob", b"x")
    folder = bare_repo.tree(*[("100644", f"{n:03}.py", blob) for n in range(100)])
    for _ in range(8):
        folder = bare_repo.tree(*[("40000", f"{n:03}", folder) for n in range(100)])
    with pytest.raises(ManifestInvalid, match=f"more than {MAX_FILES} files in modules"):
        read_tree(bare_repo.git, commit_of(bare_repo, ("40000", "modules", folder)), "churn@1")


@pytest.mark.parametrize("missing", ["commit", "tree", "payload"])
def test_a_missing_object_is_reported(bare_repo, missing):
    blob = bare_repo.put("blob", b"x")
    folder = bare_repo.tree(("100644", "skeleton", blob))
    tree = bare_repo.tree(("100644", "model.json", blob), ("40000", "payload", folder))
    commit = bare_repo.commit(tree)
    bare_repo.object_path({"commit": commit, "tree": tree, "payload": folder}[missing]).unlink()
    with pytest.raises(NbModelError, match=r"tree is missing|leads to .* not in this clone"):
        read_tree(bare_repo.git, commit, "churn@1")


def test_a_tree_that_is_not_a_tree_is_refused(bare_repo):
    blob = bare_repo.put("blob", b"100644 x\0" + bytes(20))
    for entry in (("40000", "payload", blob), ("40000", "payload", bare_repo.commit(blob))):
        with pytest.raises(ManifestInvalid, match="tree is missing"):
            read_tree(bare_repo.git, commit_of(bare_repo, entry), "churn@1")
    for oid in (blob, bare_repo.commit(blob), "1" * 40):
        with pytest.raises(ManifestInvalid, match="tree is missing"):
            read_tree(bare_repo.git, oid, "churn@1")


def test_a_file_whose_content_is_not_in_this_clone_is_not_absent(bare_repo):
    git = bare_repo.git
    blob = bare_repo.put("blob", b"not there")
    tree = read_tree(git, commit_of(bare_repo, ("100644", "model.json", blob)), "churn@1")
    bare_repo.object_path(blob).unlink()
    git.close()
    with pytest.raises(GitFailed, match=r"model\.json") as caught:
        tree.read(git, "model.json")
    assert "fetch" in caught.value.hint.lower()


def test_a_file_that_is_a_folder_is_not_read(bare_repo):
    folder = bare_repo.tree(("100644", "x", bare_repo.put("blob", b"x")))
    tree = read_tree(bare_repo.git, commit_of(bare_repo, ("100644", "model.json", folder)), "c@1")
    with pytest.raises(GitFailed, match=r"model\.json"):
        tree.read(bare_repo.git, "model.json")


RAW = st.lists(
    st.sampled_from(
        [b"100644 ", b"40000 ", b"model.json", b"payload", b"\0", b" ", bytes(20), b"x"]
    )
    | st.binary(max_size=22),
    max_size=8,
).map(b"".join)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)
@given(RAW)
def test_any_bytes_for_a_tree_give_files_or_our_error(bare_repo, data):
    commit = bare_repo.commit(bare_repo.put("tree", data), when=1)
    try:
        tree = read_tree(bare_repo.git, commit, "churn@1")
    except ManifestInvalid:
        return
    for path, oid in tree.blobs.items():
        assert path.encode() in data
        assert bytes.fromhex(oid) in data


def test_a_very_large_tree_is_refused(bare_repo):
    row = b"100644 %d\0" + bytes(20)
    data = b"".join(row % number for number in range(700_000))
    commit = bare_repo.commit(bare_repo.put("tree", data))
    with pytest.raises(NbModelError):
        read_tree(bare_repo.git, commit, "churn@1")
