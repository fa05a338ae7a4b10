"""Checks of a LightGBM model text before the native parser reads it.

The parser uses `tree_sizes` as offsets, and the predictor uses indices of children, features and
categories, both without a check. The names are those that ``GBDT::SaveModelToString`` and
``Tree::ToString`` write, in the formats v3 and v4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from nbmodel.trust.booster_parameters import ParameterTable
from nbmodel.trust.rules import require

PARAMETERS = ParameterTable("lightgbm.txt")

Ints = np.ndarray[Any, np.dtype[np.int64]]
Fields = Mapping[str, str]

MAX_TREE_DEPTH = 1024  # SHAP values recurse
MAX_CLASSES = 1 << 16

_INTEGERS = re.compile(r"(?:-?[0-9]{1,18}(?: -?[0-9]{1,18})*)?", re.ASCII)
_FLOATS = re.compile(r"[-+0-9.eEinfa ]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_PARAMETER = re.compile(r"\[(?P<name>[a-z0-9_]{1,64}): (?P<value>[ -~]{0,65536})\]", re.ASCII)
# Files, machines and switches of the command line, at their defaults.
_FIXED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "data", "valid", "forcedsplits_filename", "forcedbins_filename", "parser_config_file",
            "machine_list_filename", "machines", "label_column", "weight_column", "group_column",
            "ignore_column",
        ),
        ("",),
    ),
    "num_machines": ("1",),
    "local_listen_port": ("12400",),
    "time_out": ("120",),
    "gpu_device_id_list": ("",),
    **dict.fromkeys(("pre_partition", "two_round", "header", "precise_float_parser"), ("0", "1")),
}  # fmt: skip
_OBJECTIVE = re.compile(
    r"(?P<name>custom|regression(?:_l1)?|huber|fair|poisson|quantile|mape|gamma|tweedie|binary"
    r"|multiclass|multiclassova|cross_entropy|cross_entropy_lambda|lambdarank|rank_xendcg)"
    r"(?: sqrt| num_class:(?P<classes>[0-9]{1,6})| [a-z_]{1,30}:[0-9.e+-]{1,30})*",
    re.ASCII,
)
_HEADER = ("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx")
_OPTIONAL = ("objective", "average_output", "monotone_constraints")
_TREE_SPLITS = ("split_gain", "threshold", "internal_value", "internal_weight")
_TREE_LEAVES = ("leaf_value", "leaf_weight")
_TREE_KEYS = frozenset(
    (
        "num_leaves", "num_cat", "split_feature", "decision_type", "left_child", "right_child",
        "leaf_count", "internal_count", "cat_boundaries", "cat_threshold", "is_linear",
        "shrinkage", *_TREE_SPLITS, *_TREE_LEAVES,
    )
)  # fmt: skip


def check_text(text: str) -> int:
    """Check a model text.

    Returns
    -------
    classes : int
        Its `num_class`.

    Raises
    ------
    ValueError
        If a part could make the native code read out of bounds, or is unknown.
    """
    require(_CONTROL.search(text) is None, "a model text with control characters")
    head, separator, rest = text.partition("\n\n")
    trees, ending, tail = rest.partition("end of trees\n")
    require(separator and ending, "a model text that LightGBM does not write")
    header = _lines(head.split("\n"), "tree")
    classes, features = _check_header(header)
    sizes = integers(header["tree_sizes"], None)
    # The native parser jumps by bytes.
    data = trees.encode()
    require(
        (sizes > 0).all() and int(sizes.sum()) == len(data), "tree_sizes that do not fit the trees"
    )
    require(len(sizes) % classes == 0, "trees for a different number of classes")
    begin = 0
    for number, size in enumerate(sizes.tolist()):
        _check_tree(data[begin : begin + size].decode(), number, features)
        begin += size
    _check_tail(tail)
    return classes


def _lines(lines: list[str], first: str) -> dict[str, str]:
    require(lines[0] == first, "a model text that LightGBM does not write")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        key, equals, value = line.partition("=")
        # In a tree, LightGBM reads a name up to the next "=", which may stand on a later line.
        require(equals or key == "average_output", f"a line without a value: {key!r:.60}")
        require(
            key and key not in fields, "a line of a model text that is there twice, or has no name"
        )
        fields[key] = value
    return fields


def _check_header(header: Fields) -> tuple[int, int]:
    required = {*_HEADER, "feature_names", "feature_infos", "tree_sizes"}
    require(
        required <= set(header) <= required.union(_OPTIONAL),
        "a model text with missing or unknown header lines",
    )
    require(header["version"] in ("v3", "v4"), "a model text of an unknown version")
    classes = natural(header["num_class"], MAX_CLASSES)
    require(classes > 0, "a model without outputs")
    require(
        header["num_tree_per_iteration"] == header["num_class"], "a wrong num_tree_per_iteration"
    )
    features = natural(header["max_feature_idx"], 1 << 24) + 1
    natural(header["label_index"], 1 << 24)
    for key in ("feature_names", "feature_infos", "monotone_constraints"):
        words = header[key].split(" ") if key in header else [key] * features
        require(len(words) == features and all(words), f"{key} for a different number of features")
    require(header.get("average_output", "") == "", "a wrong average_output")
    if "objective" in header:
        match = _OBJECTIVE.fullmatch(header["objective"])
        require(match, f"the objective {header['objective']!r:.60}")
        needs = match["name"].startswith("multiclass") if match else False
        stated = match["classes"] if match else None
        require((stated is not None) == needs, "an objective for a different number of classes")
        require(
            stated is None or int(stated) == classes,
            "an objective for a different number of classes",
        )
    return classes, features


# -- trees -------------------------------------------------------------------


def _check_tree(text: str, number: int, features: int) -> None:
    require(
        text.endswith("\n\n\n") and "\n\n" not in text[:-3], "a tree that LightGBM does not write"
    )
    fields = _lines(text[:-3].split("\n"), f"Tree={number}")
    require(
        fields.get("is_linear", "0") == "0",
        "a linear tree (linear_tree=True), which nbmodel cannot check",
    )
    require(set(fields) <= _TREE_KEYS, "a tree with unknown fields")
    leaves = natural(fields["num_leaves"], 1 << 30)
    categories = natural(fields["num_cat"], 1 << 30)
    require(leaves > 0, "a tree without leaves")
    for name in _TREE_LEAVES:
        _floats(fields, name, leaves)
    # A word here ends the process: the parser throws in one of its threads.
    _floats(fields, "shrinkage", 1)
    if leaves == 1:
        require(categories == 0, "categories in a tree without nodes")
        return
    splits = leaves - 1
    for name in _TREE_SPLITS:
        _floats(fields, name, splits)
    integers(fields["leaf_count"], leaves)
    integers(fields["internal_count"], splits)
    check_structure(
        integers(fields["left_child"], splits), integers(fields["right_child"], splits), leaves
    )
    feature = integers(fields["split_feature"], splits)
    require(
        feature.min() >= 0 and feature.max() < features, "a split on a feature that does not exist"
    )
    kinds = integers(fields["decision_type"], splits)
    require(kinds.min() >= 0 and kinds.max() < 12, "a split of unknown type")
    _check_categories(fields, categories, kinds & 1 == 1)


def check_structure(left: Ints, right: Ints, leaves: int) -> None:
    """Check that each leaf, and each node except the root, is a child once; limit the depth."""
    splits = leaves - 1
    children = np.concatenate((left, right))
    nodes, ends = np.sort(children[children >= 0]), np.sort(~children[children < 0])
    require(np.array_equal(nodes, np.arange(1, splits)), "a child outside the tree")
    require(np.array_equal(ends, np.arange(leaves)), "a leaf outside the tree")
    level, reached = np.zeros(1, np.int64), 0
    for _ in range(MAX_TREE_DEPTH):
        reached += len(level)
        level = np.concatenate((left[level], right[level]))
        level = level[level >= 0]
        if not len(level):
            break
    require(reached == splits, "a tree with a cycle, or deeper than 1024")


def _check_categories(fields: Fields, count: int, categorical: np.ndarray[Any, Any]) -> None:
    """Check categorical splits, whose threshold is the index of a set of categories."""
    if count == 0:
        require(not categorical.any(), "a split on categories that do not exist")
        require(
            "cat_boundaries" not in fields and "cat_threshold" not in fields,
            "categories in a tree that does not use them",
        )
        return
    bounds = integers(fields["cat_boundaries"], count + 1)
    words = integers(fields["cat_threshold"], None)
    require(
        bounds[0] == 0 and bounds[-1] == len(words) and (np.diff(bounds) > 0).all(),
        "boundaries of categories that do not fit the categories",
    )
    require(words.min() >= 0 and words.max() < 1 << 32, "a set of categories out of range")
    indices = _floats(fields, "threshold", len(categorical))[categorical]
    require(np.isin(indices, np.arange(count)).all(), "a split on categories that do not exist")


# -- numbers and the rest ----------------------------------------------------


def natural(text: str, limit: int) -> int:
    """Read a number from 0 to `limit`."""
    number = int(integers(text, 1)[0])
    require(0 <= number <= limit, f"a count of {number}, which is out of range")
    return number


def integers(text: str, size: int | None) -> Ints:
    """Read numbers with one space between them; `size` of them unless None."""
    require(_INTEGERS.fullmatch(text), "a list of numbers that cannot be read")
    values = np.array(text.split(" ") if text else [], dtype=np.int64)
    require(size is None or len(values) == size, "a list with a wrong number of numbers")
    return values


def _floats(fields: Fields, name: str, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    text = fields.get(name, "")
    if not text and name == "leaf_weight" and size == 1:
        return np.zeros(0)  # a tree of one leaf has no weights
    require(_FLOATS.fullmatch(text), f"{name} that is not a list of numbers")
    values = np.array(text.split(" "), dtype=np.float64)
    require(len(values) == size, f"a wrong number of values of {name}")
    return values


def _check_tail(tail: str) -> None:
    """Check importances, parameters and pandas categories, which LightGBM stores as text."""
    importances, separator, rest = tail.partition("\nparameters:\n")
    parameters, ending, _ = rest.partition("\nend of parameters\n")
    require(
        importances.startswith("\nfeature_importances:\n") and separator and ending,
        "a model text that LightGBM does not write",
    )
    for line in parameters.split("\n"):
        match = _PARAMETER.fullmatch(line)
        require(not line or match, "a parameter that LightGBM does not write")
        if match:
            _check_parameter(match["name"], match["value"])


def _check_parameter(name: str, value: str) -> None:
    """Check a parameter that LightGBM uses when it copies a booster."""
    if name in _FIXED:
        require(value in _FIXED[name], f"the parameter {name}")
    elif value:
        number = re.fullmatch(r"-?[0-9]{1,19}", value)
        real = re.fullmatch(r"-?[0-9.]{1,30}(?:e[-+]?[0-9]{1,3})?", value)
        PARAMETERS.check(name, int(value) if number else float(value) if real else value)
