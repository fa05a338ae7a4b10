"""The contract of a flavor: what a framework provides to nbmodel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from nbmodel.records import Description


class Flavor(Protocol):
    """One framework: how to describe its objects and, if necessary, how to pickle them.

    Only the files of a flavor import its framework.
    """

    @property
    def name(self) -> str:
        """Its key in the manifest."""
        ...

    def describe(self, obj: Any) -> Description:
        """Describe `obj`. This never changes it, and never raises for unusual objects."""
        ...

    def reduce(self, obj: Any) -> Any:
        """Return a pickle reduction for an object of the framework, anywhere in a graph.

        It is called for each object whose class belongs to the framework, so it must decline
        quickly.

        Returns
        -------
        reduction : tuple or NotImplemented
            ``(callable, args)`` as ``__reduce__`` returns it, with large state as
            `pickle.PickleBuffer`. With ``NotImplemented``, pickle uses its default.
        """
        ...


@runtime_checkable
class FittedCheck(Protocol):
    """A flavor that can tell whether an object of its framework is fitted.

    Without this method, an object counts as fitted if its class has a method ``predict``.
    """

    def is_fitted(self, obj: Any) -> bool:
        """Whether `obj` is a fitted model. Called only after its framework was imported."""
        ...


@runtime_checkable
class Advisor(Protocol):
    """A flavor that can explain why an object cannot be stored or loaded."""

    def advice(self, obj: Any) -> str:
        """Say what the user can do; empty if nothing is known."""
        ...
