"""nbmodel runs no command that a repository of another person names.

The repository here names commands in every way that git has. Each command writes its own file (a
canary) when it runs. `test_the_hostile_commands_run_in_ordinary_git` shows that ordinary git runs
them, so that the missing files in the other tests prove something.
"""

import os
import subprocess
import time
from pathlib import Path

import pytest

from nbmodel.errors import AlreadyExists, LostRace, NbModelError
from nbmodel.provenance.code_repository import CodeRepository
from nbmodel.records import Note, Person
from nbmodel.repo import commits, history, identity, location, notes, tags
from nbmodel.repo.commits import NewCommit
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import check_version, create_bare, locate
from nbmodel.versioning.verbs.gc import segments_in_use

ANN = Person("Ann", "ann@example.org")
REF = "refs/heads/models/churn/main"
FUTURE = time.time() + 3 * 365 * 86400
HOOKS = [
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "p4-pre-submit", "post-applypatch",
    "post-checkout", "post-commit", "post-index-change", "post-merge", "post-receive",
    "post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc", "pre-commit",
    "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive", "prepare-commit-msg",
    "proc-receive", "push-to-checkout", "reference-transaction", "sendemail-validate", "update",
]  # fmt: skip


class Stranger:
    """A repository with every bait, and the canaries that were let out."""

    def __init__(self, folder: Path) -> None:
        self.canaries = folder / "canaries"
        self.canaries.mkdir()
        self.top = folder / "stranger's project"
        self.top.mkdir()
        self.stock("init", "--quiet", "--initial-branch=main")
        self._history()
        self._settings()
        self._hooks()
        self._work_tree()
        self._promises()

    def stock(self, *args, check=True, **options) -> str:
        return subprocess.run(
            ["git", *args], cwd=self.top, check=check, capture_output=True, text=True, **options
        ).stdout.strip()

    def canary(self, name: str) -> str:
        """A shell command that leaves a canary, and passes its input on."""
        return f"touch '{self.canaries}/{name}'; cat"

    def fled(self) -> set[str]:
        return {path.name for path in self.canaries.iterdir()}

    def catch(self) -> None:
        for path in self.canaries.iterdir():
            path.unlink()

    def _history(self) -> None:
        self.config("user.name", "Eve")
        self.config("user.email", "eve@example.org")
        for name in ("train.py", "racy.py", "odd=name.py"):
            (self.top / name).write_text("1\n")
        # Newer than the index: git cannot tell by time that they are unchanged, and compares.
        os.utime(self.top / "racy.py", (FUTURE, FUTURE))
        os.utime(self.top / "odd=name.py", (FUTURE, FUTURE))
        inner = self.top / "inner"
        inner.mkdir()
        for args in (
            ("init", "--quiet"),
            ("config", "user.name", "E"),
            ("config", "user.email", "e"),
        ):
            subprocess.run(["git", "-C", inner, *args], check=True)
        (inner / "file").write_text("1\n")
        os.utime(inner / "file", (FUTURE, FUTURE))
        subprocess.run(["git", "-C", inner, "add", "file"], check=True)
        subprocess.run(["git", "-C", inner, "commit", "--quiet", "-m", "inner"], check=True)
        (inner / ".git" / "info" / "attributes").write_text("* filter=inner\n")
        clean = self.canary("submodule filter")
        subprocess.run(["git", "-C", inner, "config", "filter.inner.clean", clean], check=True)
        self.stock("-c", "advice.addEmbeddedRepo=false", "add", ".")
        self.stock("commit", "--quiet", "-m", "code")
        self.tree = self.stock("rev-parse", "HEAD^{tree}")

    def config(self, key: str, value: str) -> None:
        self.stock("config", key, value)

    def _settings(self) -> None:
        fsmonitor = self.top / ".git" / "fsmonitor"
        fsmonitor.write_text(f"#!/bin/sh\ntouch '{self.canaries}/fsmonitor'\n")
        fsmonitor.chmod(0o755)
        for key, value in (
            ("core.fsmonitor", ".git/fsmonitor"),
            ("core.pager", self.canary("pager")),
            ("core.editor", self.canary("editor")),
            ("core.sshCommand", self.canary("ssh")),
            ("core.askPass", str(fsmonitor)),
            ("core.gitProxy", str(fsmonitor)),
            ("core.alternateRefsCommand", self.canary("alternate refs")),
            ("credential.helper", f"!{self.canary('credential')}"),
            ("diff.external", self.canary("diff")),
            ("diff.evil.textconv", self.canary("textconv")),
            ("diff.evil.command", self.canary("diff driver")),
            ("filter.evil.clean", self.canary("filter clean")),
            ("filter.evil.smudge", self.canary("filter smudge")),
            ("filter.a=b.clean", self.canary("filter with odd name")),
            ("filter.long.process", self.canary("filter process")),
            ("merge.evil.driver", self.canary("merge")),
            ("gpg.program", str(fsmonitor)),
            ("gpg.ssh.program", str(fsmonitor)),
            ("log.showSignature", "true"),
            ("commit.gpgSign", "true"),
            ("tag.gpgSign", "true"),
            ("protocol.ext.allow", "always"),
            ("protocol.file.allow", "always"),
            ("protocol.allow", "always"),
            ("alias.canary", f"!{self.canary('alias')}"),
            ("alias.cat-file", f"!{self.canary('alias of a command')}"),
            ("alias.fast-import", f"!{self.canary('alias of a command')}"),
            ("uploadpack.packObjectsHook", self.canary("pack objects")),
            ("gc.auto", "1"),
            ("gc.autoDetach", "false"),
            ("core.untrackedCache", "true"),
            ("feature.manyFiles", "true"),
            ("trace2.eventTarget", str(self.canaries / "trace")),
        ):
            self.config(key, value)
        (self.top / ".git" / "objects" / "info" / "alternates").write_text(
            f"{self.top}/inner/.git/objects\n"
        )

    def _hooks(self) -> None:
        for folder in (".git/hooks", ".git/other hooks"):
            (self.top / folder).mkdir(exist_ok=True)
            for name in HOOKS:
                hook = self.top / folder / name
                hook.write_text(f"#!/bin/sh\ntouch '{self.canaries}/hook {name}'\n")
                hook.chmod(0o755)
        self.config("core.hooksPath", str(self.top / ".git" / "other hooks"))

    def _work_tree(self) -> None:
        (self.top / ".git" / "info" / "attributes").write_text(
            "train.py filter=long diff=evil merge=evil\n"
            "racy.py filter=evil diff=evil\n"
            "odd=name.py filter=a=b\n"
        )

    def _promises(self) -> None:
        """Objects are missing, and three remotes promise to send them, each in its own way."""
        blob = self.stock("hash-object", "-w", "--stdin", input="promised")
        tree = self.stock("mktree", input=f"100644 blob {blob}\tmodel.json\n")
        self.promised = self.stock(
            "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false",
            "commit-tree", "-m", "promised", tree,
        )  # fmt: skip
        for oid in (blob, tree):
            (self.top / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
        self.missing = tree
        (self.top / ".git" / "ext").write_text(f"touch '{self.canaries}/ext'\n")
        for name, url in (
            ("one", "ext::sh .git/ext"),
            ("two", str(self.top / "inner")),
            ("three", "ssh://host.invalid/x"),
            ("four", "canary::x"),
        ):
            self.config(f"remote.{name}.url", url)
            self.config(f"remote.{name}.promisor", "true")
            self.config(f"remote.{name}.partialCloneFilter", "blob:none")
            self.config(f"remote.{name}.uploadpack", self.canary("uploadpack"))
            self.config(f"remote.{name}.fetch", f"+refs/heads/*:refs/remotes/{name}/*")
        self.config("core.repositoryFormatVersion", "1")
        self.config("extensions.partialClone", "one")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory, isolated_home):
    made = Stranger(tmp_path_factory.mktemp("stranger"))
    made.catch()
    return made


