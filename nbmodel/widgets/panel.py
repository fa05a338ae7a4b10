"""The registry as a widget: a table of versions and everything that is recorded of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import traitlets

from nbmodel import views
from nbmodel.api import default_registry
from nbmodel.config import under_voila
from nbmodel.display import escaped, visible
from nbmodel.errors import NbModelError, NotFound, RegistryGone
from nbmodel.widgets.replies import Replies
from nbmodel.widgets.saved_view import (
    MAX_ROWS,
    SAVED_OUTPUT_MIME,
    bounded,
    html_of,
    registry_sections,
    text_of,
)
from nbmodel.widgets.script_widget import ScriptWidget
from nbmodel.widgets.watch import WATCH

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

# Questions that take seconds; nothing else waits for them. They are answered one at a time,
# in the order of the requests: each uses all cores.
_SLOW_QUESTIONS = ThreadPoolExecutor(1, "nbmodel-panel")
# Actions that wait for a network.
_SLOW_ACTIONS = ThreadPoolExecutor(1, "nbmodel-actions")
SLOW = tuple(views.SLOW)  # a page may send anything for a verb, also what cannot be hashed
_DELETED_STATE = "gone"  # in place of the state of a registry that was deleted
# What the page of `nbmodel dashboard` draws from: it has no widget manager.
PAGE_MIME = "application/vnd.nbmodel.panel+json"


class RegistryPanel(ScriptWidget):
    """A panel over a registry; it works wherever Jupyter widgets do.

    Parameters
    ----------
    registry : callable, optional
        Opens the registry; the default one if not given.
    opening : mapping, optional
        What is seen first: ``{"model": name}``, ``{"compare": [ref, ...]}``, ``{"edit": ref}``,
        ``{"monitor": {"ref": ref, "window": "1d"}}``, ``{"home": True}``: the `Opening` of
        ``labextension/src/view/data/opening.ts``.
    result : Result, optional
        What the panel shows first, as the record that a script gets. `figure` draws it.
    checkout, log : callable, str, optional
        See `nbmodel.widgets.replies.Replies`.
    fallback : callable, optional
        Text for where there are no widgets; the first rows if not given.

    Raises
    ------
    NotBuilt
        If the front end of a source tree was not built.
    """

    opening = traitlets.Dict().tag(sync=True)
    initial = traitlets.Dict().tag(sync=True)
    verbs = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        registry: Callable[[], Registry] = default_registry,
        *,
        opening: Mapping[str, Any] | None = None,
        checkout: Callable[[str, str, bool], str] | None = None,
        result: Any = None,
        fallback: Callable[[], str] | None = None,
        log: str = "",
    ) -> None:
        self.result = result
        if fallback is None and result is not None:
            fallback = result.text
        self._replies = Replies(registry, checkout, log)
        self._fallback = fallback
        questions = ("registry", "rows", *(["home"] if opening and opening.get("home") else []))
        if "push" in self._replies.verbs():
            questions += ("sharing",)
        initial = {verb: self._replies.answer(verb, {}) for verb in questions}
        self._state = initial["registry"]["state"]
        self._has_page = False
        self._sections = []
        if fallback is None:
            home = initial.get("home") or self._replies.answer("home", {"limit": MAX_ROWS})
            self._sections = registry_sections(initial, home)
        super().__init__(
            "panel.js",
            opening=dict(opening or {}),
            initial=initial,
            verbs=self._replies.verbs(),
        )
        self.on_msg(self._on_message)
        WATCH.add(self)
        if under_voila() and "home" in initial:
            _SLOW_QUESTIONS.submit(
                self._prepare, [t["row"]["model"] for t in initial["home"]["tiles"]]
            )

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the charts of `result`."""
        return () if self.result is None else tuple(self.result.figures)

    def figure(self, name: str = "") -> Any:
        """Return a chart of `result` as a plotly figure.

        Raises
        ------
        NotFound
            If there is no such chart.
        ExtraMissing
            If plotly is not installed.
        """
        if self.result is None:
            raise NotFound("figure", name, "a panel of the whole registry")
        return self.result.figure(name)

    def notice(self) -> None:
        """Notify the page if the registry has changed since the last notice."""
        try:
            state = self._replies.answer("state", {})["state"]
        except RegistryGone:
            state = _DELETED_STATE
        except NbModelError:  # the page gets the error with its next request
            return
        if state != self._state:
            self._state = state
            self.send({"changed": True})

    def is_open(self) -> bool:
        """Whether there is a page to tell."""
        return self.comm is not None

    def _prepare(self, models: list[str]) -> None:
        """Answer the slow questions of the overview before a page asks them; answers are cached.

        Under Voilà the kernel waits for its page. The page's own questions end the preparation.
        """
        for model in dict.fromkeys(models):
            for verb in ("health", "traffic"):
                if self._has_page:
                    return
                self._replies.to({"id": 0, "verb": verb, "args": {"models": [model]}})

    def _on_message(self, _: object, content: object, __: object) -> None:
        # Under Voilà the notebook may have run long before a page is opened, and no cell runs while
        # it is open. A page that asks for the state gets every change.
        first, self._has_page = not self._has_page, True
        verb = content.get("verb") if isinstance(content, dict) else None
        if verb in SLOW:
            _SLOW_QUESTIONS.submit(self._reply, content)
        elif verb in tuple(views.SLOW_ACTIONS):
            _SLOW_ACTIONS.submit(self._reply, content)
        else:
            self._reply(content)
        # After the reply, which then arrives even if this fails.
        if first or verb == "state":
            self.notice()

    def _reply(self, content: object) -> None:
        reply = self._replies.to(content)
        if reply is None or not self.is_open():
            return
        self.send(reply)
        writes = views.ACTIONS.keys() | views.KERNEL_ACTIONS.keys()
        if isinstance(content, dict) and "answer" in reply and content["verb"] in writes:
            WATCH.tell()  # other panels of this kernel too

    def text(self) -> str:
        """What a terminal shows."""
        return visible(self._fallback() if self._fallback else text_of(self._sections))

    def html(self) -> str:
        """What a notebook shows where there are no widgets: on a git host, without a kernel."""
        text = self.text()
        if self._sections:
            return bounded(html_of(self._sections), text)
        return bounded(self.result.html() if self.result else f"<pre>{escaped(text)}</pre>", text)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        if under_voila():
            traits = {"opening": self.opening, "initial": self.initial, "verbs": self.verbs}
            data = {**data, PAGE_MIME: {"comm": self.model_id, "traits": traits}}
        else:
            data = {**data, SAVED_OUTPUT_MIME: {}, "text/html": self.html()}
        return {**data, "text/plain": self.text()}, metadata
