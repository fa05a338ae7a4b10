"""The file of rules: a section for each class, a line for each attribute."""

from __future__ import annotations

import json

from nbmodel.trust.parameter_ranges import MAX_FEATURES
from tests.trust.learned.constraints import Kinds, limited
from tests.trust.learned.kinds import kinds_of, of_parameter
from tests.trust.learned.observations import Seen
from tests.trust.learned.observe import Observations

# Of each release: its full version, what was seen, and the parameters of each class.
Release = tuple[str, Observations, dict[str, dict[str, Kinds]]]

# What any estimator may carry, whether or not a fit has shown it.
COMMON: dict[str, Kinds] = {
    "n_features_in_": {"int": [0, MAX_FEATURES]},
    "feature_names_in_": {"array": {"dtype": "O", "shapes": [[None]], "of": {"str": True}}},
    "_metadata_request": {"object": ["sklearn.utils._metadata_requests.MetadataRequest"]},
}

# What an instance carries once another library was imported: imbalanced-learn adds a method to
# those whose metadata scikit-learn passes on.
OF_OTHERS: dict[str, dict[str, Kinds]] = {
    "sklearn.utils._metadata_requests MetadataRequest": {
        "fit_resample": {"object": ["sklearn.utils._metadata_requests.MethodMetadataRequest"]},
    },
}

# Parameters that take estimators of any class, and attributes that hold such.
TAKES_ESTIMATORS = {
    "estimator", "base_estimator", "estimators", "regressor", "transformer", "final_estimator",
}  # fmt: skip
HOLDS_ESTIMATORS = {
    "estimator_", "estimators_", "base_estimator_", "best_estimator_", "regressor_",
    "transformer_", "final_estimator_", "_estimator", "estimator_history_",
}  # fmt: skip

HEADER = """\
# What an instance of a scikit-learn class may carry. Made by `python -m tests.trust.learned`
# from fits with scikit-learn {versions}; see CONTRIBUTING.
# A section names a class, a line an attribute, perhaps the releases that have it, and what it
# may hold in the words of nbmodel/trust/value_checks.py.
releases {releases}
"""


def render(releases: dict[str, Release]) -> str:
    """The whole file: parameters by release, fitted attributes from all releases together."""
    order = sorted(releases, key=lambda name: tuple(map(int, name.split("."))))
    classes = sorted(
        {name for _, seen, parameters in releases.values() for name in (*seen, *parameters)}
    )
    sections = [_section(name, {key: releases[key] for key in order}) for name in classes]
    head = HEADER.format(
        versions=", ".join(releases[name][0] for name in order), releases=" ".join(order)
    )
    return "\n".join((head, *sections))


def _section(name: str, releases: dict[str, Release]) -> str:
    present = [key for key, release in releases.items() if name in release[1] or name in release[2]]
    seen: dict[str, Seen] = {}
    for key in present:
        for attribute, one in releases[key][1].get(name, {}).items():
            seen.setdefault(attribute, Seen()).merge(one)
    parameters = {key: releases[key][2].get(name, {}) for key in present}
    named = {attribute for given in parameters.values() for attribute in given}
    common = (COMMON if named else {}) | OF_OTHERS.get(name, {})
    lines = []
    for attribute in sorted({*seen, *named, *common}):
        if attribute in named:
            given = {key: one[attribute] for key, one in parameters.items() if attribute in one}
            for key in present:  # where it was no parameter yet
                if key not in given and attribute in releases[key][1].get(name, {}):
                    given[key] = {}
            lines += _parameter(attribute, given, seen.get(attribute), present)
        else:
            # Some are rare: that a release has shown none does not say that it has none.
            one = seen.get(attribute)
            given = bool(named & TAKES_ESTIMATORS) and attribute in HOLDS_ESTIMATORS
            learned = kinds_of(one, attribute, given=given) if one is not None else {}
            kinds = common.get(attribute) or limited(attribute, learned)
            if type(kinds.get("str")) is list and _parameter_of(attribute) in named:
                kinds["str"] = True
            lines.append(f"{attribute} {_json(kinds)}")
    return "\n".join((f"[{name}]", *lines, ""))


def _parameter_of(attribute: str) -> str:
    """The parameter whose value in use an attribute is: metric of effective_metric_ and _metric."""
    return attribute.strip("_").removeprefix("effective_")


def _parameter(
    name: str, given: dict[str, Kinds], seen: Seen | None, present: list[str]
) -> list[str]:
    """A line for each of the constraints that releases have put on one parameter."""
    releases: dict[str, list[str]] = {}
    for release, constraint in given.items():
        releases.setdefault(_json(of_parameter(name, constraint, seen)), []).append(release)
    return [
        f"{name}{'' if keys == present else '@' + ','.join(keys)} {kinds}"
        for kinds, keys in releases.items()
    ]


def _json(kinds: Kinds) -> str:
    return json.dumps(kinds, separators=(",", ":"), sort_keys=True)
