"""git commands that speak to a remote, apart from the settings of the repository.

The ``.git`` of a stranger may name programs for ssh, for passwords or for the other side, and other
addresses than the visible one. So these commands run in a separate empty repository, which borrows
the objects of the registry. Only the settings of the user hold there.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.errors import GitFailed, RemoteFailed, WriteFailed
from nbmodel.repo import credentials, references, remote_urls
from nbmodel.repo.git import Git, GitExit, communicate, run_once
from nbmodel.repo.location import REGISTRY_FOLDER

if TYPE_CHECKING:
    from types import TracebackType

_LINE_RE = re.compile(r"(?P<oid>[0-9a-f]{40})\t(?P<ref>refs/\S+)")
_STATUS_RE = re.compile(r"(?P<flag>[ +\-*!=])\t[^\t]*:(?P<ref>refs/[^\t]+)\t(?P<text>.*)")
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

    Raises
    ------
    InvalidValue
        If the address is not allowed.
    """

    def __init__(self, git: Git, url: str, scratch: Path) -> None:
        self.url, self._credentials = credentials.separate(_absolute(remote_urls.check(url), git))
        self._registry = git
        scratch.mkdir(0o700, parents=True, exist_ok=True)
        self._folder = Path(mkdtemp(prefix="remote-", dir=scratch))
        try:
            self.git = self._borrowed()
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
            If it cannot be reached.
        """
        text = self._run("ls-remote", "--refs", "--quiet", self.url, *patterns)
        lines = (_LINE_RE.fullmatch(line) for line in text.decode(errors="replace").splitlines())
        return {line["ref"]: line["oid"] for line in lines if line}

    def fetch(self, names: Iterable[str]) -> None:
        """Get the objects of references of the remote.

        No reference moves, neither here nor in the registry.

        Raises
        ------
        RemoteFailed
            If it cannot be reached, lacks earlier versions, or a reference is not there any more.
        """
        lines = "".join(f"{name}\n" for name in names).encode()
        if lines:
            options = ["--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--quiet"]
            safe = ("--no-recurse-submodules", "--upload-pack=git-upload-pack")
            if self._is_partial():  # the remote may send differences from objects that are not here
                options.append("--refetch")
            self._run("fetch", *options, *safe, "--stdin", self.url, data=lines)

    def push(self, updates: Sequence[Update]) -> None:
        """Set references at the remote: all of them, or none.

        Each one must still be what `Update.old` says.

        Raises
        ------
        RemoteFailed
            If the remote refuses, or cannot be reached.
        """
        leases = [f"--force-with-lease={each.ref}:{each.old}" for each in updates]
        steps = [f"{each.new}:{each.ref}" for each in updates]
        safe = ("--no-verify", "--no-recurse-submodules", "--receive-pack=git-receive-pack")
        self._run("push", "--atomic", "--porcelain", *safe, *leases, "--", self.url, *steps)

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
            raise _failure(error, self.url) from None  # its text may hold a name or password
        if _SHALLOW in warnings:  # git reports success, and moves no reference
            raise RemoteFailed(
                f"{display.redacted(self.url)} is a shallow clone, which lacks earlier versions.",
                "Complete it there: git fetch --unshallow. Or choose another remote.",
            )
        return out

    def _is_partial(self) -> bool:
        """Whether the registry is a partial clone, which has commits without all of their files."""
        return any((self._registry.git_dir / "objects" / "pack").glob("*.promisor"))

    def _borrowed(self) -> Git:
        """The empty repository, which has the references of the registry for negotiation."""
        (self._folder / "refs").mkdir()
        (self._folder / "objects").mkdir()
        (self._folder / "HEAD").write_text("ref: refs/heads/none\n")
        (self._folder / "config").write_text(_CONFIG)
        listed = references.listing(self._registry, *_NEGOTIATED)
        references.write_packed(self._folder, dict(listed.items()))
        git = Git(self._folder)
        git.set_variables(_variables(self._registry.git_dir, self.url))
        if self._credentials:
            git.set_variables(self._credentials.variables(0, self._folder))
        return git


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


_REASONS = (
    (("stale info", "fetch first", "non-fast-forward", "already exists", "but expected",
      "unable to resolve reference"),
     "Another clone pushed at the same time. Pull, then push again."),
    (("Authentication failed", "could not read Username", "could not read Password",
      "Permission denied (", "Authentication required", "Authorization error",
      "Git credentials for", "terminal prompts disabled", "returned error: 401",
      "returned error: 403"),
     "Check your credentials for it, as git uses them: git ls-remote URL in a terminal."),
    (("No space left", "Disk quota", "Insufficient server storage"),
     "Free some space there. Then repeat the command: it continues."),
    (("Host key verification failed",),
     "Its host key is not known to ssh, or has changed. Connect once in a terminal, and compare "
     "the key with the one that its owner has published. Then repeat the command."),
    (("Could not resolve host", "unable to access", "Connection refused", "Connection timed out",
      "Network is unreachable", "Could not read from remote", "hung up", "early EOF"),
     "Check the address and the network. Then repeat the command: it continues."),
    (("git-lfs-authenticate", "info/lfs"),
     "It has no server of git-lfs. Name a store for its arrays: %model_remote add NAME URL --blobs "
     "s3://BUCKET/PATH, or a folder that all share."),
    (("does not appear to be a git repository", "not found"), "Check the address."),
    (("dubious ownership",), "Another user owns that folder. Trust it: git config --global --add "
     "safe.directory PATH"),
)  # fmt: skip


def _failure(error: GitFailed | WriteFailed, url: str) -> RemoteFailed:
    cause = error.__cause__ if isinstance(error.__cause__, GitFailed) else error
    text = display.redacted(cause.what)
    hint = next((h for signs, h in _REASONS if any(sign in text for sign in signs)), "")
    return RemoteFailed(f"{display.redacted(url)}: {text}", hint or "Repeat the command.")
