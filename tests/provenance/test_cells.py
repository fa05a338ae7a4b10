import gc
import weakref

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmodel.provenance import cells as cells_module
from nbmodel.provenance.cells import CellRecorder
from nbmodel.provenance.dataflow.slicing import backward_slice
from nbmodel.records import Use

COMMIT = "c" * 40


@pytest.fixture
def shell(tmp_path):
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.ProfileDir.location = str(tmp_path)
    shell = InteractiveShell(config=config)
    yield shell
    shell.history_manager.end_session()


@pytest.fixture
def recorder(shell):
    recorder = CellRecorder()
    recorder.attach(shell)
    yield recorder
    recorder.detach()


def run(shell, source):
    return shell.run_cell(source, store_history=True)


def test_runs_are_kept_in_order_with_number_source_and_outcome(shell, recorder):
    run(shell, "x = 1")
    run(shell, "%time x += 1")
    run(shell, "1 / 0")
    run(shell, "this is no python")
    run(shell, "x = 1")
    assert [(c.number, c.source, c.finished) for c in recorder.cells] == [
        (1, "x = 1", True),
        (2, "%time x += 1", True),
        (3, "1 / 0", False),
        (4, "this is no python", False),
        (5, "x = 1", True),
    ]


def test_silent_blank_and_unstored_cells_are_skipped(shell, recorder):
    shell.run_cell("a = 1", silent=True)
    shell.run_cell("b = 1", store_history=False)
    run(shell, "  \n")
    run(shell, "c = get_ipython().run_cell('d = 1')")
    assert [c.source for c in recorder.cells] == ["c = get_ipython().run_cell('d = 1')"]


def test_the_running_cell_is_recorded_with_its_line(shell, recorder):
    seen = []
    shell.push({"look": lambda: seen.append(recorder.cells[-1])})
    run(shell, "\n\nx = 1\ndef f():\n    look()\nif x:\n    f()\nx = 2")
    (cell,) = seen
    assert (cell.number, cell.finished, cell.line) == (1, False, 5)
    assert recorder.cells[-1].line is None
    assert recorder.cells[-1].finished


def test_the_slice_within_a_running_cell_ends_at_its_line(shell, recorder):
    slices = []

    def look():
        slices.append(backward_slice(recorder.cells, "x", shell.transform_cell))

    shell.push({"look": look})
    run(shell, "x = [0]")
    run(shell, "%xmode Minimal\nx = [1]")
    run(shell, "look()\nx = None")
    run(shell, "x = [3]\nlook()\nx = x + [y]")
    assert [[cell.number for cell in part] for part in slices] == [[2], [4]]


def test_cells_before_the_recorder_come_from_the_history(shell):
    recorder = CellRecorder()
    shell.push({"attach": lambda: recorder.attach(shell), "recorder": recorder})
    run(shell, "x = 1")
    run(shell, "1 / 0")
    run(shell, f"attach()\nrecorder.bind('m', 'churn', '{COMMIT}')\nrunning = recorder.cells[-1]")
    run(shell, "attach()")
    runs = [(c.number, c.finished, c.line) for c in recorder.cells]
    assert runs == [(1, True, None), (2, False, None), (3, True, None), (4, True, None)]
    assert recorder.cells[2].binds == {"m": f"churn@{COMMIT}"}
    assert (shell.user_ns["running"].finished, shell.user_ns["running"].line) == (False, 3)
    recorder.detach()


@pytest.mark.parametrize("end", ["", "\n", " \n\n"])
def test_the_attaching_cell_is_recorded_with_any_line_ends(shell, end):
    recorder = CellRecorder()
    shell.push({"attach": lambda: recorder.attach(shell), "recorder": recorder})
    run(shell, "attach()\na = 1\nb = 2\ndata = [a, b]" + end)
    run(shell, "model = data\nrunning = recorder.cells" + end)
    first, second = shell.user_ns["running"]
    assert (first.finished, first.line) == (True, None)
    assert second.line == 2
    assert [cell.number for cell in backward_slice(recorder.cells, "model")] == [1, 2]
    recorder.detach()


def test_bind_marks_the_running_cell_only(shell, recorder):
    shell.push({"recorder": recorder, "old": 1})
    run(shell, f"recorder.bind('old', 'churn', '{COMMIT}')")
    recorder.bind("other", "churn", COMMIT)
    run(shell, "y = old")
    assert [dict(c.binds) for c in recorder.cells] == [{"old": f"churn@{COMMIT}"}, {}]
    assert [c.number for c in backward_slice(recorder.cells, "y")] == [1, 2]


