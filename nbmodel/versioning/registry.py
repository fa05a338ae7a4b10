"""The Python API: an opened registry with one method for each verb."""

from __future__ import annotations

from pathlib import Path

from nbmodel.config import NbModel
from nbmodel.display import line
from nbmodel.errors import RegistryNotFound
from nbmodel.repo import location
from nbmodel.versioning.context import Context
from nbmodel.versioning.methods.checks import CheckMethods
from nbmodel.versioning.methods.deletion import DeletionMethods
from nbmodel.versioning.methods.evaluation import EvaluationMethods
from nbmodel.versioning.methods.history import HistoryMethods
from nbmodel.versioning.methods.merging import MergeMethods
from nbmodel.versioning.methods.sharing import SharingMethods
from nbmodel.versioning.methods.snapshots import SnapshotMethods
from nbmodel.versioning.methods.stages import StageMethods


class Registry(
    SnapshotMethods,
    HistoryMethods,
    StageMethods,
    CheckMethods,
    SharingMethods,
    DeletionMethods,
    MergeMethods,
    EvaluationMethods,
):
    """The models of one git repository.

    Use `nbmodel.open` to get one. Every method may raise `NbModelError`; the modules of
    `nbmodel.versioning.verbs` say which. `nbmodel.commit` and the like are the same methods for the
    registry of the working folder.
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def path(self) -> Path:
        """Folder of the git repository that holds the models."""
        return self.context.location.git_dir

    def __repr__(self) -> str:
        mode = ", read-only" if self.context.read_only else ""
        return f"<nbmodel registry {line(self.context.location.name)}{mode}>"

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the git processes and close the index."""
        self.context.close()


def open_registry(
    path: str | Path | None = None, *, create: bool = False, read_only: bool = False
) -> Registry:
    """Open the registry of a folder.

    Parameters
    ----------
    path : path, optional
        A repository, or a folder in one; the working folder by default.
    create : bool
        Make ``.nbmodel.git`` in the folder if it is not in a repository.
    read_only : bool
        Refuse every change.

    Returns
    -------
    Registry
        A context manager, which closes the registry at its end.

    Raises
    ------
    RegistryNotFound
        If there is no registry, and `create` is not set.

    Examples
    --------
    >>> with nbmodel.open(read_only=True) as models:
    ...     print(models.checkout("iris@prod"))
    LogisticRegression(max_iter=500)
    """
    try:
        folder = Path(path).expanduser() if path is not None else Path.cwd()
    except FileNotFoundError:
        raise RegistryNotFound("the working folder, which was deleted") from None
    place = location.find_or_create(folder) if create else location.at(folder)
    return Registry(Context.open(place, read_only=read_only))


def configured_registry(*, create: bool = False) -> Registry:
    """Open the configured registry, else that of the working folder; the caller closes it.

    Parameters
    ----------
    create : bool
        Make a repository if there is none, unless the settings refuse changes.

    Returns
    -------
    Registry

    Raises
    ------
    RegistryNotFound
        If there is no registry, and `create` is not set or the settings refuse changes.
    """
    settings = NbModel.instance()
    read_only = settings.refuses_changes()
    return open_registry(
        settings.chosen_repo() or None, create=create and not read_only, read_only=read_only
    )
