"""A campaign of raw messages to a panel: a viewer of a dashboard can send any message.

The kind: any program can send messages to a kernel. The messages are of every type, with fields
that are missing, huge or of another type, out of turn, and for comms that do not exist. After
them, no byte of the registry has changed, the kernel runs, and the panel answers. In a dashboard
this holds for every message; in a notebook for all except the actions.

Each message follows from the seed and its number alone. A failure is repeated in new kernels, over
copies of the registry, with fewer and fewer messages. The test prints the remaining messages, and a
command that sends them. `NBMODEL_SEED` and `NBMODEL_CAMPAIGN` (messages) choose others.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from nbmodel import views
from tests.fixtures.kernels import Kernel
from tests.shrinking import command, shrunk, steps_again
from tests.widgets.conftest import Page, commit_two, make_watched_project
from tests.widgets.test_panel import everything

VOILA = {"SERVER_SOFTWARE": "voila/0.5.13", "VOILA_PREHEAT": "False", "NBMODEL_READ_ONLY": "1"}
ODD = [
    None, True, False, 0, -1, 1 << 70, 1e308, float("inf"), "", "x", "net@1", "net", "x" * 100_000,
    "\0", "\ud83d", "../../etc/passwd", "--output=x", [], [[]], [[[[[[]]]]]] * 50, {}, {"": ""},
    {"a": {"b": {"c": [1]}}}, "rows", "promote", "__class__", ["net@1"] * 500, {"$": 0},
]  # fmt: skip
ACTIONS = {
    "promote": {"ref": "net@1", "stage": "dev", "message": "x"},
    "rollback": {"ref": "net@prod", "message": "x"},
    "release": {"ref": "net@1", "bump": "major"},
    "card": {"ref": "net", "text": "# mine"},
    "checkout": {"ref": "net@1", "variable": "stolen", "trust": True},
}
KINDS = ("comm_msg", "comm_open", "comm_close", "comm_info_request", "kernel_info_request",
         "history_request", "is_complete_request", "inspect_request", "complete_request",
         "connect_request", "input_reply", "debug_request", "nothing_request", "")  # fmt: skip
METHODS = ("custom", "update", "request_state", "request_states", "echo_update", "nothing", "")
TRAITS = ("initial", "opening", "verbs", "_esm", "script", "_model_module", "_model_name", "layout",
          "comm_id", "comm", "keys", "_anywidget_id", "__class__")  # fmt: skip
EVERY = 25  # messages between two checks
SHRINK_S = 120
TARGETS = ("jupyter.widget", "jupyter.widget.control", "nbmodel", "")


class Messages:
    """Draws messages for a panel; `acts` says whether actions are among them."""

    def __init__(self, seed: int, number: int, comm: str, acts: bool) -> None:
        self.chance = random.Random(f"{seed}:{number}")
        self.comm = comm
        self.acts = acts

    def odd(self):
        return self.chance.choice(ODD)

    def perhaps(self, value):
        """The right value mostly, else an odd one."""
        return self.odd() if self.chance.random() < 0.2 else value

    def custom(self):
        known = [*views.QUESTIONS, *(ACTIONS if self.acts else ())]
        verb = self.chance.choice([*known, "nothing", "answer", "__init__"])
        names = ("ref", "before", "after", "model", "query", "limit", "offset", "every", "models",
                 "sort", "branch", "self", "registry", "window")  # fmt: skip
        args = dict(ACTIONS.get(verb, {"ref": "net@1"}))
        if self.chance.random() < 0.6:
            args |= {self.chance.choice(names): self.odd() for _ in range(3)}
        if not self.acts:
            args["stage"] = args["bump"] = None  # nothing that is drawn is an action by chance
        content = {"id": self.perhaps("a"), "verb": self.perhaps(verb), "args": self.perhaps(args)}
        if self.chance.random() < 0.2:
            del content[self.chance.choice(list(content))]
        return self.perhaps(content)

    def data(self):
        method = self.chance.choice(METHODS)
        fields = {"method": self.perhaps(method)}
        if method == "custom":
            fields["content"] = self.custom()
        else:
            fields["state"] = self.perhaps({self.chance.choice(TRAITS): self.odd()})
            fields["buffer_paths"] = self.perhaps([])
        return self.perhaps(fields)

    def draw(self):
        kind = self.chance.choice(KINDS)
        if self.chance.random() < 0.6:
            kind = "comm_msg"
        comm = self.perhaps(self.comm)
        content = {"comm_id": comm, "data": self.data()}
        if kind == "comm_open":
            content = {"comm_id": self.perhaps("new"), "data": self.data(),
                       "target_name": self.perhaps(self.chance.choice(TARGETS))}  # fmt: skip
        elif kind == "comm_close":
            content["comm_id"] = "another" if comm == self.comm else comm
        elif kind != "comm_msg":
            content = {"code": "1", "cursor_pos": self.odd(), "detail_level": self.odd()}
        return kind, content


def send(kernel, kind, content):
    client = kernel.client
    client.shell_channel.send(client.session.msg(kind, content))


def wrong_with(page, folder, before, acts) -> str:
    """What changed; empty if nothing did. No drawn message asks a notebook to write."""
    try:
        reply = page.ask("state", _id=f"after {time.monotonic_ns()}")
        if "answer" not in reply:
            return f"no answer: {reply}"
        if page.kernel.result("'stolen' in dir(), 1 + 1") != "(False, 2)":
            return "the kernel was replaced"
    except (AssertionError, TimeoutError, RuntimeError) as error:
        return f"no reply: {error}"
    now = everything(folder) if acts else reply["answer"]
    if now == before:
        return ""
    return "changed: " + (", ".join(changes(before, now)) if acts else f"{before} is {now}")


def changes(before, now):
    return sorted(str(path) for path in before.keys() | now.keys()
                  if before.get(path) != now.get(path))  # fmt: skip


def campaign(page, folder, numbers, seed, acts):
    """Send the messages of these numbers; returns the first fault, and the numbers before it."""
    before = everything(folder) if acts else page.ask("state", _id="before")["answer"]
    kinds, since = Counter(), []
    for place, number in enumerate(numbers, 1):
        kind, content = Messages(seed, number, page.comm, acts).draw()
        try:
            send(page.kernel, kind, content)
        except (ValueError, TypeError):  # JSON cannot hold it, so no page could send it
            continue
        kinds[kind] += 1
        since.append(number)
        if place % EVERY == 0 or place == len(numbers):
            if wrong := wrong_with(page, folder, before, acts):
                return wrong, since
            since = []
    print(f"seed {seed}: {kinds.total()} messages {dict(kinds)}, the panel answered after each 25")
    return "", []


@contextmanager
def looking(folder, acts):
    """A page of a new kernel in a folder: as Voila starts it, if the messages include actions."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (VOILA if acts else {}).items():
            patch.setenv(name, value)
        kernel = Kernel(folder)
    with kernel:
        yield Page(kernel, "%model_panel")


