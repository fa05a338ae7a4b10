"""The shape of a flavor: what nbmodel asks of a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from nbmodel.records import Description


class Flavor(Protocol):
    """One framework: how to describe its objects and, where needed, how to pickle them.

    A flavor lives in one file, which alone imports its framework.
    """

    @property
    def name(self) -> str:
        """Its key in the manifest."""
        ...

    def describe(self, obj: Any) -> Description:
        """What can be said of `obj`: never changes it, never raises for odd objects."""
        ...

    def reduce(self, obj: Any) -> Any:
        """A pickle reduction for an object of the framework anywhere in a graph.

        Returns ``(callable, args)`` as ``__reduce__`` does, with state as
        `pickle.PickleBuffer` where it is large, or ``NotImplemented`` to let
        pickle do what it does. Called for each distinct object whose class
        belongs to the framework, so it must be quick to decline.
        """
        ...


@runtime_checkable
class FittedCheck(Protocol):
    """A flavor that knows when an object of its framework is fitted.

    Without it, an object whose class has a method ``predict`` counts as fitted.
    """

    def is_fitted(self, obj: Any) -> bool:
        """Whether `obj` is a model, and fitted. Called only after its framework was imported."""
        ...


@runtime_checkable
class Advisor(Protocol):
    """A flavor that knows why an object of its framework cannot be stored or loaded."""

    def advice(self, obj: Any) -> str:
        """What the user can do about it; empty if there is nothing to say."""
        ...
