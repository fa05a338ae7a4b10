"""Panels in a real kernel: their first view, their answers, and what they refuse."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from nbclient import NotebookClient

import nbmodel
from nbmodel.monitor.alerts import store
from tests.fixtures.kernels import Kernel
from tests.widgets.conftest import WIDGET, Page, commit_two, make_watched_project

HOSTILE = [
    None,
    [],
    "promote",
    7,
    {},
    {"id": None, "verb": "rows", "args": {}},
    {"id": {"$": 0}, "verb": "rows", "args": {}},
    {"id": True, "verb": "rows", "args": {}},
    {"id": "x" * 65, "verb": "rows", "args": {}},
    {"id": 1 << 60, "verb": "rows", "args": {}},
]
REFUSED = [
    ({"id": 1}, "InvalidValue"),
    ({"id": 2, "verb": ["rows"], "args": {}}, "InvalidValue"),
    ({"id": 3, "verb": "rows", "args": []}, "InvalidValue"),
    ({"id": 4, "verb": "__class__", "args": {}}, "InvalidValue"),
    ({"id": 5, "verb": "rows", "args": {"limit": 10**9}}, "InvalidValue"),
    ({"id": 6, "verb": "rows", "args": {"self": 1}}, "InvalidValue"),
    ({"id": 7, "verb": "version", "args": {"ref": "--output=/tmp/x"}}, "InvalidReference"),
    ({"id": 8, "verb": "version", "args": {"ref": "nett"}}, "NotFound"),
    ({"id": 9, "verb": "checkout", "args": {"ref": 3}}, "InvalidValue"),
    ({"id": 10, "verb": "checkout", "args": {"ref": "net", "trust": "yes"}}, "InvalidValue"),
    ({"id": 11, "verb": "checkout", "args": {"ref": "net", "to": "/tmp/x"}}, "InvalidValue"),
    ({"id": 12, "verb": "checkout", "args": {"ref": "net", "variable": "a.b"}}, "InvalidValue"),
    ({"id": 13, "verb": "checkout", "args": {"ref": "net", "variable": "1"}}, "InvalidValue"),
]


@pytest.fixture(scope="module")
def kernel(kernel):
    """The kernel after two versions of ``net``, the first of them in dev."""
    commit_two(kernel)
    kernel.result("%model_promote net@1 dev")
    return kernel


@pytest.fixture(scope="module")
def page(kernel):
    return Page(kernel, "%model_panel")


def test_a_panel_contains_its_first_view(page):
    first = page.traits["initial"]
    assert (first["registry"]["models"], first["registry"]["readOnly"]) == (1, False)
    assert [row["ref"] for row in first["rows"]["rows"]] == ["net@2"]
    assert page.traits["opening"] == {"home": True}
    assert {"rows", "diff", "promote", "card", "checkout"} <= set(page.traits["verbs"])
    assert len(page.traits["_esm"]) < 1000  # anywidget waits two seconds for it, and no longer
    assert "export" in page.traits["script"]
    assert "--nbm-styles" in page.traits["script"]


def test_without_widgets_the_text_is_a_table(page):
    assert "net@2" in page.data["text/plain"]
    assert "auc 0.95" in page.data["text/plain"]


def test_a_question_is_answered(page):
    reply = page.ask("rows", every=True)
    assert [row["ref"] for row in reply["answer"]["rows"]] == ["net@2", "net@1"]
    assert page.ask("diff", before="net@1", after="net@2")["answer"]["after"] == "net@2"


def test_an_action_changes_the_registry_and_notifies_the_panel(kernel, page):
    answer = page.ask("promote", ref="net@1", stage="prod", message="fine")["answer"]
    assert "net@prod" in answer["text"]
    assert page.next_message(lambda content: "changed" in content) == {"changed": True}
    assert "net@1" in kernel.result("%model_show net@prod")


def test_a_commit_in_a_cell_notifies_the_panel(kernel, page):
    kernel.client.execute("other = {'b': 1}\n%model_commit other")
    assert page.next_message(lambda content: "changed" in content) == {"changed": True}
    assert page.ask("registry")["answer"]["models"] == 2


def test_check_out_binds_a_variable(kernel, page):
    answer = page.ask("checkout", ref="net@1", variable="old")["answer"]
    assert "net@1" in answer["text"]
    assert kernel.result("old") == "{'w': [1, 2]}"
    taken = page.ask("checkout", ref="net@1")["error"]
    assert taken["kind"] == "AlreadyExists"


@pytest.mark.parametrize("content", HOSTILE, ids=str)
def test_a_message_without_an_id_is_ignored(page, content):
    page.send({"method": "custom", "content": content})
    assert "answer" in page.ask("state", _id="after")


@pytest.mark.parametrize("data", [None, [], {}, {"method": 3}, {"method": "custom"}], ids=str)
def test_a_message_that_is_not_of_widgets_is_ignored(page, data):
    page.send(data)
    assert "answer" in page.ask("state", _id="after")


@pytest.mark.parametrize(("content", "kind"), REFUSED, ids=lambda v: str(v)[:60])
def test_an_invalid_question_is_refused_with_a_next_step(page, content, kind):
    page.send({"method": "custom", "content": content})
    error = page.next_message(lambda reply: reply.get("id") == content["id"])["error"]
    assert error["kind"] == kind
    assert set(error) == {"what", "hint", "kind"}
    assert "net" in page.ask("models")["answer"]["models"][0]["name"] + "net"


def test_an_internal_error_is_reported_and_the_panel_goes_on(kernel, page):
    kernel.run("from nbmodel import views; real = views.answer; views.answer = lambda *a: 1 / 0")
    try:
        error = page.ask("rows")["error"]
    finally:
        kernel.run("views.answer = real")
    assert error["kind"] == "Defect"
    assert "ZeroDivisionError" not in str(error)
    assert "answer" in page.ask("rows", _id="again")


def test_a_panel_opens_on_a_comparison_or_a_model(kernel):
    page = Page(kernel, "%model_compare net@1 net@latest net#dev")
    assert page.traits["opening"] == {"compare": ["net@1", "net@2"]}
    lines = page.data["text/plain"].split("\n")
    assert [line.split()[0] for line in lines if line] == ["version", "net@1", "net@2", "net@2"]
    assert lines[-1] == "net@2 against net@1: auc better"
    assert Page(kernel, "%model_panel net").traits["opening"] == {"model": "net"}
    assert "second" in Page(kernel, "%model_panel net").data["text/plain"]
    newest = Page(kernel, "%model_panel --newest")
    assert newest.traits["opening"]["model"] in ("net", "other")


def test_a_panel_can_be_assigned_and_shown_later(kernel):
    kernel.result("p = %model_panel")
    assert kernel.result("type(p).__name__") == "'RegistryPanel'"
    assert Page(kernel, "p").data[WIDGET]["model_id"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%model_panel nett", "Did you mean net?"),
        ("%model_panel '<b>'", "is not a reference"),
        ("%model_compare net@1", "Only net@1 was given"),
        ("%model_compare net@1 net#dev", "are the same version"),
        ("%model_compare " + "net@1 " * 21, "Name at most 20"),
        ("%model_compare net@1 net@99", "no version"),
    ],
)
def test_a_users_mistake_is_reported_in_one_line(kernel, line, message):
    assert message in kernel.usage_error(line)


def test_an_old_panel_does_not_show_another_registry(kernel, page, tmp_path):
    here = kernel.result("import os; os.getcwd()").strip("'")
    kernel.result(f"%model_init '{tmp_path}'")
    try:
        error = page.ask("rows")["error"]
        assert "another panel" in error["hint"]
    finally:
        kernel.result(f"%model_init '{here}'")
    assert "answer" in page.ask("rows")


def test_a_panel_without_a_registry_says_what_to_do(tmp_path):
    with Kernel(tmp_path) as fresh:
        page = Page(fresh, "%model_panel")
        assert page.traits["initial"]["rows"]["rows"] == []
        assert "%model_commit" in page.traits["initial"]["registry"]["hint"]
        assert "no model registry" in page.data["text/plain"]
        assert page.ask("version", ref="net")["error"]["kind"] == "RegistryNotFound"
        fresh.client.execute("d = {'a': 1}\n%model_commit d")
        page.next_message(lambda content: "changed" in content)
        assert page.ask("registry")["answer"]["models"] == 1


@pytest.mark.parametrize("whole", [False, True], ids=["registry", "folder"])
def test_a_panel_says_once_that_its_registry_is_gone(tmp_path, whole):
    folder = tmp_path / "shop"
    folder.mkdir()
    with Kernel(folder) as fresh:
        fresh.client.execute_interactive("d = {'a': 1}\n%model_commit d", timeout=60)
        page = Page(fresh, "%model_panel")
        shutil.rmtree(folder if whole else folder / ".nbmodel.git")
        fresh.client.execute("1")
        page.next_message(lambda content: "changed" in content)
        for verb in ("registry", "rows", "state"):
            error = page.ask(verb)["error"]
            assert error["kind"] == "RegistryGone"
            assert "no longer exists" in error["what"]
            assert str(tmp_path) not in error["what"]


# -- read-only ---------------------------------------------------------------

VOILA = [
    {"SERVER_SOFTWARE": "voila/0.5.13", "VOILA_PREHEAT": "False"},  # started for a request
    {"VOILA_PREHEAT": "True"},  # preheated
    {"NBMODEL_READ_ONLY": "1"},
]


def everything(folder):
    """Every file of a registry, locks too, with its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("environment", VOILA, ids=str)
