"""Records of servers: who can find them, and which processes are never stopped."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from contextlib import ExitStack
from itertools import count

import psutil
import pytest

from nbmodel.repo.location import Location
from nbmodel.serve import server_records
from nbmodel.serve.process import RunningServer, servers
from tests.fixtures.servers import serving

SECRET = "very-secret-word"


@pytest.fixture
def begin(registry, tmp_path):
    """A function that starts a server as ``%model_serve`` does."""
    logs = (tmp_path / f"serve-{number}.log" for number in count())
    with ExitStack() as running:

        def begin(*arguments: str, detach: bool) -> RunningServer:
            server = serving(registry.path, "churn@prod", *arguments, log=next(logs), detach=detach)
            return running.enter_context(server).server

        yield begin


def shell(folder, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbmodel.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_shell_stops_detached_servers_only(begin, registry, tmp_path_factory):
    attached, detached = begin(detach=False), begin("--token", SECRET, detach=True)
    path = detached.record.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SECRET not in path.read_text()
    assert SECRET not in detached.text()
    folder = registry.path.parent
    listed = shell(folder, "stop", "--list").stdout
    assert all(str(each.pid) in listed for each in (attached, detached))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    subprocess.run(["git", "init", "--quiet", elsewhere], check=True)
    assert shell(elsewhere, "stop").stdout == "no server is running\n"
    assert shell(folder, "stop").stdout == "stopped churn@1\n"
    assert (attached.running, detached.running) == (True, False)
    assert shell(folder, "stop", "churn").stdout == "no server of churn is running\n"
    assert [each.pid for each in servers(registry.path)] == [attached.pid]
    attached.stop()
    assert servers(registry.path) == []


REPLACES_ITSELF = """
import os, signal, sys
rest = [sys.executable, "-c", "import time; time.sleep(0.7)"]  # how long its exit takes
signal.signal(signal.SIGTERM, lambda *_: os.execv(sys.executable, rest))
print("ready", flush=True)
signal.pause()
"""


def test_a_server_has_stopped_when_its_process_is_gone(registry):
    """While a process exits, Linux shows it without the command line that the record names."""
    command = [sys.executable, "-c", REPLACES_ITSELF, "nbmodel.cli", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        record = server_records.add(process.pid, "registry", "address", {}, detached=True)
        server_records.stop(record)
        assert process.poll() == 0


def test_a_process_that_does_not_match_its_record_is_not_stopped(begin, registry):
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        server = begin(detach=True)
        truth = json.loads(server.record.path.read_text())
        lies = [
            {"pid": stranger.pid, "started": psutil.Process(stranger.pid).create_time()},
            {"started": truth["started"] - 60},  # a pid that was used again
            {"pid": 2**22 + 1},  # nobody
        ]
        for number, lie in enumerate(lies):
            (server_records.folder() / f"lie-{number}.json").write_text(json.dumps(truth | lie))
        (server_records.folder() / "torn.json").write_text('{"pid": ')
        afar = server_records.folder() / "afar.json"
        afar.write_text(json.dumps(truth | {"host": "another"}))
        key = Location(registry.path).key
        assert [each.pid for each in server_records.running(key)] == [server.pid]
        left = {each.name for each in server_records.folder().glob("*.json")}
        assert left & {"lie-0.json", "lie-1.json", "lie-2.json", "torn.json"} == set()
        assert {server.record.path.name, afar.name} <= left
        afar.unlink()
        for lie in lies:
            server_records.stop(server_records.ServerRecord(**(truth | lie)))
        assert stranger.poll() is None
        assert server.running
    finally:
        stranger.kill()
        stranger.wait()
