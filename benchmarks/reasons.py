"""Why a line does not reach its target, as profiling found; shown only while it does not."""

from __future__ import annotations

_HASHED = (
    "Every byte is hashed once: blake3 of 1 GiB alone takes 0.12-0.13 s on these two cores, "
    "0.16x of joblib, whose files lie unsynced in the page cache and cost {joblib} here; the "
    "target was set where it cost {then}."
)

_LOGGED = (
    "A row costs the event loop 50 us without the log. To hand it over takes 1.5 us of code and, "
    "as it is copied into memory that was not just used, 2-4 us more; the writer's thread 1-3 us."
)

REASONS: dict[str, str] = {
    "small-commit": (
        "Half is `git fast-import` (a process; pack, index and ref synced: 4-6 ms), a quarter "
        "waits for `git diff-index` (is the user's tree changed?), the rest is Python."
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
        "Importing scikit-learn, which loading the model needs, took 1.6 s of it on the day of "
        "this run, on cores that gave 0.7 s on other days; nbmodel's own modules take 0.4 s."
    ),
    "serving-log-64": (
        "Handing a row over takes 4 us of the event loop; tables and Parquet take 10-15 us a row "
        "of another thread, which shares the interpreter's lock and two cores with the load."
    ),
    "answering-log-8": _LOGGED,
    "answering-log-64": _LOGGED,
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