FAILED = [
    # What was typed, and what of it belongs to the model in `m`.
    ("m = [1]\nm.append(nothing)", "m = [1]"),
    ("m = [1]; m.append(nothing)  # why", "m = [1]"),
    ("\n\n# Größe\nm = ['ä']  # ö\nm.append(nothing)\nm.append(3)", "# Größe\nm = ['ä']  # ö"),
    ("m = [1]\nm.append(2).fit(", ""),
    ("m = [1]\n%nosuchmagic\nm.append(2)", "m = [1]"),
    ("%xmode Minimal\nm = [1]\n%time m.append(nothing)\nm = 3", "%xmode Minimal\nm = [1]"),
    ("m = [1]\nget_ipython().run_line_magic('nosuch', '')", "m = [1]"),
    ("m = [1]\nm.append(2).scor(3)", "m = [1]\nm.append(2)"),
    ("m = [1]\nprint(f'ä{m.append(2)} {nothing:.3f}')", None),
    ("m = [1]\nm.extend(n / 0 for n in (1, 2))", None),
    ("m = [1]\nassert m.pop() > 3, str(m)", "m = [1]\nm.pop()"),
    ("m = [1]\n[m.append(n / 0) for n in (1, 2)]", None),
    ("m = [1]\nint('x' * m.append(2))", "m = [1]\nm.append(2)"),
    ("from math import sqrt as m, nothing\nm = 2", "from math import sqrt as m"),
    ("import os as m, nosuchmodule, re", "import os as m"),
    ("m = [1]\nfor n in nothing(m.append(2)):\n    m = 3", "m = [1]"),
    ("m = [1]\nif m.append(2) or nothing: m = 3", None),
    ("def f(x):\n    x.append(1)\n    raise OSError\nm = [0]\nf(m)", None),
    ("m = [0]\nfor n in (1, 0):\n    m.append(1 / n)\n    t = '''\n  x'''\n", None),
    ("m = [0]\nwith open('nosuchfile') as f:\n    m = f", "m = [0]"),
    ("m = [0]\nm.append(1)\nraise KeyboardInterrupt", "m = [0]\nm.append(1)"),
    ("def f(x):\n    x.append(1)\n    raise KeyboardInterrupt\nm = [0]\nf(m)", None),
]


@pytest.mark.parametrize(("source", "recorded"), FAILED)
def test_what_a_failed_cell_did_is_recorded(shell, recorder, source, recorded):
    """Where `recorded` is None, a part of a statement may be done: it stays, in ``try``."""
    run(shell, source)
    expected = shell.user_ns.get("m")
    cells = backward_slice(recorder.cells, "m", shell.transform_cell)
    script = "\n".join(cell.source for cell in cells)
    if recorded is None:
        assert "try:  # In the notebook, this statement " in script
    else:
        assert script == recorded
    if "m" in shell.user_ns:
        shell.reset()
        assert run(shell, script).success
        assert shell.user_ns["m"] == expected


def test_a_cell_that_failed_is_left_out(shell, recorder):
    run(shell, "m = [1]")
    run(shell, "m.append(nothing)")
    run(shell, "m = [m, 2")
    run(shell, "k = [3]\nm.index(k)")  # an error of a library
    run(shell, "m.extend(k)")
    cells = backward_slice(recorder.cells, "m", shell.transform_cell)
    assert [cell.source for cell in cells] == ["m = [1]", "k = [3]", "m.extend(k)"]


def test_detach_stops_recording(shell, recorder):
    run(shell, "x = 1")
    recorder.detach()
    recorder.detach()
    run(shell, "y = 1")
    assert [c.source for c in recorder.cells] == ["x = 1"]
    assert recorder._before not in shell.events.callbacks["pre_run_cell"]


def test_the_memory_of_recorded_cells_is_limited(shell, recorder, monkeypatch):
    monkeypatch.setattr(cells_module, "MAX_CHARACTERS", 40)
    for n in range(10):
        run(shell, f"x = '{n}' * 10")
    assert recorder.dropped == 7
    assert [c.number for c in recorder.cells] == [8, 9, 10]


def test_an_object_is_recognized_while_it_exists():
    recorder = CellRecorder()
    model = np.arange(3)
    recorder.note_object(model, "churn", COMMIT)
    assert recorder.origin_of(model) == Use("churn", COMMIT)
    assert recorder.origin_of(model.copy()) is None
    recorder.note_object(model, "churn", "d" * 40)
    assert recorder.origin_of(model) == Use("churn", "d" * 40)
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None
    assert not recorder._origins


def test_a_reused_id_is_another_object():
    recorder = CellRecorder()
    for _ in range(200):
        recorder.note_object(np.arange(3), "churn", COMMIT)
        assert recorder.origin_of(np.arange(3)) is None


def test_objects_without_weak_references_are_not_remembered():
    recorder = CellRecorder()
    models = {"a": 1}
    recorder.note_object(models, "churn", COMMIT)
    assert recorder.origin_of(models) is None
