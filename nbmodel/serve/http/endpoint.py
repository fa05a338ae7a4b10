"""The endpoints that score: read, choose a version, score, answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbmodel.errors import InvalidInput, NbModelError, NotFound
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.rows import Rows, rows_in
from nbmodel.serve.http.codecs import Dialect
from nbmodel.serve.http.metrics import Metrics
from nbmodel.serve.http.middleware import BodyTooLarge, ClientGone, Intake, Receive, Scope, Send
from nbmodel.serve.http.responses import NoAnswer, Reply, read_json, send_reply, status_of
from nbmodel.serve.http.state import Serving
from nbmodel.serve.inference.loaded import Served
from nbmodel.serve.inference.slots import Slot, Slots
from nbmodel.serve.protocol import binary
from nbmodel.serve.protocol.v2 import Asked

if TYPE_CHECKING:
    from nbmodel.serve.http.exchange import Exchange, Headers


@dataclass(slots=True)
class Question:
    """One request, as far as it was read.

    Attributes
    ----------
    model : str
        The name in its path; empty for the only one.
    version : str
        The version in its path; empty for the slot's choice.
    begin : float
        When it was begun, by `time.perf_counter`.
    """

    model: str
    version: str
    begin: float
    given: Any = None
    behind: binary.Bytes = b""
    slot: Slot = field(init=False)
    served: Served | None = None
    asked: Asked = field(init=False)
    rows: Rows = field(init=False)
    count: int = 0
    when: int = 0


class Scoring:
    """An endpoint that scores: read, choose a version, score, answer.

    A request has a task of its own (`__call__`), or none if its answer comes in the next turn
    of the event loop (`begin`).

    Parameters
    ----------
    serving : Serving
    metrics : Metrics
    intake : Intake
    dialect : Dialect
    """

    def __init__(
        self, serving: Serving, metrics: Metrics, intake: Intake, dialect: Dialect
    ) -> None:
        self._slots = serving.slots
        self._recorder = serving.recorder
        self._limits = serving.limits
        self._clock = serving.clock
        self._metrics = metrics
        self._intake = intake
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, in ASGI's terms."""
        path = scope["path_params"]
        question = Question(path.get("model", ""), path.get("version", ""), time.perf_counter())
        held = 0
        try:
            question.slot = self._slots[question.model or only(self._slots)]
            body, held = await self._intake.read(receive)
            served = self._read(question, scope["headers"], body)
            async with asyncio.timeout(self._limits.seconds):
                outputs = await served.answer(question.rows, question.asked.methods)
            answer = self._answered(question, outputs)
            if question.slot.shadow is not None:
                self._copy(question, question.slot.shadow, served)
        except (NbModelError, BodyTooLarge) as error:
            answer = self._refused(question, error)
        except TimeoutError:
            answer = self._refused(question, NoAnswer(self._limits.seconds))
        except ClientGone:
            return
        finally:
            self._intake.pending -= held
        await send_reply(send, answer)

    def begin(self, model: str, exchange: Exchange, headers: Headers, body: bytes) -> bool:
        """Answer a request that came whole without a task: this path is the hot one.

        Returns
        -------
        bool
            False if it needs a task: the model takes longer, several answers are asked for, or
            a shadow scores it too. Nothing was done then.
        """
        question = Question(model, "", time.perf_counter())
        try:
            question.slot = slot = self._slots[model or only(self._slots)]
            if slot.shadow is not None:
                return False
            served = self._read(question, headers, body)
            batcher = served.batchers.get(question.asked.methods[0] or served.default)
            if batcher is None or len(question.asked.methods) > 1:
                return False
            if not batcher.is_quick(question.count):
                return False
            ticket = _Ticket(self, question, exchange)
            batcher.add(question.rows, question.count, ticket)
        except (NbModelError, BodyTooLarge) as error:
            exchange.respond(self._refused(question, error))
        return True

    def _read(
        self, question: Question, headers: Iterable[tuple[bytes, bytes]], body: binary.Bytes
    ) -> Served:
        text, question.behind = binary.split(headers, body)
        question.given = read_json(text)
        question.asked = asked = self._dialect.wishes(question.given)
        question.when = self._clock.read(asked.when)
        question.served = served = chosen(question.slot, question.version, asked.request)
        question.rows = self._dialect.rows(served.decoder, question.given, question.behind)
        question.count = rows_in(question.rows)
        if question.count > self._limits.rows:
            raise InvalidInput(
                f"The request has {question.count} rows.",
                f"Send at most {self._limits.rows} at once.",
            )
        return served

    def _answered(self, question: Question, outputs: Outputs) -> Reply:
        """What to send, once it is logged and counted."""
        served = question.served
        if served is None:
            raise RuntimeError("A request was answered before it was read.")
        document, behind = self._dialect.answer(served, question.asked, outputs)
        reply = Reply.of(200, document, served.name, behind)
        latency = time.perf_counter() - question.begin
        self._note(question, served, outputs, latency)
        model = question.slot.plan.name
        self._metrics.count(model, served, 200, question.count, latency)
        return reply

    def _refused(self, question: Question, error: Exception) -> Reply:
        status, served = status_of(error), question.served
        latency = time.perf_counter() - question.begin
        model = question.model or only(self._slots)
        self._metrics.count(model, served, status, question.count, latency)
        return Reply.of(status, {"error": str(error)}, served.name if served else "")

    def _note(self, question: Question, served: Served, outputs: Outputs, latency: float) -> None:
        """Log the first output: an id has one row in the log, and labels join by it."""
        if self._recorder is not None:
            output, values = next(iter(outputs.items()))
            self._recorder.note(
                question.slot, served, question.asked.request, question.rows, values, output,
                latency, question.when,
            )  # fmt: skip

    def _copy(self, question: Question, shadow: Served, served: Served) -> None:
        """Let the shadow score it too: nobody waits, and a failure is the shadow's alone."""
        begin = time.perf_counter()
        try:
            if shadow.decoder != served.decoder:
                question.rows = self._dialect.rows(shadow.decoder, question.given, question.behind)
        except InvalidInput:
            return

        def note(done: asyncio.Task[Outputs]) -> None:
            if not done.cancelled() and done.exception() is None:
                self._note(question, shadow, done.result(), time.perf_counter() - begin)

        answer = shadow.answer(question.rows, question.asked.methods[:1])
        asyncio.ensure_future(answer).add_done_callback(note)


