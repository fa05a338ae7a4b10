"""The shell command: the same verbs, exit codes, no tracebacks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import numpy as np
import pytest

import nbmodel
from nbmodel.cli import main
from nbmodel.commands.table import MAGICS, SHELL
from nbmodel.versioning.verbs.export import load_folder


@pytest.fixture
def folder(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit(
            {"w": np.arange(1 << 17, dtype=float)}, "net", "first", metrics={"auc": 0.9}
        )
        registry.commit({"w": np.arange(1 << 17, dtype=float) + 1}, "net", "second")
    return tmp_path


def nbmodel_cli(folder, *args):
    return subprocess.run(
        [sys.executable, "-m", "nbmodel.cli", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_log_list_show_diff(folder):
    assert "net@2" in nbmodel_cli(folder, "log", "net").stdout
    assert "net@1" in nbmodel_cli(folder, "list", "auc > 0.5").stdout
    assert "first" in nbmodel_cli(folder, "show", "net@1").stdout
    assert "moved by" in nbmodel_cli(folder, "diff", "net@1", "net@2").stdout


def test_release_promote_roll_back(folder):
    assert "net@v0.1.0" in nbmodel_cli(folder, "release", "net@1").stdout
    assert nbmodel_cli(folder, "promote", "net@1", "prod", "-m", "fine").returncode == 0
    assert nbmodel_cli(folder, "promote", "net@2", "prod").returncode == 0
    assert "net@1" in nbmodel_cli(folder, "rollback", "net@prod", "-m", "worse").stdout


def test_a_new_stage_is_confirmed_on_a_terminal_or_by_the_option(folder):
    assert nbmodel_cli(folder, "promote", "net@1", "prod").returncode == 0
    script = nbmodel_cli(folder, "promote", "net@1", "prodd")
    assert script.returncode == 1
    assert "Did you mean prod?" in script.stderr
    assert "--new-stage" in script.stderr
    for typed, stage in (("n\n", ""), ("y\n", "net@prodd")):
        master, slave = pty.openpty()
        os.write(master, typed.encode())
        done = subprocess.run(
            [sys.executable, "-m", "nbmodel.cli", "promote", "net@1", "prodd"],
            cwd=folder, stdin=slave, capture_output=True, text=True, check=False,
        )  # fmt: skip
        os.close(slave)
        os.close(master)
        assert "Did you mean prod? Make it? [y/N]" in done.stderr
        assert done.stdout.startswith(stage)
        assert bool(done.stdout) == (done.returncode == 0) == bool(stage)
    assert nbmodel_cli(folder, "promote", "net@2", "eu", "--new-stage").returncode == 0


def test_checkout_writes_a_folder_that_loads(folder):
    done = nbmodel_cli(folder, "checkout", "net@1", "--to", "out")
    assert done.returncode == 0, done.stderr
    assert load_folder(folder / "out")["w"][7] == 7.0
    assert "already" in nbmodel_cli(folder, "checkout", "net@1", "--to", "out").stdout
    assert "exists" in nbmodel_cli(folder, "checkout", "net@2", "--to", "out").stderr


def test_the_repo_option_names_a_registry(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert "net@2" in nbmodel_cli(elsewhere, "--repo", str(folder), "log", "net").stdout
    missing = nbmodel_cli(elsewhere, "log", "net")
    assert missing.returncode == 1
    assert "There is no model registry" in missing.stderr


def test_read_only(folder):
    done = nbmodel_cli(folder, "--read-only", "promote", "net@1", "prod")
    assert done.returncode == 1
    assert "read-only" in done.stderr


def test_errors_have_exit_codes_and_no_tracebacks(folder):
    unknown = nbmodel_cli(folder, "show", "nett")
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)
    assert "Did you mean net?" in unknown.stderr
    assert nbmodel_cli(folder, "shwo").returncode == 2
    assert nbmodel_cli(folder, "checkout", "net@1").returncode == 1


@pytest.mark.parametrize("name", sorted(MAGICS.keys() - SHELL.keys()))
def test_a_command_that_is_only_a_magic_is_named_as_one(name, capsys):
    for words in ([name, "--help"], ["--repo", ".", name]):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert f"{name} works only in a notebook: %model_{name}." in error
        assert "invalid choice" not in error


def test_an_argument_too_many_gets_the_usage_of_its_command(capsys):
    with pytest.raises(SystemExit):
        main(["release", "net@1", "1.0.0", "today"])
    error = capsys.readouterr().err
    assert "[--version v1.2.0]" in error
    assert "nbmodel release: error: today is too much: write nbmodel release" in error


def test_a_slip_in_an_option_of_serve_is_a_sentence(capsys):
    # The usage of serve holds words such as 10%, which argparse once took for a format.
    for words in (["--port", "eighty"], ["net@1", "--prot", "80"]):
        with pytest.raises(SystemExit):
            main(["serve", *words])
        error = capsys.readouterr().err
        assert "[--canary REF=10%]" in error
        assert "'eighty' is not a whole number" in error or "Did you mean --port" in error


def test_without_arguments_it_says_what_can_be_done(folder):
    helped = nbmodel_cli(folder)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "Show the history of a model, newest first." in helped.stdout
    assert "Choose one: nbmodel serve net@2" in nbmodel_cli(folder, "serve").stdout
    assert nbmodel_cli(folder, "promote", "net@1", "prod").returncode == 0
    assert "net@prod can be served: nbmodel serve net@prod" in nbmodel_cli(folder, "serve").stdout


def test_the_suggested_checkout_runs(folder):
    with nbmodel.open(folder) as registry:
        registry.commit({"w": 1}, "another")
    said = nbmodel_cli(folder, "checkout").stdout
    suggestion = said.rpartition("Choose one: nbmodel ")[2].strip()
    assert suggestion.endswith(" --to another_old")
    assert nbmodel_cli(folder, *suggestion.split()).returncode == 0


def test_the_help_of_release_has_no_empty_choice(capsys):
    with pytest.raises(SystemExit):
        main(["release", "--help"])
    assert "--bump {major,minor,patch}" in capsys.readouterr().out


def test_verify_fails_on_a_damaged_segment(folder):
    assert nbmodel_cli(folder, "verify").returncode == 0
    segment = next(p for p in (folder / ".nbmodel.git/lfs/objects").rglob("*") if p.is_file())
    segment.chmod(0o644)
    segment.write_bytes(segment.read_bytes()[:-1])
    done = nbmodel_cli(folder, "verify")
    assert done.returncode == 1
    assert "damaged" in done.stdout


def test_gc_lists_and_removes_with_force(folder):
    with nbmodel.open(folder) as registry:
        orphan = registry.commit({"w": np.zeros(1 << 18)}, "lost").version
        registry.context.git.run("update-ref", "-d", "refs/heads/models/lost/main", orphan.commit)
    assert nbmodel_cli(folder, "gc").stdout.startswith("nothing can go now: refs/heads/models/lost")
    ref = "refs/heads/models/lost/main"
    listed = nbmodel_cli(folder, "gc", "--grace", "0", "--forget", ref).stdout
    assert listed.startswith("1 segment, 2.1 MB can go")
    assert nbmodel_cli(folder, "gc", "--force").stdout.startswith("nothing to collect")
    assert nbmodel_cli(folder, "gc", "--grace", "0", "--force").stdout.startswith("removed 1")
    assert nbmodel_cli(folder, "verify").returncode == 0


def test_advice_names_commands_of_a_shell(tmp_path):
    error = nbmodel_cli(tmp_path, "list").stderr
    assert "--repo PATH, or NBMODEL_REPO=PATH" in error
    assert "(%model_commit in a notebook)" in error
    assert "nbmodel commit" not in error


def test_advice_keeps_the_arguments_of_a_magic(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit({"n": 1}, "net")
        registry.branch("net", "trial")
        registry.commit({"n": 2}, "net")
    error = nbmodel_cli(tmp_path, "branch", "net", "trial", "--from", "net").stderr
    assert "%model_commit VARIABLE --name net --branch trial" in error
