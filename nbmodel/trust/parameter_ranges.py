"""Ranges of whole numbers that a stranger's parameters may have, by the name of the parameter.

A range holds for a parameter of that name on every class. It prevents a model from asking for a
million threads, or for a loop that takes days.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbmodel.trust.rules import brief, words

MAX_THREADS = 64
MAX_ROUNDS = 1_000_000  # of a prediction
MAX_FIT_ROUNDS = 10_000_000  # of a fit: people write a round number that is never reached
MAX_SIZE = 1_000_000
MAX_HASHES = 1 << 26
MAX_FEATURES = 1 << 24  # each gets a name if a caller requests names
MAX_TEXT_LENGTH = 10_000

Range = tuple[int | None, int | None]


def _at_most(maximum: int, names: str) -> dict[str, Range]:
    return dict.fromkeys(words(names), (None, maximum))


# Whole numbers. The constraints of its class say which other values a parameter may have.
RANGES: Mapping[str, Range] = {
    "n_jobs": (-MAX_THREADS, MAX_THREADS),
    "_n_threads": (1, 4 * MAX_THREADS),  # the cores of the machine of the fit
    **_at_most(1000, "verbose degree sample_steps gamma_steps norm_order power"),
    **_at_most(
        MAX_ROUNDS,
        "n_iter max_fun max_iter_predict max_doc_update_iter fresh_restarts_max_iter "
        "transform_max_iter max_trials max_skips n_candidates n_iter_without_progress",
    ),
    **_at_most(MAX_FIT_ROUNDS, "max_iter"),
    **_at_most(100_000, "n_estimators n_bins n_knots n_alphas max_n_alphas alphas Cs cv n_splits"),
    **_at_most(
        10_000,
        "n_init n_restarts_optimizer n_refinements n_repeats iterated_power n_oversamples "
        "n_subsamples_total code_size n_packs",
    ),
    **_at_most(
        MAX_SIZE,
        "n_components n_clusters n_nonzero_coefs transform_n_nonzero_coefs n_targets "
        "branching_factor n_svd_vecs thresholds",
    ),
    **_at_most(10_000_000, "n_quantiles n_neighbors max_subpopulation"),
    "n_features": (1, MAX_HASHES),
    **dict.fromkeys(("n_features_in_", "_n_features_out", "n_features_out_"), (0, MAX_FEATURES)),
    **_at_most(100_000, "n_outputs_ n_classes_ n_layers_ n_components_ n_bins_"),
}


def check_range(value: Any, bounds: Range | list[int | None]) -> None:
    """Refuse a number outside of its bounds; None is an open bound."""
    minimum, maximum = bounds
    if not ((minimum is None or value >= minimum) and (maximum is None or value <= maximum)):
        raise ValueError(f"{brief(value)}, which is not between {minimum} and {maximum}")