@pytest.fixture
def silent(stranger):
    """The hostile repository; none of its commands may have run when the test ends."""
    stranger.catch()
    yield stranger
    assert stranger.fled() == set()


@pytest.fixture
def git(silent):
    opened = Git(silent.top / ".git")
    yield opened
    opened.close()


def test_finding_the_registry_runs_nothing(silent):
    for folder in (silent.top, silent.top / ".git", silent.top / "inner"):
        assert locate(folder) is not None
        assert location.at(folder).git_dir.name == ".git"
        assert location.find_or_create(folder).created is False
    check_version()


def test_making_a_registry_inside_runs_nothing(silent):
    create_bare(silent.top / "new" / "registry.git")
    assert not (silent.top / "new" / "registry.git" / "hooks").exists()


def test_reading_runs_no_command_of_a_stranger(silent, git):
    head = git.resolve("HEAD")
    assert git.read(head).kind == "commit"
    assert git.read("HEAD:train.py").data == b"1\n"
    assert git.resolve("refs/heads/none") is None
    assert history.branches(history.listing(git)) == {}
    assert [v.info.commit for v in history.versions(git, [head])] == [head]
    assert identity.whoami(git).person.name == "Eve"


@pytest.mark.parametrize("question", ["resolve", "read", "bulk", "tree"])
def test_missing_objects_of_a_promisor_are_not_fetched(silent, git, question):
    """The object is missing, or git says that it cannot be read; no command fetches it."""
    match question:
        case "resolve":
            assert _nothing(lambda: git.resolve(silent.missing))
        case "read":
            assert _nothing(lambda: git.read(silent.missing))
        case "bulk":
            (result,) = history.versions(git, [silent.promised])
            assert result.why
        case "tree":
            assert _nothing(lambda: commits.read_tree(git, silent.promised, "churn@1"))


