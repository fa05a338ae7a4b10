"""The output of a shell command with any encoding, a closed reader, and a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbmodel
from tests.fixtures.projects import make_project

ROOT = Path(__file__).parents[1]
MESSAGE = "gr\u00f6\u00dfer \u2713 \u6a21\u578b \U0001f600"


@pytest.fixture(scope="module")
def folder(isolated_home, tmp_path_factory):
    """A registry whose every text has letters of no old terminal, more than a pipe holds."""
    folder = make_project(
        tmp_path_factory.mktemp("modelle \u00fc"), author="J\u00f6rg \u6a21", email="j@example.org"
    )
    with nbmodel.open(folder) as registry:
        for number in range(3):
            registry.commit({"n\u00fc": number}, "net", MESSAGE, tags={"ort": "K\u00f6ln"})
        registry.edit_card("net", f"# net\n\n{MESSAGE * 20_000}", MESSAGE)
        registry.promote("net@1", "prod", MESSAGE)
    return folder


def run(folder, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **variables):
    return subprocess.run(
        [sys.executable, "-m", "nbmodel.cli", *words], cwd=folder, stdout=stdout, stderr=stderr,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables, timeout=120,
    )  # fmt: skip


COMMANDS = [
    ("log", "net"), ("log", "net", "--graph"), ("list",), ("show", "net@2"), ("card", "net"),
    ("diff", "net@1", "net"), ("branch", "net"), ("verify",), ("gc",),
]  # fmt: skip
OLD = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_old_terminal_gets_replaced_characters(folder, words):
    for variables in OLD:
        done = run(folder, *words, **variables)
        assert (done.returncode, done.stderr) == (0, b""), variables
        assert done.stdout.isascii() or variables["PYTHONIOENCODING"] == "latin-1"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "gr??er ? ?? ?"), ("latin-1", "gr\u00f6\u00dfer ? ?? ?")]
)
def test_encodable_characters_are_shown(folder, encoding, shown):
    done = run(folder, "log", "net", PYTHONIOENCODING=encoding)
    assert shown in done.stdout.decode(encoding)
    assert MESSAGE in run(folder, "log", "net", PYTHONIOENCODING="utf-8").stdout.decode()


@pytest.mark.parametrize("words", [("show", "gr\u00fcn"), ("--repo", "/k\u00f6ln/\u6a21", "list")])
def test_an_error_has_no_traceback_in_an_old_terminal(folder, words):
    for variables in OLD:
        done = run(folder, *words, **variables)
        assert done.returncode == 1
        assert done.stdout == b""
        assert b"Traceback" not in done.stderr
        assert done.stderr.startswith(b"nbmodel ")


# -- a reader that has enough ------------------------------------------------


def gone():
    """The writing end of a pipe without a reader."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("words", [*COMMANDS, ("--help",), ("log", "--help")], ids=" ".join)
def test_output_to_a_closed_reader_ends_silently(folder, words):
    out = gone()
    done = run(folder, *words, stdout=out)
    os.close(out)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_pipe_is_not_an_error(folder):
    """``nbmodel card net | head -n 1``: far more than a pipe holds."""
    command = [sys.executable, "-m", "nbmodel.cli", "card", "net"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    ) as process:  # fmt: skip
        assert process.stdout.readline().strip()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize(("words", "code"), [(("show", "none"), 1), (("shwo",), 2)])
def test_exit_codes_are_the_usual_ones(folder, words, code):
    assert run(folder, *words).returncode == code
    both = gone()
    assert run(folder, *words, stdout=both, stderr=both).returncode == code
    os.close(both)


def test_the_exit_code_of_findings_does_not_depend_on_the_reader(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit({"n": 1}, "net", "first")
    for pack in (tmp_path / ".nbmodel.git/objects/pack").glob("*.pack"):
        pack.chmod(0o644)
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 255
        pack.write_bytes(data)
    out = gone()
    assert run(tmp_path, "verify", stdout=out).returncode == 1
    os.close(out)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_is_reported(folder):
    with Path("/dev/full").open("wb") as full:
        done = run(folder, "list", stdout=full)
    assert done.returncode == 1
    assert done.stderr.decode().startswith(
        "nbmodel list: its result could not be written: No space"
    )
    assert b"Traceback" not in done.stderr


# -- progress bars -----------------------------------------------------------

WORK = """
import os, sys, time
from nbmodel import progress
progress.DELAY_SECONDS = 0
reading, writing = os.pipe()
os.close(reading)
os.dup2(writing, 2)
steps = 0
with progress.bar("s\u00fc\u00df", None) as tell:
    for _ in range(5):
        time.sleep(0.11)
        tell(10); steps += 1
with progress.counted("s\u00fc\u00df", "rows") as tell:
    for n in range(5):
        time.sleep(0.11)
        tell(n, 5); steps += 1
print(steps)
"""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii:strict"])
def test_work_continues_without_a_terminal_for_its_bar(encoding):
    done = subprocess.run(
        [sys.executable, "-c", WORK], capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert done.stdout == "10\n"
    assert done.returncode in (0, 120)  # Python's own word on a standard error that is gone


def test_a_bar_is_drawn_in_a_terminal():
    code = WORK.replace("os.dup2(writing, 2)\n", "")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)
    assert done.returncode == 0
    assert b"rows" in done.stderr