def fewest(folder, seed, numbers, acts):
    """The fewest messages that cause a fault in a new kernel; all of them if none does."""

    def fails(some):
        with tempfile.TemporaryDirectory() as name:
            copy = shutil.copytree(folder, Path(name) / "copy")
            with looking(copy, acts) as page:
                return bool(campaign(page, copy, some, seed, acts)[0])

    return shrunk(numbers, fails, SHRINK_S) if fails(numbers) else numbers


def assert_harmless(page, folder, count, seed, acts):
    """Fail with the fewest messages that cause a fault."""
    spare = Path(tempfile.mkdtemp()) / "before"
    shutil.copytree(folder, spare)
    numbers = steps_again() or list(range(count))
    wrong, since = campaign(page, folder, numbers, seed, acts)
    if wrong:
        small = fewest(spare, seed, since, acts)
        texts = (repr(Messages(seed, number, "COMM", acts).draw())[:800] for number in small)
        test = "test_raw_messages_at_a_" + ("dashboard" if acts else "notebook")
        again = command(f"tests/widgets/test_raw_messages.py::{test}", small, NBMODEL_SEED=seed)
        raise AssertionError("\n".join([f"seed {seed}: {wrong[:1000]}", *texts, again]))
    shutil.rmtree(spare.parent)


def seed_and_count(seed, count):
    """The seed and the number of messages; the environment can override both."""
    return int(os.environ.get("NBMODEL_SEED", seed)), int(os.environ.get("NBMODEL_CAMPAIGN", count))


@pytest.fixture(scope="module")
def kernel(kernel):
    """The kernel after two versions of ``net``, the first of them in dev."""
    commit_two(kernel)
    kernel.result("%model_promote net@1 dev")
    return kernel


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """A registry with two versions and stages, and a panel of a kernel as Voila starts it."""
    folder = make_watched_project(tmp_path_factory.mktemp("looked at"))
    with looking(folder, acts=True) as page:
        yield folder, page


def dashboard(looked_at, seed, count):
    folder, page = looked_at
    before = everything(folder)
    assert_harmless(page, folder, count, seed, acts=True)
    for verb, args in ACTIONS.items():
        assert page.ask(verb, _id=verb, **args)["error"]["kind"] == "ReadOnlyRegistry"
    assert everything(folder) == before


def notebook(kernel, seed, count):
    folder = Path(kernel.result("import os; os.getcwd()").strip("'"))
    assert_harmless(Page(kernel, "%model_panel"), folder, count, seed, acts=False)


def test_raw_messages_at_a_dashboard(looked_at):
    dashboard(looked_at, *seed_and_count(7, 150))


def test_raw_messages_at_a_notebook(kernel):
    notebook(kernel, *seed_and_count(7, 150))


@pytest.mark.stress
def test_raw_messages_at_a_dashboard_for_a_long_time(looked_at):
    dashboard(looked_at, *seed_and_count(time.time_ns() % 10**6, 20_000))


@pytest.mark.stress
def test_raw_messages_at_a_notebook_for_a_long_time(kernel):
    notebook(kernel, *seed_and_count(time.time_ns() % 10**6, 20_000))
