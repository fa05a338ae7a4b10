"""An opened registry: the parts that every verb works with."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbmodel import display, refs
from nbmodel.errors import (
    GitFailed,
    InTrash,
    NbModelError,
    NotFound,
    OnlyAtRemote,
    ReadOnlyRegistry,
    ReferenceDamaged,
    ReferenceGone,
    WriteFailed,
)
from nbmodel.index.index import Index
from nbmodel.index.problems import Problem, forget_command, moment
from nbmodel.provenance.code_repository import CodeRepository
from nbmodel.records import Code
from nbmodel.repo import identity, location, trash
from nbmodel.repo.git import Git
from nbmodel.repo.lfs import push_warning, storage
from nbmodel.repo.location import Location
from nbmodel.repo.remotes import commands, remote_lines
from nbmodel.repo.repositories import check_version, locate
from nbmodel.store.hash_cache import HashCache
from nbmodel.store.local import LocalStore
from nbmodel.versioning.trusted_commits import TrustedCommits


@dataclass(frozen=True)
class Context:
    """Git, store, index and the record of the user's commits, for one registry.

    Read-only is a property of the opened registry: verbs that write ask
    `require_writable` first, for every interface. `log` is the folder or URL where its
    predictions are logged, if that is not where all of them are.
    """

    location: Location
    git: Git
    index: Index
    trusted_commits: TrustedCommits
    read_only: bool = False
    log: str = ""

    @classmethod
    def open(cls, place: Location, *, read_only: bool = False, log: str = "") -> Context:
        """Open the registry at a location."""
        check_version()
        git = Git(place.git_dir, records=place.cache / "writers")
        return cls(
            place,
            git,
            Index(place.cache / "index.sqlite", git),
            TrustedCommits(location.data_folder()),
            read_only,
            log,
        )

    @cached_property
    def store(self) -> LocalStore:
        """The store of segments, in the folder that git-lfs uses."""
        root, git_dir = storage(self.git), self.location.git_dir
        top = git_dir if root.is_relative_to(git_dir) else Path(root.anchor)
        return LocalStore(root, HashCache(self.location.cache / "segments"), top)

    @cached_property
    def memory(self) -> dict[str, Any]:
        """What modules above remember of git, each with the state for which it holds."""
        return {}

    def news(self) -> tuple[str, ...]:
        """Take the messages for the user, such as that a repository was made."""
        return tuple(self._news.popleft() for _ in range(len(self._news)))

    def tell(self, sentence: str, topic: str = "") -> None:
        """Add a message to the next result; each topic is reported once."""
        if topic not in self._topics:
            self._news.append(sentence)
        self._topics.update({topic} - {""})

    @cached_property
    def _topics(self) -> set[str]:
        return set()

    def record_own(self, manifest: bytes) -> None:
        """Record that this user made a manifest; if that cannot be stored, report it once.

        A home folder that is not writable must not prevent a commit. Without the record, the
        version loads through the trust check.
        """
        try:
            self.trusted_commits.add(manifest)
        except WriteFailed as error:
            self.tell(
                f"{error.what} Your commits are stored. After this process has ended, they are "
                "not known as yours, and load through the trust check, or with --trust. To "
                "change that, set XDG_DATA_HOME to a writable folder.",
                topic="own",
            )

    def tell_of_push(self) -> None:
        """Report once if ``git push`` would leave the segments behind.

        A registry that was made beside a notebook and has no remote is not pushed.
        """
        if self._push:
            self.tell(self._push, topic="push")

    @cached_property
    def _push(self) -> str:
        alone = self.location.work_tree is None and not self.git.run("remote")
        return "" if alone else push_warning(self.git, self.location.work_tree)

    @cached_property
    def _news(self) -> deque[str]:
        messages: deque[str] = deque()
        if self.location.created:
            messages.append(
                f"The notebook is not in a git repository. nbmodel made {self.location.git_dir}."
            )
        if self.identity.guessed:
            person = self.identity.person
            messages.append(
                f"git does not know your name and address. The commit is by {person.name} "
                f'<{person.email}>. Set them: git config --global user.name "..." and user.email.'
            )
        return messages

    @property
    def identity(self) -> identity.Identity:
        """The author of commits, as git is configured now: a setting may change meanwhile."""
        return identity.whoami(self.git)

    @cached_property
    def _code(self) -> CodeRepository | None:
        around = (self.location.git_dir, self.location.work_tree)
        if self.location.work_tree is None:
            try:
                around = locate(Path.cwd()) or around
            except OSError:  # the working folder was deleted
                return None
            except GitFailed:  # the repository is damaged, or belongs to another user
                return None
        git_dir, work_tree = around
        return None if work_tree is None else CodeRepository(git_dir, work_tree)

    def code_state(self) -> Code:
        """The state of the repository around the notebook."""
        return Code() if self._code is None else self._code.state()

    def is_checked_out(self, ref: str) -> bool:
        """Whether a branch, by its full name, is checked out in the work tree or a linked one."""
        git_dir = self.location.git_dir
        linked = [
            place.with_name("HEAD")
            for place in sorted((git_dir / "worktrees").glob("*/gitdir"))
            if Path(_first_line(place)).exists()  # its folder may have been deleted since
        ]
        lines = map(_first_line, (git_dir / "HEAD", *linked))
        return any(x.startswith("ref:") and x.removeprefix("ref:").strip() == ref for x in lines)

    def require_writable(self, verb: str) -> None:
        """Raise `ReadOnlyRegistry` if the registry was opened read-only.

        Raises
        ------
        ReadOnlyRegistry
            Also if git would write through a link that leads out of the repository.
        """
        if self.read_only:
            raise ReadOnlyRegistry(verb)
        if self.git.leading_out:
            raise ReadOnlyRegistry(verb, self.git.leading_out[0])

    def require_model(self, model: str) -> str:
        """Return `model` if the registry has it, else raise `NotFound` with the nearest names.

        Raises
        ------
        NotFound
            If there is no such model; `OnlyAtRemote` if a remote has it, `InTrash` if it was
            deleted.
        """
        if model not in self.index.names():
            self.index.refresh()  # another process may have committed it
            names = self.index.names()
            if model not in names:
                require_readable(self.index.problems(model))
                self.require_kept(model)
                self.require_local(model)
                raise NotFound("model", model, self.location.name, names)
        return model

    def name_of(self, commit: str) -> str:
        """The reference of the version of a commit; its short id if it is not in the index."""
        versions = self.index.by_commit(commit)
        return versions[0].ref if versions else commit[:7]

    def require_never(self, ref: str) -> None:
        """Raise if a reference does not exist now but did at an earlier refresh.

        Raises
        ------
        ReferenceDamaged, ReferenceGone
        """
        if self.git.resolve(ref) is None:
            self.index.refresh()
            require_readable([p for p in self.index.problems() if p.ref == ref])

    def require_kept(self, model: str, branch: str = "") -> None:
        """Raise `InTrash` if a model, or a branch of it, was deleted and can be restored."""
        contents = trash.entries(self.git)
        names = ("", branch or refs.DEFAULT_BRANCH)  # the model itself comes first
        deleted = [entry for name in names if (entry := trash.newest(contents, model, name))]
        for entry in deleted[:1]:
            who = display.line(entry.author.name) or "an unknown user"
            raise InTrash(entry.name, f"on {display.moment(entry.time)} by {who}")

    def require_local(self, model: str, branch: str = "") -> None:
        """Raise `OnlyAtRemote` if only a remote has a model, or a branch of it."""
        lines = [line for line in remote_lines(self.git, model) if branch in ("", line.branch)]
        if lines:
            raise OnlyAtRemote(model, [line.name for line in lines], commands(lines))

    def close(self) -> None:
        """End helper processes and close the index."""
        self.git.close()
        self.index.close()
        if "_code" in self.__dict__ and self._code is not None:
            self._code.close()

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def require_readable(problems: Sequence[Problem]) -> None:
    """Raise the first problem as an error, if there is one.

    Raises
    ------
    ReferenceDamaged, ReferenceGone
    """
    for problem in problems:
        raise trouble(problem)


def trouble(problem: Problem) -> NbModelError:
    """The error for a reference that cannot be read or does not exist any more."""
    if not problem.last_time:
        return ReferenceDamaged(problem.ref, problem.why)
    hint = f"If it was deleted on purpose: {forget_command(problem.ref)}"
    if problem.stage:
        subject = refs.stage_reference(problem.model, problem.stage)
        hint += f", or promote the version that is to hold {subject} now."
    return ReferenceGone(problem.ref, moment(problem.last_time), problem.oid, hint)


def now() -> int:
    """Seconds since the epoch, as git writes them."""
    return int(time.time())


def _first_line(path: Path) -> str:
    """The first line of a file of git; empty if it cannot be read."""
    try:
        return path.read_text("utf-8", errors="surrogateescape").partition("\n")[0].strip()
    except OSError:
        return ""
