"""Why a measurement does not reach its target, from profiling. Shown only while it does not."""

from __future__ import annotations

_HASHED = (
    "Every byte is hashed once: blake3 of 1 GiB alone takes 0.12-0.13 s on these two cores, "
    "0.16x of joblib, whose files lie unsynced in the page cache and cost {joblib} here; the "
    "target was set where it cost {then}."
)

_LOGGED = (
    "A logged row costs the event loop 1.9 us and the writer's thread 2.7 us (Arrow, Parquet, "
    "zstd), of 50-60 us a request: 8%. The rest is two cores for three: the load generator, the "
    "event loop and the writer, which push each other off (four times as many forced switches)."
)

REASONS: dict[str, str] = {
    "small-commit": (
        "5-7 ms is `git fast-import` (a process; pack, index and ref synced), 2-3 ms waits for "
        "`git diff-index` (is the user's tree changed?), the rest is Python. Without the pauses "
        "between samples, which cool the caches, it takes 7 ms."
    ),
    "small-commit-data-rest": (
        "10-13 ms is the commit without data, 2.5 ms the profile, 12 ms building 105 frames of "
        "mostly one row, which the model then answers, and comparing the answers."
    ),
    "arrays-again-hashed": (
        "Beside blake3 of every byte: sha256, write and sync of the 16 MiB that changed (12 ms), "
        "`git fast-import` (6 ms), pickling 64 arrays and looking each up (10 ms)."
    ),
    "forest-commit": (
        "Durable against unsynced: writing and syncing the same bytes alone takes 50 ms, both "
        "digests 55 ms of one core."
    ),
    "arrays-first": (
        "The disk takes 1.8 GB/s, so two cores are the bound: sha256 0.6 s, blake3 0.13 s and "
        "the copy into the page cache 0.3 s of one core each."
    ),
    "arrays-again": _HASHED.format(joblib="0.8 s", then="2.6 s"),
    "arrays-again-given": _HASHED.format(joblib="1.1 s", then="2.6 s"),
    "arrays-checkout": _HASHED.format(joblib="0.8 s", then="2.3 s"),
    "arrays-checkout-given": _HASHED.format(joblib="1.1 s", then="2.3 s"),
    "serving-start": (
        "Importing scikit-learn, which loading the model needs, takes 0.7-1.6 s of it; nbmodel's "
        "own modules take 0.4 s."
    ),
    "serving-log-8": _LOGGED,
    "serving-log-64": _LOGGED,
    "answering-log-8": _LOGGED,
    "answering-log-64": _LOGGED,
    "answering-tail-records": (
        "Half the answers take 0.29 ms, so that the limit is 1.5 ms; the slowest wait for the "
        "writer of the log, which holds the interpreter for some milliseconds a second."
    ),
    "monitoring-report": (
        "Both cores are busy throughout: DuckDB decodes, numpy bins 4 s of 7, half of that in "
        "binary searches of uneven bins; 3.6-3.9 s on a day when the cores were faster and the "
        "bins even."
    ),
    "history-rebuild": (
        "18 s of one core for 100,000 versions: reading and checking the manifests' JSON, and "
        "SQLite with its full-text index, half each."
    ),
}