def _nothing(question) -> bool:
    try:
        return question() is None
    except NbModelError:
        return True


def test_writing_runs_no_command_of_a_stranger(silent, git):
    tip = git.resolve(REF)
    change = NewCommit(REF, (tip,) if tip else (), {"model.json": b"{}"}, ANN, 1, "message")
    commit = commits.write(git, change)
    again = commits.write(git, NewCommit(REF, (commit,), {"model.json": b"2"}, ANN, 2, "message"))
    with pytest.raises(LostRace):
        commits.write(git, change)
    tags.create(git, f"churn#prod#{again[:4].translate(DIGITS)}", again, ANN, 3, "why")
    with pytest.raises(AlreadyExists):
        tags.create(git, f"churn#prod#{again[:4].translate(DIGITS)}", again, ANN, 3, "why")
    notes.add(git, again, Note(ANN, 4, "text"))
    assert len(notes.read(git, again)) == 1
    assert commits.read_tree(git, again, "churn@2").read(git, "model.json") == b"2"
    git.run("update-ref", "--no-deref", "refs/heads/models/churn/exp", again, "")
    git.run("update-ref", "-d", "refs/heads/models/churn/exp", again)


DIGITS = str.maketrans("0abcdef", "1234567")


def test_gc_runs_no_command_of_a_stranger(silent, git):
    assert list(segments_in_use(git)) == []
    git.run("update-ref", "refs/heads/models/promised/main", silent.promised)
    with pytest.raises(NbModelError):  # what it names cannot be known
        list(segments_in_use(git))
    git.run("update-ref", "-d", "refs/heads/models/promised/main")


def test_reading_the_state_of_the_code_runs_nothing(silent):
    code = CodeRepository(silent.top / ".git", silent.top)
    for _ in range(2):
        assert code.state().commit == silent.stock("rev-parse", "HEAD", env=QUIET)
    code.close()


QUIET = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor",
         "GIT_CONFIG_VALUE_0": "false"}  # fmt: skip


def test_the_hostile_commands_run_in_ordinary_git(stranger):
    """Ordinary git runs the planted commands for the same requests."""
    stranger.catch()
    head = stranger.stock("rev-parse", "HEAD")
    stranger.stock("update-ref", "refs/heads/bait", head)
    stranger.stock("status", check=False)
    os.utime(stranger.top / "train.py")
    stranger.stock("diff-index", "HEAD", "--")
    stranger.stock("diff", "HEAD", check=False)
    stranger.stock("cat-file", "-p", stranger.missing, check=False)
    stranger.stock("canary", check=False, input="")
    assert stranger.fled() >= {
        "hook reference-transaction", "fsmonitor", "filter clean", "filter with odd name",
        "submodule filter", "uploadpack", "alias", "ssh",
    }  # fmt: skip
