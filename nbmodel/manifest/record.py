"""The record of what a version says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbmodel.layout import FORMAT
from nbmodel.records import (
    ArrayNote,
    Attachment,
    Code,
    Merge,
    Module,
    Payload,
    Scalar,
    Signature,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a version records about itself.

    Attributes
    ----------
    nonce : str
        Random text. Without it, git would give two equal commits of one second the same id.
    defaults : tuple of str or None
        Names of the parameters that have the default value of their class; None in a version of
        an nbmodel that did not record them.
    environment : mapping of str to str
        Exact version of each installed distribution.
    files : tuple of Attachment
    modules : tuple of Module
        With `files`, what else of the tree the object or its reader relies on.
    merge : Merge or None
        How it was made of other versions, if it is a merge.
    format : int
        The format that it was read from. It is always written as `FORMAT`.
    """

    model: str
    branch: str
    number: int
    type: str
    flavor: str
    summary: str
    payload: Payload
    python: str
    nbmodel: str
    nonce: str = ""
    variable: str = ""
    params: Mapping[str, Scalar] = field(default_factory=dict)
    defaults: tuple[str, ...] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    signature: Signature = field(default_factory=Signature)
    counts: Mapping[str, int] = field(default_factory=dict)
    arrays: Mapping[str, ArrayNote] = field(default_factory=dict)
    code: Code = field(default_factory=Code)
    environment: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    files: tuple[Attachment, ...] = ()
    modules: tuple[Module, ...] = ()
    merge: Merge | None = None
    format: int = FORMAT


def default_params(manifest: Manifest) -> tuple[str, ...]:
    """Return the names of the parameters that were not set, in the order of the parameters.

    Without a record of the defaults, parameters without a value count as not set.
    """
    if manifest.defaults is not None:
        return manifest.defaults
    return tuple(name for name, value in manifest.params.items() if value is None)
