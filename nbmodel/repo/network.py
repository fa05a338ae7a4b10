"""git commands that speak to a remote, apart from the settings of the repository.

The ``.git`` of a stranger may name programs for ssh, for passwords or for the other side, and other
addresses than the visible one. So these commands run in a separate empty repository, which borrows
the objects of the registry. Only the settings of the user hold there.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.errors import GitFailed, RemoteFailed, WriteFailed
from nbmodel.repo import credentials, network_failures, references, remote_urls
from nbmodel.repo.git import Git, GitExit, communicate, run_once
from nbmodel.repo.location import REGISTRY_FOLDER
from nbmodel.repo.network_failures import SHA1_HINT

if TYPE_CHECKING:
    from types import TracebackType

_LINE_RE = re.compile(r"(?P<oid>[0-9a-f]{40}(?P<long>[0-9a-f]{24})?)\t(?P<ref>refs/\S+)")
_PREFIX = "remote-"  # of the folder of a separate repository
_MAX_AGE_S = 7 * 86_400  # no transfer takes as long
_STATED = "stated"  # a remote of the separate repository, which no other command names
_NEW = "refs/new/"  # in the separate repository: what a push creates, below its name there
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_NEGOTIATED = ("refs/heads/models", "refs/tags", "refs/notes/nbmodel", "refs/remotes")
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4"
_LFS = ("lfs.concurrenttransfers=8", "lfs.transfer.maxretries=3")  # a repetition continues
_SHALLOW = "because shallow roots are not allowed to be updated"
_SLOW_LINE = ("http.lowSpeedLimit=1000", "http.lowSpeedTime=60")  # bytes/s, seconds


@dataclass(frozen=True, slots=True)
class Update:
    """A reference to set at the remote: from `old`, empty for a new one, to `new`."""

    ref: str
    new: str
    old: str = ""


class Network:
    """A remote of a registry; a context manager, whose end removes its repository.

    Parameters
    ----------
    git : Git
        The registry.
    url : str
        Address of the remote.
    scratch : Path
        The user's own folder for the empty repository.
    writes : bool
        Whether it is for a push: git may then have another address (``pushInsteadOf``).

    Raises
    ------
    InvalidValue
        If the address is not allowed.
    """

    def __init__(self, git: Git, url: str, scratch: Path, *, writes: bool = False) -> None:
        remote_urls.check(url)
        self._registry = git
        scratch.mkdir(0o700, parents=True, exist_ok=True)
        _clear(scratch)
        self._folder = Path(mkdtemp(prefix=_PREFIX, dir=scratch))
        try:
            self._names = self._fill()
            self.git = Git(self._folder)
            self.url, self._credentials = self._address(url, writes)
            self.git.set_variables(_variables(git.git_dir, self.url))
            if self._credentials:
                self.git.set_variables(self._credentials.variables(0, self._folder))
        except BaseException:  # an interruption leaves no folder either
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def __enter__(self) -> Network:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.git.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def names(self, *patterns: str) -> dict[str, str]:
        """The references of the remote: object id by full name.

        Raises
        ------
        RemoteFailed
            If it cannot be reached, or has ids that this registry cannot have.
        """
        text = self._run("ls-remote", "--refs", "--quiet", self.url, *patterns)
        matches = map(_LINE_RE.fullmatch, text.decode(errors="replace").splitlines())
        lines = [line for line in matches if line]
        if any(line["long"] for line in lines):
            raise RemoteFailed(
                f"{display.redacted(self.url)} names its objects by SHA-256.", SHA1_HINT
            )
        return {line["ref"]: line["oid"] for line in lines}

    def fetch(self, oids: Iterable[str]) -> None:
        """Get objects that references of the remote name, with their history.

        No reference moves, neither here nor in the registry. git looks up each name in the list of
        all references, so many names would take it minutes; ids do not.

        Raises
        ------
        RemoteFailed
            If it cannot be reached, or lacks earlier versions or an object.
        """
        lines = "".join(f"{oid}\n" for oid in dict.fromkeys(oids)).encode()
        if lines:
            options = ["--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--quiet"]
            safe = ("--no-recurse-submodules", "--upload-pack=git-upload-pack")
            if self._is_partial():  # the remote may send differences from objects that are not here
                options.append("--refetch")
            self._run("fetch", *options, *safe, "--stdin", self.url, data=lines)

    def push(self, updates: Sequence[Update]) -> None:
        """Set references at the remote: all of them, or none.

        Each one must still be what `Update.old` says. A new one needs no lease for that: without
        force, git refuses a reference that others have made meanwhile. New ones are pushed by one
        pattern, because git compares each single name with all others.

        Raises
        ------
        RemoteFailed
            If the remote refuses, or cannot be reached.
        """
        new = {each.ref: each.new for each in updates if each.new and not each.old}
        others = [each for each in updates if each.ref not in new]
        places = {f"{_NEW}{ref.removeprefix('refs/')}": oid for ref, oid in new.items()}
        references.write_packed(self._folder, {**self._names, **places})
        steps = [f"{_NEW}*:refs/*"] if new else []
        steps += [f"{each.new}:{each.ref}" for each in others]
        leases = [f"--force-with-lease={each.ref}:{each.old}" for each in others]
        safe = ("--no-verify", "--no-recurse-submodules", "--receive-pack=git-receive-pack")
        exact = ("--atomic", "--quiet", "--no-follow-tags")
        self._run("push", *exact, *safe, *leases, "--", self.url, *steps)

    def lfs(self, command: str, *words: str, storage: Path, server: str = "") -> None:
        """Run a command of git-lfs that speaks to the remote ``nbmodel``, which is this one.

        Parameters
        ----------
        command, *words : str
        storage : Path
            The folder of git-lfs.
        server : str
            Address of the server of git-lfs; empty for the one that belongs to the remote.

        Raises
        ------
        RemoteFailed
            If git-lfs is not installed, the remote has no server for it, or it refuses.
        """
        if shutil.which("git-lfs") is None:
            raise RemoteFailed(
                f"git-lfs, which moves the arrays to {display.redacted(self.url)}, was not found.",
                "Install git-lfs (https://git-lfs.com). Or give the remote a store: %model_remote "
                "add NAME URL --blobs s3://BUCKET/PATH",
            )
        settings = [f"lfs.storage={storage}", f"remote.nbmodel.url={self.url}", *_LFS]
        if server:
            address, own = credentials.separate(server)
            settings.append(f"lfs.url={address}")
            if own:
                settings += own.settings(1)
                self.git.set_variables(own.variables(1, self._folder))
        self._run("lfs", command, *words, settings=settings)

    def _run(
        self, command: str, *words: str, data: bytes = b"", settings: Sequence[str] = ()
    ) -> bytes:
        own = self._credentials.settings(0) if self._credentials else ()
        try:
            every = (*_SLOW_LINE, *own, *settings)
            with self.git.start(command, *words, settings=every) as process:
                out, warnings = communicate(process, command, data, str(self.git.git_dir))
        except (GitFailed, WriteFailed) as error:
            raise network_failures.failure(
                error, self.url
            ) from None  # its text may hold a name or password
        if _SHALLOW in warnings:  # git reports success, and moves no reference
            raise RemoteFailed(
                f"{display.redacted(self.url)} is a shallow clone, which lacks earlier versions.",
                "Complete it there: git fetch --unshallow. Or choose another remote.",
            )
        return out

    def _is_partial(self) -> bool:
        """Whether the registry is a partial clone, which has commits without all of their files."""
        return any((self._registry.git_dir / "objects" / "pack").glob("*.promisor"))

    def _fill(self) -> dict[str, str]:
        """Make the empty repository with the references of the registry, for negotiation."""
        (self._folder / "refs").mkdir()
        (self._folder / "objects").mkdir()
        (self._folder / "HEAD").write_text("ref: refs/heads/none\n")
        (self._folder / "config").write_text(_CONFIG)
        names = dict(references.listing(self._registry, *_NEGOTIATED).items())
        references.write_packed(self._folder, names)
        return names

    def _address(self, url: str, writes: bool) -> tuple[str, credentials.Credentials | None]:
        """The address that git's settings of the user lead to (``url.BASE.insteadOf``)."""
        plain, stated = credentials.separate(url)
        quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
        with (self._folder / "config").open(
            "a", encoding="utf-8", errors="surrogateescape"
        ) as file:
            file.write(f'[remote "{_STATED}"]\n\turl = "{quoted}"\n')
        words = ("get-url", "--push") if writes else ("get-url",)
        printed = self.git.run("remote", *words, _STATED)
        actual = os.fsdecode(printed).removesuffix("\n")
        if actual != plain:
            remote_urls.check(actual)
        address, other = credentials.separate(_absolute(actual, self._registry))
        return address, stated if actual == plain else other


