"""A campaign of raw messages at a panel: whoever can look at a dashboard may send anything.

The kind: a page is not the only one who speaks to a kernel. Every type of message, known and
unknown, with fields that are missing, huge or of another type, out of turn, for comms that are
not there: the registry stays as it is to the byte, the kernel lives, and the panel still answers.
In a dashboard that holds for every message; in a notebook for all but the actions themselves.
"""

from __future__ import annotations

import json
import os
import random
import time

import pytest

from nbmodel import views
from tests.magics.conftest import Kernel
from tests.widgets.conftest import Page, commit_two, started
from tests.widgets.test_panel import everything

VOILA = {"SERVER_SOFTWARE": "voila/0.5.13", "VOILA_PREHEAT": "False", "NBMODEL_READ_ONLY": "1"}
ODD = [
    None, True, False, 0, -1, 1 << 70, 1e308, float("inf"), "", "x", "net@1", "net", "x" * 100_000,
    "\0", "\ud83d", "../../etc/passwd", "--output=x", [], [[]], [[[[[[]]]]]] * 50, {}, {"": ""},
    {"a": {"b": {"c": [1]}}}, "rows", "promote", "__class__", ["net@1"] * 500, {"$": 0},
]  # fmt: skip
ACTIONS = {
    "promote": {"ref": "net@1", "stage": "dev", "message": "x"},
    "rollback": {"ref": "net#prod", "message": "x"},
    "release": {"ref": "net@1", "bump": "major"},
    "card": {"ref": "net", "text": "# mine"},
    "checkout": {"ref": "net@1", "variable": "stolen", "trust": True},
}
KINDS = ("comm_msg", "comm_open", "comm_close", "comm_info_request", "kernel_info_request",
         "history_request", "is_complete_request", "inspect_request", "complete_request",
         "connect_request", "input_reply", "debug_request", "nothing_request", "")  # fmt: skip
METHODS = ("custom", "update", "request_state", "request_states", "echo_update", "nothing", "")
TRAITS = ("first", "opening", "can", "_esm", "_css", "_model_module", "_model_name", "layout",
          "comm", "keys", "_anywidget_id", "__class__")  # fmt: skip
TARGETS = ("jupyter.widget", "jupyter.widget.control", "nbmodel", "")


class Messages:
    """Draws messages for a panel; `acts` says whether actions are among them."""

    def __init__(self, seed: int, comm: str, acts: bool) -> None:
        self.chance = random.Random(seed)
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
        found = {"method": self.perhaps(method)}
        if method == "custom":
            found["content"] = self.custom()
        else:
            found["state"] = self.perhaps({self.chance.choice(TRAITS): self.odd()})
            found["buffer_paths"] = self.perhaps([])
        return self.perhaps(found)

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


def shrunk(sent):
    """The last messages, as JSON to send again."""
    return json.dumps(sent[-25:], default=str)[:3000]


def campaign(page, count, seed, acts):
    drawn = Messages(seed, page.comm, acts)
    sent, kinds = [], {}
    for number in range(count):
        kind, content = drawn.draw()
        try:
            send(page.kernel, kind, content)
        except (ValueError, TypeError):  # which no page could send either
            continue
        sent.append((kind, content))
        kinds[kind] = kinds.get(kind, 0) + 1
        if number % 25 == 24 or number == count - 1:
            try:
                reply = page.ask("state", _id=f"after {number}")
            except AssertionError:
                raise AssertionError(f"seed {seed}: silent after {shrunk(sent)}") from None
            assert "answer" in reply, (seed, sent[-25:])
    print(f"seed {seed}: {sum(kinds.values())} messages {kinds}, the panel answered after each 25")


def seed_and_count(count):
    """Seed and size of a long campaign, from the environment."""
    seed = os.environ.get("NBMODEL_SEED") or time.time_ns() % 10**6
    return int(seed), int(os.environ.get("NBMODEL_CAMPAIGN", count))


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """A registry with two versions and stages, and a panel of a kernel as Voila starts it."""
    folder = tmp_path_factory.mktemp("looked at")
    author = started(folder)
    commit_two(author)
    author.result("%model_promote net@1 prod")
    author.result("%model_promote net@2 prod")
    author.close()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in VOILA.items():
            patch.setenv(name, value)
        kernel = Kernel(folder)
    yield folder, Page(kernel, "%model_panel")
    kernel.close()


def dashboard(looked_at, count, seed):
    folder, page = looked_at
    before = everything(folder)
    campaign(page, count, seed, acts=True)
    for verb, args in ACTIONS.items():
        assert page.ask(verb, _id=verb, **args)["error"]["kind"] == "ReadOnlyRegistry"
    assert everything(folder) == before
    assert page.kernel.result("'stolen' in dir()") == "False"
    assert page.kernel.result("1 + 1") == "2"


def notebook(kernel, count, seed):
    page = Page(kernel, "%model_panel")
    before = page.ask("state", _id="before")["answer"]
    campaign(page, count, seed, acts=False)
    assert page.ask("state", _id="end")["answer"] == before
    assert kernel.result("1 + 1") == "2"


def test_raw_messages_at_a_dashboard(looked_at):
    dashboard(looked_at, 150, int(os.environ.get("NBMODEL_SEED", "7")))


def test_raw_messages_at_a_notebook(kernel):
    notebook(kernel, 150, int(os.environ.get("NBMODEL_SEED", "7")))


@pytest.mark.stress
def test_raw_messages_at_a_dashboard_for_a_long_time(looked_at):
    seed, count = seed_and_count(20_000)
    dashboard(looked_at, count, seed)


@pytest.mark.stress
def test_raw_messages_at_a_notebook_for_a_long_time(kernel):
    seed, count = seed_and_count(20_000)
    notebook(kernel, count, seed)
