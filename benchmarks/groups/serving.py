"""Servers of one small model: requests a second, start, promotion, and what the log costs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import load, registries, servers
from benchmarks.measurements import Line
from benchmarks.models import breast_cancer
from benchmarks.runner import Bench, Worker
from benchmarks.servers import MODEL, Running, ServerFailed, Side

CONNECTIONS = (8, 64)
SECONDS = 3  # of one burst against a peer
LOGGING_SECONDS = 4  # longer than the log's writer waits between two parts
RATE = 200  # requests a second during a promotion
PAUSE = 1.0  # seconds between two promotions
VERSION_HEADER = "x-nbmodel-version"
AHEAD = {"mlflow": 2.0}  # of the requests/s; the others are to be left behind at all


class Publisher:
    """Commits two versions and moves the stage, like a user beside the server."""

    def __init__(self, folder: str) -> None:
        self.registry = registries.fresh(Path(folder))
        x, _ = breast_cancer()
        for strength in (1.0, 0.5):
            self.registry.commit(servers.fitted(strength), MODEL, data=x.to_numpy())
        self.registry.promote(f"{MODEL}@1", "prod")

    def path(self) -> str:
        """Of the registry."""
        return str(self.registry.path)

    def promote(self, number: int) -> float:
        """Let a version hold prod; the moment before."""
        begin = time.monotonic()
        self.registry.promote(f"{MODEL}@{number}", "prod")
        return begin


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = Path(bench.folder("serving"))
    with bench.worker(
        "benchmarks.groups.serving:Publisher", folder=str(folder / "kept")
    ) as publisher:
        registry = Path(publisher.call("path"))
        ours = servers.nbmodel(folder, registry, "--log", str(folder / "log"))
        silent = servers.nbmodel(folder, registry, "--no-log")
        peers = servers.others(bench, folder)
        lines = _bursts(bench, ours, peers) + _starts(bench, ours, peers)
        lines += [*_promotions(bench, ours, publisher), *_logging(bench, ours, silent)]
    shutil.rmtree(folder)
    return lines


# -- requests a second -------------------------------------------------------


def _bursts(bench: Bench, ours: Side, peers: Mapping[str, Side]) -> list[Line]:
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(servers.running(bench, side))
            for name, side in {"ours": ours, **peers}.items()
        }
        _agree(started)
        lines = []
        for connections in CONNECTIONS:
            counted = _counted(bench, started, connections, SECONDS, rounds=4)
            lines += _against(counted, peers, connections)
    return lines


def _agree(started: Mapping[str, Running]) -> None:
    """All make the same of the row, or they do not serve the same model."""
    answers = {name: servers.answer(server) for name, server in started.items()}
    if len(set(answers.values())) > 1:
        raise ServerFailed(f"the servers do not agree: {answers}")


def _counted(
    bench: Bench, started: Mapping[str, Running], connections: int, seconds: int, rounds: int
) -> dict[str, list[load.Burst]]:
    """Bursts against each server in turn; the others idle meanwhile."""
    bursts_by_side: dict[str, list[load.Burst]] = {name: [] for name in started}

    def once(name: str, server: Running) -> list[float]:
        side = server.side
        burst = load.burst(server.port, side.path, side.body, connections, seconds)
        bursts_by_side[name].append(burst)
        return [burst.rate]

    turns: dict[str, Callable[[], list[float]]] = {
        name: partial(once, name, server) for name, server in started.items()
    }
    samples = bench.in_turn(rounds, **turns)
    return {name: bursts[-len(samples[name]) :] for name, bursts in bursts_by_side.items()}


def _against(
    counted: Mapping[str, list[load.Burst]], peers: Mapping[str, Side], connections: int
) -> list[Line]:
    rates = {name: [burst.rate for burst in bursts] for name, bursts in counted.items()}
    tails = {name: [burst.p99 for burst in bursts] for name, bursts in counted.items()}
    what = f"one row over {connections} connections"
    return [
        Line(f"serving-rate-{connections}-{name}", f"{what}: requests answered", "requests/s",
             rates["ours"], side.name, rates[name], AHEAD.get(name, 1.0), at_least=True)
        for name, side in peers.items()
    ] + [
        Line(f"serving-p99-{connections}-{name}", f"{what}: 99% answered within", "s",
             tails["ours"], side.name, tails[name], 1.0)
        for name, side in peers.items()
    ]  # fmt: skip


# -- start -------------------------------------------------------------------


def _starts(bench: Bench, ours: Side, peers: Mapping[str, Side]) -> list[Line]:
    def once(side: Side) -> list[float]:
        with servers.running(bench, side) as server:
            return [server.seconds]

    turns: dict[str, Callable[[], list[float]]] = {
        name: partial(once, side) for name, side in {"ours": ours, **peers}.items()
    }
    seconds = bench.in_turn(4, **turns)
    return [
        Line("serving-start", "start of the process to ready", "s", seconds["ours"], target=1.5),
        *(
            Line(f"serving-start-{name}", "the same", "s", seconds["ours"], side.name,
                 seconds[name])
            for name, side in peers.items()
        ),
    ]  # fmt: skip


# -- promotion ---------------------------------------------------------------


def _promotions(bench: Bench, ours: Side, publisher: Worker) -> list[Line]:
    """The stage goes to and fro under a steady load; the first time warms up."""
    seconds = []
    with servers.running(bench, ours) as server:
        body = ours.body.read_bytes()
        with load.Steady(
            server.port, ours.path, body, rate=RATE, connections=CONNECTIONS[0],
            header=VERSION_HEADER,
        ) as steady:  # fmt: skip
            for turn in range(max(1, round(10 * bench.effort)) + 1):
                time.sleep(PAUSE)
                number = 2 - turn % 2
                begin = publisher.call("promote", number=number)
                seconds.append(steady.first(f"{MODEL}@{number}", begin) - begin)
            time.sleep(PAUSE)
    work = f"{len(seconds)} promotions under {RATE} requests/s"
    return [
        Line("serving-failed", f"{work}: failed of {len(steady.answers):,} requests", "requests",
             [float(steady.failed)], target=0.0),
        Line("serving-switch", "the same: promote to the new version's first answer", "s",
             seconds[1:], target=2.0),
    ]  # fmt: skip


# -- the log -----------------------------------------------------------------


def _logging(bench: Bench, ours: Side, silent: Side) -> list[Line]:
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(servers.running(bench, side))
            for name, side in {"logged": ours, "silent": silent}.items()
        }
        counted = {
            connections: _counted(bench, started, connections, LOGGING_SECONDS, rounds=8)
            for connections in CONNECTIONS
        }
    return [
        Line(f"serving-log-{connections}",
             f"one row over {connections} connections, every prediction logged", "requests/s",
             [burst.rate for burst in bursts["logged"]], "without the log",
             [burst.rate for burst in bursts["silent"]], 0.95, at_least=True)
        for connections, bursts in counted.items()
    ]  # fmt: skip
