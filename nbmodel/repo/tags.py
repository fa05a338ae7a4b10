"""Annotated tags in GTO's grammar: releases and stage moves, made once, never moved."""

from __future__ import annotations

from nbmodel.errors import AlreadyExists, GitFailed
from nbmodel.records import Person
from nbmodel.repo.git import Git
from nbmodel.repo.identity import signature_line

ROLLED_BACK = "Rolled-Back"


def create(git: Git, name: str, commit: str, author: Person, time: int, message: str) -> None:
    """Create the annotated tag `name` on `commit`, unless there is one.

    Raises
    ------
    AlreadyExists
        If there is a tag of that name.
    """
    body = (
        f"object {commit}\ntype commit\ntag {name}\n"
        f"tagger {signature_line(author, time)}\n\n{message.rstrip()}\n"
    )
    tag = git.run("mktag", data=body.encode(errors="replace")).decode().strip()
    try:
        # The old value "" means: only if there is no such ref (compare-and-swap).
        git.run("update-ref", "--no-deref", f"refs/tags/{name}", tag, "")
    except GitFailed as error:
        if git.resolve(f"refs/tags/{name}") is None:
            raise
        raise AlreadyExists(f"The tag {name} exists.", "Choose another name.") from error
