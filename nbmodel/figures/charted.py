"""Results that offer their charts as plotly figures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from nbmodel.errors import InvalidValue, NotFound

# Name of a chart to the function that makes it. plotly is imported when the function is called.
Charts = Mapping[str, Callable[[], Any]]


class Charted(ABC):
    """A result with charts. The most telling chart comes first."""

    @abstractmethod
    def charts(self) -> Charts:
        """Return the functions that make the figures, by name."""

    def missing_charts(self) -> Mapping[str, str]:
        """Return why there is no chart, by the name that a user may expect."""
        return {}

    @property
    def figures(self) -> tuple[str, ...]:
        """Names that `figure` accepts."""
        return tuple(self.charts())

    def figure(self, name: str = "") -> Any:
        """Return one chart as a plotly figure, to restyle or export it.

        Parameters
        ----------
        name : str
            One of `figures`; the first one if empty.

        Returns
        -------
        plotly.graph_objects.Figure

        Raises
        ------
        InvalidValue
            If `name` is not a text, or the result has nothing that this chart could draw.
        NotFound
            If there is no such chart.
        ExtraMissing
            If plotly is not installed.
        """
        charts = self.charts()
        if not isinstance(name, str):
            raise InvalidValue(
                f"{name!r} is not the name of a figure.", f"Use one of {', '.join(charts)}."
            )
        name = name or next(iter(charts), "")
        if name in charts:
            return charts[name]()
        if reason := self.missing_charts().get(name):
            raise InvalidValue(reason, "`figures` lists the charts of this result.")
        raise NotFound("figure", name, "this result", charts)
