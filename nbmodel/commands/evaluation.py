"""The command that judges versions: evaluate."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from nbmodel.commands.base import Command, Workspace, argument, whole_number
from nbmodel.commands.choices import on_only_model
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, VariableNotFound, did_you_mean


def _evaluate(workspace: Workspace, args: Namespace) -> Result:
    data = workspace.variable(args.data)
    registry = workspace.registry()
    result: Result = registry.evaluate(
        *args.references,
        data=data,
        target=_values(workspace, data, args.target),
        metrics=[_metric(workspace, name) for name in _names(args.metrics)],
        slices=_names(args.slices),
        against=args.against,
        groups=_values(workspace, data, args.groups),
        weights=_values(workspace, data, args.weights),
        task=args.task,
        rounds=args.rounds,
        seed=args.seed,
        level=args.level,
        cv=args.cv,
        split=args.split,
        name=args.data,
        trust=args.trust,
        offline=args.offline,
    )
    return result


def _names(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _values(workspace: Workspace, data: Any, name: str) -> Any:
    """A variable of the notebook, else the name of a column of the data."""
    if not name:
        return None
    columns = [str(label) for label in getattr(data, "columns", ())]
    try:
        return workspace.variable(name)
    except (InvalidValue, VariableNotFound) as error:
        if name in columns:
            return name
        hint = did_you_mean(name, columns) or error.hint
        raise InvalidValue(f"{error.what} The data has no such column either.", hint) from None


def _metric(workspace: Workspace, name: str) -> Any:
    """A function of the notebook, else the name of a metric."""
    try:
        value = workspace.variable(name)
    except (InvalidValue, VariableNotFound):
        return name
    return value if callable(value) else name


EVALUATE = Command(
    name="evaluate",
    help="Measure how good versions are on data with true answers, and keep the result.",
    run=on_only_model("evaluate", _evaluate, attribute="references"),
    arguments=(
        argument(
            "references",
            nargs="*",
            metavar="REF",
            completes="reference",
            help="One version, or several to compare.",
        ),
        argument(
            "--data",
            required=True,
            completes="data_variable",
            help="Variable with rows. The columns of the model are taken by name.",
        ),
        argument(
            "--target",
            default="",
            completes="variable",
            help="Variable with the true answers, or a column of the data. A clustering needs "
            "none.",
        ),
        argument(
            "--metrics",
            default="",
            metavar="NAMES",
            help="Names as in scikit-learn, such as roc_auc,f1_macro; or functions "
            "f(actual, predicted) of the notebook. By default, the usual ones of the task.",
        ),
        argument(
            "--slices",
            default="",
            metavar="COLUMNS",
            help="Columns by whose values the rows are divided, such as region,age:4. A number "
            "makes bins; region*age takes two columns.",
        ),
        argument(
            "--against",
            default="",
            metavar="REF",
            completes="reference",
            help="Version to compare with on the same rows, such as churn@prod.",
        ),
        argument(
            "--groups",
            default="",
            completes="variable",
            help="Variable or column with the query of each row, for a ranking.",
        ),
        argument(
            "--weights",
            default="",
            completes="variable",
            help="Variable or column with the weight of each row.",
        ),
        argument(
            "--task",
            default="",
            help="binary, multiclass, multilabel, regression, ranking, clustering or anomaly. "
            "By default, nbmodel finds it.",
        ),
        argument(
            "--rounds",
            type=whole_number,
            default=1000,
            help="Rounds of the bootstrap for the intervals; 0 leaves them out. Default: 1000.",
        ),
        argument("--seed", type=whole_number, default=0, help="Seed of the bootstrap. Default: 0."),
        argument(
            "--level", type=float, default=0.95, help="Level of the intervals. Default: 0.95."
        ),
        argument(
            "--cv",
            type=whole_number,
            default=0,
            metavar="K",
            help="Fit clones of the model on K-1 of K folds, and judge each on the other one.",
        ),
        argument(
            "--split",
            default="",
            help="Of --cv: stratified, grouped (by --groups), time (rows in their order) or "
            "shuffled.",
        ),
        argument(
            "--trust",
            action="store_true",
            help="Load versions of other people as if they were yours. They may run any code.",
        ),
        argument(
            "--offline",
            action="store_true",
            help="Do not fetch arrays that are not in this clone from a remote.",
        ),
    ),
    notebook_only=True,
    examples="%model_evaluate churn --data X_test --target y_test --slices region,age:4 "
    "--against churn@prod",
)
