"""Why a measurement does not reach its target, from profiling. Shown only while it does not."""

from __future__ import annotations

_HASHING = (
    "Every byte is hashed once. blake3 of 1 GiB alone takes 0.12-0.13 s on these two cores, which "
    "is 0.16x of joblib. joblib's files stay unsynced in the page cache and take {joblib} here. "
    "The target was set when they took {then}."
)

_LOGGING = (
    "A logged row costs the event loop 1.9 us and the writer's thread 2.7 us (Arrow, Parquet, "
    "zstd), of 50-60 us for a request: 8%. The rest is that the load generator, the event loop "
    "and the writer share two cores (four times as many forced context switches)."
)

_PUSH = (
    "sha256 of 1 GiB takes 0.9 s of one core; nbmodel hashes what it sends, and the peers do not. "
    "Copies of four threads share the two cores with it."
)

REASONS: dict[str, str] = {
    "small-commit": (
        "`git fast-import` takes 5-7 ms (a process; pack, index and ref synced). Waiting for `git "
        "diff-index` (has the user's tree changed?) takes 2-3 ms. The rest is Python. Without the "
        "pauses between samples, which cool the caches, a commit takes 7 ms."
    ),
    "small-commit-data-rest": (
        "The commit without data takes 10-13 ms, the profile 2.5 ms. 12 ms go into building 105 "
        "frames, most with one row, the model's answers to them, and comparing the answers."
    ),
    "arrays-again-hashed": (
        "Besides blake3 of every byte: sha256, write and sync of the 16 MiB that changed (12 ms), "
        "`git fast-import` (6 ms), pickling 64 arrays and looking each up (10 ms)."
    ),
    "forest-commit": (
        "nbmodel syncs its files, and joblib does not. Writing and syncing the same bytes alone "
        "takes 50 ms. Both digests take 55 ms of one core."
    ),
    "arrays-first": (
        "The disk takes 1.8 GB/s, so two cores are the limit: sha256 takes 0.6 s, blake3 0.13 s "
        "and the copy into the page cache 0.3 s of one core each."
    ),
    "arrays-again": _HASHING.format(joblib="0.8 s", then="2.6 s"),
    "arrays-again-given": _HASHING.format(joblib="1.1 s", then="2.6 s"),
    "arrays-checkout": _HASHING.format(joblib="0.8 s", then="2.3 s"),
    "arrays-checkout-given": _HASHING.format(joblib="1.1 s", then="2.3 s"),
    "serving-start": (
        "Importing scikit-learn, which the model needs, takes 0.7-1.6 s of it. nbmodel's own "
        "modules take 0.4 s."
    ),
    "serving-log-8": _LOGGING,
    "serving-log-64": _LOGGING,
    "answering-log-8": _LOGGING,
    "answering-log-64": _LOGGING,
    "answering-tail-records": (
        "Half of the answers take 0.29 ms, so the limit is 1.5 ms. The slowest ones wait for the "
        "writer of the log, which holds the interpreter for some milliseconds each second."
    ),
    "monitoring-report": (
        "Both cores are busy throughout. DuckDB decodes, and numpy spends 4 s of 7 on binning, "
        "half of that in binary searches of uneven bins. It took 3.6-3.9 s on a day when the "
        "cores were faster and the bins even."
    ),
    "overview-health": (
        "The kernel compares the logs of 40 stages, in Python. In this run Python and Chromium "
        "were 1.7 times slower than in the run before, which took 1.08 s."
    ),
    "history-rebuild": (
        "18 s of one core for 100,000 versions: one half is reading and checking the manifests' "
        "JSON, the other half SQLite with its full-text index."
    ),
    "push-lfs": (
        "On one disk git-lfs makes hard links and copies nothing. nbmodel copies, hashes and syncs "
        "every byte, so that damage here never reaches the remote. The lines in memory compare "
        "copies."
    ),
    "push-dvc": (
        "sha256 of 1 GiB takes 0.9 s of one core, and the copy is synced. DVC does neither: to "
        "memory it takes as long as to the disk."
    ),
    "push-lfs-memory": _PUSH,
    "push-dvc-memory": _PUSH,
    "push-again": (
        "20 runs of git take 60-70 ms, and 16 MiB with sha256, copy and sync 33-42 ms. The copy "
        "alone, to memory, takes 23 ms."
    ),
    "clone-git": (
        "git itself takes the time of the peer. The rest reads and checks 100,000 manifests into "
        "the index, as for the rebuilt index in the group history."
    ),
    "s3-checkout": (
        "s3fs neither hashes nor syncs: sha256 of 1 GiB takes 0.9 s of one core. The server, the "
        "client in Python and the hashing share two cores."
    ),
    "average": (
        "The mean in float64 takes 42%, storing the result with sha256, blake3 and sync 37%, the "
        "copy 9%, and reading both with every byte checked 8%. Two threads for the mean took as "
        "long as one."
    ),
    "average-memory": (
        "The result is as large as one model. Blocks in float64 and buffers of the writer take "
        "the rest, 1%."
    ),
}