def _clear(scratch: Path) -> None:
    """Remove the repositories of commands that were killed long ago."""
    for folder in scratch.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _MAX_AGE_S:
                shutil.rmtree(folder, ignore_errors=True)


def _variables(git_dir: Path, url: str) -> Mapping[str, str]:
    protocol = remote_urls.protocol(url)
    variables = {
        "GIT_OBJECT_DIRECTORY": str(git_dir / "objects"),
        "GIT_ALLOW_PROTOCOL": protocol,
        "GIT_TERMINAL_PROMPT": "0",  # nobody can answer in a notebook
    }
    if (shallow := git_dir / "shallow").is_file():
        variables["GIT_SHALLOW_FILE"] = str(shallow)
    if protocol == "ssh" and "GIT_SSH_COMMAND" not in os.environ and not _own_ssh():
        variables["GIT_SSH_COMMAND"] = _SSH
    return variables


def _own_ssh() -> bool:
    """Whether the user has set a command for ssh."""
    try:
        return bool(run_once("config", "--global", "--get", "core.sshCommand"))
    except GitExit:  # exit status 1: not set
        return False


def _absolute(url: str, git: Git) -> str:
    """A relative path starts at the folder of the registry, as in git."""
    if not remote_urls.is_path(url):
        return url
    inside = git.git_dir.name in (".git", REGISTRY_FOLDER)
    base = git.git_dir.parent if inside else git.git_dir
    return str((base / Path(url).expanduser()).absolute())
