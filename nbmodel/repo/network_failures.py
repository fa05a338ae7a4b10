"""Why a command that speaks to a remote failed, as errors of nbmodel with a next step."""

from __future__ import annotations

import re

from nbmodel import display
from nbmodel.errors import GitFailed, RemoteFailed, WriteFailed

_REFUSED_RE = re.compile(r" ! \[(?:remote )?rejected\]\s+(?:\S+ -> )?(?P<ref>\S+) \((?P<why>.*)\)")
_DONE_RE = re.compile(r" [*+\- ] \S.* -> \S+")
_MAX_REASONS = 5
_FOLLOWED = "atomic"  # such as `atomic push failed`: another reference is the reason
_FRAME = ("To ", "hint:", "error: failed to push", "error: atomic push failed", "fatal: the remote")
SHA1_HINT = "This registry has SHA-1, as git by default. Make the remote so, too: git init --bare."
_REASONS = (
    (("does not support this repository's hash algorithm",), SHA1_HINT),
    (("the receiving end does not support",),
     "nbmodel pushes all references or none, so the server must support --atomic. Your settings "
     "may ask for more: push.gpgSign, push.pushOption."),
    (("stale info", "fetch first", "non-fast-forward", "already exists", "but expected",
      "needs force", "unable to resolve reference"),
     "Another clone pushed at the same time. Pull, then push again."),
    (("Authentication failed", "could not read Username", "could not read Password",
      "Permission denied (", "Authentication required", "Authorization error",
      "Git credentials for", "terminal prompts disabled", "returned error: 401",
      "returned error: 403"),
     "Check your credentials for it, as git uses them: git ls-remote URL in a terminal."),
    (("hook declined", "deny updating", "denying", "refusing to update", "protected"),
     "The rules of the remote forbid that. Ask those who run it."),
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


def failure(error: GitFailed | WriteFailed, url: str) -> RemoteFailed:
    """The error for a git that a remote has refused, with the next step.

    Parameters
    ----------
    error : GitFailed or WriteFailed
    url : str
        The address. It is shown without its password.
    """
    cause = error.__cause__ if isinstance(error.__cause__, GitFailed) else error
    text = display.redacted(_refusals(cause.what))
    hint = next((h for signs, h in _REASONS if any(sign in text for sign in signs)), "")
    return RemoteFailed(f"{display.redacted(url)}: {text}", hint or "Repeat the command.")


def _refusals(text: str) -> str:
    """What git says of a push that was refused: which references, why, and whether others moved.

    git names every reference. Those that were only not pushed because of another one are left out.
    Hidden references (``transfer.hideRefs``) are the one case in which others have moved.
    """
    lines = text.removeprefix("git push failed: ").splitlines()
    refused = [match for line in lines if (match := _REFUSED_RE.fullmatch(line))]
    if not refused:
        return text
    reasons = [f"{m['ref']}: {m['why']}" for m in refused if not m["why"].startswith(_FOLLOWED)]
    messages = [
        line.rstrip() for line in lines
        if line and not (line.startswith(_FRAME) or _REFUSED_RE.match(line) or _DONE_RE.match(line))
    ]  # fmt: skip
    moved = sum(bool(_DONE_RE.fullmatch(line)) for line in lines)
    if moved:
        reasons.append(f"{display.count(moved, 'other reference')} moved all the same")
    more = [f"and {len(reasons) - _MAX_REASONS} more"] if len(reasons) > _MAX_REASONS else []
    return "\n".join(
        ["git push was refused: " + "; ".join(reasons[:_MAX_REASONS] + more), *messages]
    )
