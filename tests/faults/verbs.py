"""The verbs that the campaigns interrupt, and whether stock git finds their results."""

from __future__ import annotations

import json
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

import nbmodel
from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts import store
from nbmodel.versioning.registry import Registry

NUMBER = 77  # marks the work of an interrupted verb


def _commit(registry: Registry) -> tuple[str, tuple[str, ...]]:
    made = {"w": np.full(1 << 12, float(NUMBER)), "n": NUMBER}
    done = registry.commit(made, "churn", metrics={"n": float(NUMBER)})
    return done.version.commit, done.warnings


def _new_model(registry: Registry) -> tuple[str, tuple[str, ...]]:
    done = registry.commit({"n": NUMBER}, "fresh")
    return done.version.commit, done.warnings


def _promote(registry: Registry) -> tuple[str, tuple[str, ...]]:
    done = registry.promote("churn@1", "prod", "struck")
    return done.move.tag, done.warnings


def _rollback(registry: Registry) -> tuple[str, tuple[str, ...]]:
    done = registry.rollback("churn@prod", "struck")
    return done.move.tag, done.warnings


def _release(registry: Registry) -> tuple[str, tuple[str, ...]]:
    done = registry.release("churn", version="v7.0.0")
    return done.release.tag, done.warnings


def _annotate(registry: Registry) -> tuple[str, tuple[str, ...]]:
    return "", registry.annotate("churn@1", "struck").warnings


def _branch(registry: Registry) -> tuple[str, tuple[str, ...]]:
    registry.branch("churn", "struck")
    return "", ()


def _delete(registry: Registry) -> tuple[str, tuple[str, ...]]:
    return registry.delete("churn:exp", "struck").name, ()


def _delete_model(registry: Registry) -> tuple[str, tuple[str, ...]]:
    return registry.delete("price", "struck").name, ()


def _end_release(registry: Registry) -> tuple[str, tuple[str, ...]]:
    return registry.delete("churn@v0.1.0", "struck").name, ()


def _purge(registry: Registry) -> tuple[str, tuple[str, ...]]:
    done = registry.delete("churn@4", "struck")
    return done.version.commit, done.warnings


def _restore(registry: Registry) -> tuple[str, tuple[str, ...]]:
    registry.delete("churn:exp", "struck")
    return ", ".join(registry.restore("churn:exp", branch="struck").branches), ()


def _rule(registry: Registry) -> tuple[str, tuple[str, ...]]:
    store.add(registry.context, "churn", f"volume > {NUMBER}")
    return "", ()


def _gc(registry: Registry) -> tuple[str, tuple[str, ...]]:
    registry.gc(force=True)
    return "", ()


def _verify(registry: Registry) -> tuple[str, tuple[str, ...]]:
    registry.verify()
    return "", ()


def _init(registry: Registry) -> tuple[str, tuple[str, ...]]:
    nbmodel.open(registry.path.parent.parent / "other", create=True).close()
    return "", ()


def _push(registry: Registry) -> tuple[str, tuple[str, ...]]:
    return "", registry.push(remote="one").warnings


def _pull(registry: Registry) -> tuple[str, tuple[str, ...]]:
    return "", registry.pull(remote="two").warnings


VERBS: dict[str, Callable[[Registry], tuple[str, tuple[str, ...]]]] = {
    "commit": _commit,
    "new model": _new_model,
    "promote": _promote,
    "rollback": _rollback,
    "release": _release,
    "annotate": _annotate,
    "branch": _branch,
    "delete": _delete,
    "delete model": _delete_model,
    "end release": _end_release,
    "purge": _purge,
    "restore": _restore,
    "rule": _rule,
    "gc": _gc,
    "verify": _verify,
    "init": _init,
}
# Of a registry with remotes; see `tests.faults.team_interruptions`.
SHARED = {"push": _push, "pull": _pull}
# How stock git shows the work of a verb: a command, and a text in its output.
_TRACES = {
    "commit": (("show", "refs/heads/models/churn/main:model.json"), f'"n": {NUMBER}.0'),
    "new model": (("for-each-ref", "refs/heads/models/fresh"), "fresh/main"),
    "promote": (("tag", "-n9", "-l", "churn#prod#4"), "struck"),
    "rollback": (("tag", "-n9", "-l", "churn#prod#4"), "struck"),
    "release": (("tag", "-l"), "churn@v7.0.0"),
    "annotate": ((), '"struck"'),
    "purge": ((), '"struck"'),
    "branch": (("for-each-ref", "refs/heads/models/churn/struck"), "churn/struck"),
    "delete": (("for-each-ref", "refs/nbmodel/trash"), "/churn/exp"),
    "delete model": (("for-each-ref", "refs/nbmodel/trash"), "/price/main"),
    "end release": (("tag", "-l"), "churn@v0.1.0!"),
    "restore": (("for-each-ref", "refs/heads/models/churn/struck"), "churn/struck"),
    "rule": (("cat-file", "blob", "refs/nbmodel/alerts"), f"volume > {NUMBER}"),
}
MADE = frozenset(_TRACES)


def is_there(project: Path, verb: str) -> bool:
    """Whether stock git finds the work of a verb."""

    def ask(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(project), *words], capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode == 0 else ""

    if verb in ("annotate", "purge"):
        blobs = ask("ls-tree", "-r", "--format=%(objectname)", "refs/notes/nbmodel").split()
        return any(_TRACES[verb][1] in ask("cat-file", "blob", blob) for blob in blobs)
    words, text = _TRACES[verb]
    return text in ask(*words)


def run(verb: str, project: Path) -> None:
    """Run one verb and print its result as one line of JSON."""
    try:
        with nbmodel.open(project) as registry:
            made, warnings = {**VERBS, **SHARED}[verb](registry)
            print(json.dumps(["done", made, "\n".join(warnings)]), flush=True)
    except NbModelError as error:
        print(json.dumps(["refused", type(error).__name__, str(error)]), flush=True)
    except BaseException:
        traceback.print_exc()
        raise