def test_a_read_only_panel_changes_nothing_and_loads_nothing(environment, tmp_path, monkeypatch):
    before = everything(make_watched_project(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Kernel(tmp_path) as kernel:
        page = Page(kernel, "%model_panel")
        assert page.traits["initial"]["registry"]["readOnly"]
        assert not {"promote", "rollback", "release", "card", "checkout"} & set(
            page.traits["verbs"]
        )
        changes = {
            "promote": {"ref": "net@1", "stage": "dev", "message": "x"},
            "rollback": {"ref": "net@prod", "message": "x"},
            "release": {"ref": "net@1", "bump": "major"},
            "card": {"ref": "net", "text": "# mine"},
            "checkout": {"ref": "net@1", "variable": "stolen", "trust": True},
        }
        # A page that claims these verbs does not gain permission for them.
        page.send({"method": "update", "state": {"verbs": list(changes)}, "buffer_paths": []})
        for verb, args in changes.items():
            assert page.ask(verb, _id=verb, **args)["error"]["kind"] == "ReadOnlyRegistry", verb
        assert "NameError" in kernel.run("stolen")["error"]
        kernel.run("%config NbModel.read_only = False")
        assert page.ask("promote", **changes["promote"])["error"]["kind"] == "ReadOnlyRegistry"
        assert "read-only" in kernel.usage_error("%model_release net@1")
    assert everything(tmp_path) == before


PREPARED = """
from nbmodel.monitor.report import health
from nbmodel.widgets import panel
panel._SLOW_QUESTIONS.submit(int).result()
len(health._results._slots)
"""


def test_a_preheated_overview_has_answers_before_its_page_asks(tmp_path, monkeypatch):
    with nbmodel.open(make_watched_project(tmp_path)) as registry:
        store.add(registry.context, "net@prod", "volume < 1")
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    with Kernel(tmp_path) as kernel:
        Page(kernel, "%model_panel")
        assert kernel.run(PREPARED)["result"] == "1"


def test_a_saved_notebook_shows_the_table(tmp_path):
    cells = ["%load_ext nbmodel", "d = {'a': 1}", "%model_commit d -m hello", "%model_panel"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[-1].outputs
    assert "hello" in output["data"]["text/plain"]
    assert WIDGET in output["data"]