class _Ticket:
    """A request without a task that waits for its outputs: what a batcher asks of a future."""

    __slots__ = ("_exchange", "_question", "_scoring")

    def __init__(self, scoring: Scoring, question: Question, exchange: Exchange) -> None:
        self._scoring = scoring
        self._question = question
        self._exchange = exchange

    def done(self) -> bool:
        """Whether its client is gone."""
        return self._exchange.abandoned()

    def set_result(self, outputs: Outputs, /) -> None:
        """Answer."""
        try:
            reply = self._scoring._answered(self._question, outputs)
        except Exception as error:  # noqa: BLE001  as in a task: logged, and answered
            self._exchange.fail(error)
        else:
            self._exchange.respond(reply)

    def set_exception(self, error: Exception, /) -> None:
        """Refuse."""
        try:
            served = self._question.served
            known = error if served is None else served.explained(error, self._question.rows)
            reply = self._scoring._refused(self._question, known)
        except Exception as mistake:  # noqa: BLE001  see above
            self._exchange.fail(mistake)
        else:
            self._exchange.respond(reply)


def chosen(slot: Slot, version: str, request: str) -> Served:
    """The version that answers: the one in the path, else the slot's choice.

    Raises
    ------
    NotFound
        If another version is in the path than is served.
    """
    if not version:
        return slot.choose(request)
    here = [held for held in (slot.primary, slot.canary) if held is not None]
    for held in here:
        if version in (str(held.version.number), held.name, held.version.commit):
            return held
    known = [str(held.version.number) for held in here]
    raise NotFound("version", version[:80], f"what is served of {slot.plan.name}", known)


def only(slots: Slots) -> str:
    """The name of the one model; empty if there are several."""
    return next(iter(slots.all())) if len(slots.all()) == 1 else ""
