"""``nbmodel card``: it prints a card, reads one from a file, and opens the user's editor."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from nbmodel.cli import main


@pytest.fixture
def shell(registry, pipeline, project, capsys):
    registry.commit(pipeline, "churn", "baseline")

    def run(*words):
        code = main(["--repo", str(project), "card", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def editor(monkeypatch, source):
    """An editor that runs Python on the path it is given."""
    monkeypatch.delenv("VISUAL", raising=False)
    script = f"import sys, pathlib; p = pathlib.Path(sys.argv[1]); {source}"
    monkeypatch.setenv("EDITOR", f"{sys.executable} -c {shlex.quote(script)}")


def test_a_card_is_shown(shell):
    code, out, _ = shell("churn")
    assert code == 0
    assert "# churn 1" in out


def test_the_text_of_a_file_becomes_the_card(shell, tmp_path, registry):
    path = tmp_path / "card.md"
    path.write_text("## Intended use\n\nOurs.\n")
    code, out, _ = shell("churn", "--file", str(path), "-m", "what it is for")
    assert (code, "churn@2" in out) == (0, True)
    assert "## Intended use\n\nOurs." in registry.card("churn").card
    assert registry.log("churn").versions[0].message == "what it is for"
    assert "nothing was committed" in shell("churn", "--file", str(path))[1]


def test_a_file_and_an_editor_contradict_each_other(shell, tmp_path, registry):
    path = tmp_path / "card.md"
    path.write_text("## Risks\n\nSome.\n")
    code, _, err = shell("churn", "--file", str(path), "--edit")
    assert code == 1
    assert "Use one of them" in err
    assert len(registry.log("churn").versions) == 1


def test_the_users_editor_gets_the_card_and_its_text_is_committed(shell, monkeypatch, registry):
    editor(monkeypatch, "p.write_text(p.read_text() + '\\n## Risks\\n\\nSome.\\n')")
    code, out, _ = shell("churn", "--edit")
    assert (code, "churn@2" in out) == (0, True)
    assert registry.card("churn").card.endswith("## Risks\n\nSome.\n")


def test_a_refused_text_stays_on_disk_for_the_user(shell, monkeypatch):
    editor(monkeypatch, "p.write_text('## Risks\\n\\n```\\n')")
    code, _, err = shell("churn", "--edit")
    assert code == 1
    assert "never ends" in err
    draft = Path(re.search(r"kept in (\S+README\.md)", err)[1])
    assert draft.read_text() == "## Risks\n\n```\n"
    draft.unlink()
    draft.parent.rmdir()


def test_an_editor_that_fails_commits_nothing(shell, monkeypatch, registry):
    editor(monkeypatch, "sys.exit(3)")
    code, _, err = shell("churn", "--edit")
    assert (code, "status 3" in err) == (1, True)
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert "did not start" in shell("churn", "--edit")[2]
    assert len(registry.log("churn").versions) == 1


def test_invalid_arguments_are_refused_with_advice(shell, tmp_path):
    assert "Could not read" in shell("churn", "--file", str(tmp_path / "none"))[2]
    (tmp_path / "bad").write_bytes(b"\xff")
    assert "not UTF-8" in shell("churn", "--file", str(tmp_path / "bad"))[2]
    assert "only used with an edit" in shell("churn", "-m", "x")[2]
