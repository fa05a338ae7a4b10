"""The `curl` examples of the HTTP reference, run by a shell against real servers.

After a change of the answers of a server, ``python -m tests.docs.test_http_examples`` writes the
new outputs into the page. Read the difference.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel
from tests.fixtures.servers import limited_server, serving

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "http.md"
TEXT = PAGE.read_text()
EXAMPLE_RE = re.compile(r"^```sh ?(.*)\n((?:.*\n)+?)```\n```(?:json|text)\n((?:.*\n)*?)```$", re.M)
ADDRESS, TOKEN = "http://127.0.0.1:8080", "a-secret"
WIDTH = 100  # characters of a line of JSON on the page
COLUMNS = ["radius", "texture", "area", "smoothness"]
SMALL = {"timeout_s": 0.3, "max_concurrent": 1}  # a server that is soon busy


@dataclass(frozen=True)
class Example:
    kind: str
    command: str
    output: str

    def __str__(self) -> str:
        """The heading above it."""
        return re.findall(r"^#+ (.+)$", TEXT.partition(self.command)[0], re.M)[-1]


EXAMPLES = [Example(*groups) for groups in EXAMPLE_RE.findall(TEXT)]
ORDINARY = [example for example in EXAMPLES if example.kind not in ("slow", "busy")]


@dataclass(frozen=True)
class Servers:
    ordinary: str
    small: str
    curl_home: Path

    def run(self, example: Example) -> str:
        """What the shell prints; the server requires a token, which the page leaves out."""
        server = self.small if example.kind in ("slow", "busy") else self.ordinary
        environment = os.environ | {"NO_PROXY": "127.0.0.1"}
        if example.kind != "no token":
            environment["CURL_HOME"] = str(self.curl_home)
        command = example.command.replace(ADDRESS, server).replace("sleep 31", "sleep 1.6")
        return subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60
        ).stdout


@pytest.fixture(scope="module")
def servers(isolated_home, tmp_path_factory) -> Iterator[Servers]:
    with both_servers(tmp_path_factory.mktemp("http")) as running:
        yield running


@contextmanager
def both_servers(folder: Path) -> Iterator[Servers]:
    """A server that requires a token, and one with small limits."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X[[f"mean {name}" for name in COLUMNS]].set_axis(COLUMNS, axis=1)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    (folder / ".curlrc").write_text(f'header = "Authorization: Bearer {TOKEN}"\n')
    with nbmodel.open(folder, create=True) as registry:
        registry.commit(model, "tumor", "baseline", data=X)
        registry.verify_acceptance("tumor@1")  # draws its rows, if the machine was too busy before
        registry.promote("tumor@1", "prod", "first")
        arguments = ("tumor@prod", "--log", str(folder / "log"), "--watch", "off")
        with (
            serving(registry.path, *arguments, log=folder / "serve.log", token=TOKEN) as ordinary,
            limited_server(registry, folder / "small", "tumor@prod", **SMALL) as small,
        ):
            yield Servers(ordinary.server.address, small.server.address, folder)


def alike(output, shown) -> bool:
    """Whether two documents are equal, except for the last digits of a fit."""
    if isinstance(shown, dict):
        return (
            isinstance(output, dict)
            and output.keys() == shown.keys()
            and all(alike(output[key], shown[key]) for key in shown)
        )
    if isinstance(shown, list):
        return (
            isinstance(output, list)
            and len(output) == len(shown)
            and all(map(alike, output, shown))
        )
    if isinstance(shown, float):
        return output == pytest.approx(shown, rel=0.01)
    return type(output) is type(shown) and output == shown


def read(text: str):
    """The JSON that a text begins with, if it does, and the lines after it."""
    if not text.startswith("{"):
        return text.splitlines()
    document, end = json.JSONDecoder().raw_decode(text)
    return [document, *text[end:].strip().splitlines()]


def test_every_command_of_the_page_has_an_output_and_is_run():
    assert len(EXAMPLES) == TEXT.count("\n```sh")


@pytest.mark.parametrize("example", ORDINARY, ids=str)
def test_an_example_prints_what_the_page_shows(servers, example):
    assert alike(read(servers.run(example)), read(example.output))


def test_a_slow_request_is_refused_and_a_busy_server_says_so(servers):
    (slow,) = (example for example in EXAMPLES if example.kind == "slow")
    (busy,) = (example for example in EXAMPLES if example.kind == "busy")
    assert read(servers.run(slow)) == read(slow.output)
    assert read(run_busy(servers, busy)) == read(busy.output)


def run_busy(servers: Servers, example: Example) -> str:
    """What an example prints while another request keeps the server busy."""
    port = int(servers.small.rpartition(":")[2])
    for _ in range(20):  # until the other request is the first of the two
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[")
            if "\n503 " in (printed := servers.run(example)):
                return printed
    pytest.fail(f"never busy: {printed}")


# -- writing the page --------------------------------------------------------


def pretty(document, indent: str = "") -> str:
    """JSON on one line if it fits, else as many keys or values on a line as do."""
    line, inner = json.dumps(document), indent + " "
    if len(indent + line) <= WIDTH or not isinstance(document, dict | list):
        return line
    if isinstance(document, dict):
        parts = [f"{json.dumps(key)}: {pretty(value, inner)}" for key, value in document.items()]
    else:
        parts = [pretty(value, inner) for value in document]
    text = line[0] + parts[0]
    for part in parts[1:]:
        fits = len(indent + text.rpartition("\n")[2] + part) < WIDTH and "\n" not in part
        text += f", {part}" if fits else f",\n{inner}{part}"
    return text + line[-1]


def rewrite(servers: Servers) -> None:
    """Write the outputs of all examples on the page."""

    def renewed(match: re.Match[str]) -> str:
        example = Example(*match.groups())
        printed = run_busy(servers, example) if example.kind == "busy" else servers.run(example)
        lines = [part if isinstance(part, str) else pretty(part) for part in read(printed)]
        return match[0][: match.start(3) - match.start()] + "\n".join([*lines, "```"])

    PAGE.write_text(EXAMPLE_RE.sub(renewed, TEXT))


if __name__ == "__main__":
    with TemporaryDirectory() as scratch, both_servers(Path(scratch)) as servers_of_page:
        rewrite(servers_of_page)
