"""Delete and restore as people type them: in a notebook, twice, and in a shell."""

from __future__ import annotations

import pytest

CELLS = """
from sklearn.linear_model import Ridge
ridge = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
"""


@pytest.fixture(scope="module")
def ready(kernel):
    kernel.run(CELLS)
    kernel.result("%model_commit ridge --name rent")
    kernel.result("%model_branch rent trial")
    kernel.result("%model_release rent")
    return kernel


def test_delete_and_restore_in_a_notebook(ready):
    said = ready.result("%model_delete rent:trial -m 'it did not help'")
    assert said.startswith("rent:trial is in the trash until ")
    again = ready.usage_error("%model_delete rent:trial")
    assert "rent:trial was deleted on" in again
    assert "Restore it: %model_restore rent:trial" in again
    assert "it did not help" in ready.result("%model_restore")
    assert ready.result("%model_restore rent:trial") == "rent:trial is back"
    assert ready.result("%model_restore") == "The trash is empty."


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%model_delete", "reference"),
        ("%model_delete rent@1", "no arrays outside of git"),
        ("%model_delete rent@latest", "name its number"),
        ("%model_delete rent~1 --yes", "name its number"),
        ("%model_delete rent --days soon", "soon"),
        ("%model_delete rent --days -1", "days"),
        ("%model_gc --keep-last 0 --force", "'0' keeps nothing: write 1 or more"),
        ("%model_gc rent --keep 0d", "'0d' keeps nothing: write 90d, 12w or 1y"),
        ("%model_delete 'a b'", "a b"),
        ("%model_restore nothing", "There is no model 'nothing' in the trash."),
        ("%model_restore rent@1", "name a model or a branch to restore"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(ready, line, says):
    assert says in ready.usage_error(line)


def test_a_release_ends_in_a_notebook(ready):
    said = ready.result("%model_delete rent@v0.1.0 -m old")
    assert said.startswith("rent@v0.1.0 ended. Its tags stay")
    assert ready.result("%model_delete rent@v0.1.0").startswith("rent@v0.1.0 ended earlier.")


def test_a_purge_says_what_goes_before_it_is_confirmed(ready):
    ready.run("import numpy as np\ntable = {'rows': np.arange(5000.0)}")
    ready.result("%model_commit table --name rows")
    ready.run("table['rows'] += 1")
    ready.result("%model_commit table --name rows")
    said = ready.result("%model_delete rows@1")
    assert "rows@1: 1 segment, 40 KB would go." in said
    assert "Nothing was removed. It cannot be undone: add --yes to do it." in said
    assert "rows@1" in ready.result("%model_checkout rows@1 --as old")
    said = ready.result("%model_delete rows@1 --yes -m 'wrong rows'")
    assert "rows@1 is purged: 1 segment, 40 KB removed." in said
    error = ready.usage_error("%model_checkout rows@1 --as old")
    assert "rows@1 was purged by" in error
    assert "wrong rows" in error
    assert "all is well; 1 version purged" in ready.result("%model_verify")
    ready.result("%model_promote rows@2 live --new-stage")
    assert "it holds the stage live" in ready.usage_error("%model_delete rows@2 --yes")


def test_gc_with_a_rule_says_first_what_would_go(ready):
    for number in range(3):
        ready.run(f"import numpy as np; aged = {{'rows': np.arange(5000.0) + {number + 100}}}")
        ready.result("%model_commit aged --name aged")
    said = ready.result("%model_gc aged --keep-last 1 --keep-staged --keep-released")
    assert "2 versions, 80 KB would be purged." in said
    assert "stays: it is the last one of aged:main" in said
    assert "No version goes" in ready.result("%model_gc aged --keep 12w")
    assert "Purged 2 versions" in ready.result("%model_gc aged --keep-last 1 --force")
    assert "gc --keep-last 1" in ready.usage_error("%model_checkout aged@1 --as old")
    assert "A rule is missing" in ready.usage_error("%model_gc aged")
    assert "is not an age" in ready.usage_error("%model_gc --keep soon")
    assert "is not an age: write 90d" in ready.usage_error("%model_gc --keep 5")
