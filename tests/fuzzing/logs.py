"""Parquet parts of a prediction log: a damaged part is skipped and named."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nbmodel.monitor.common import windows
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.quality.timeseries import traffic_series
from tests.fuzzing.mutations import damaged
from tests.fuzzing.target import Prepared

START = 1_770_000_000_000_000
DAY = "2026-02-02"
NAME = f"part-{START:017d}-0badcafe-1-000001.parquet"
KINDS = (parts.PREDICTIONS, parts.LABELS)


def parquet() -> Prepared:
    """Read a part beside a valid one: open it, count rows, read windows and labels."""
    root = Path.cwd() / "log"
    sound = [encoded(predictions(3)), encoded(labels(3))]
    seeds = [
        bytes(parts.encode(predictions(5))),
        encoded(predictions(5), compression="snappy"),
        encoded(predictions(5), compression="none", use_dictionary=False),
        encoded(labels(5)),
    ]
    for kind, data in zip(KINDS, sound, strict=True):
        path = root / f"{parts.folder_of('m', kind)}/date={DAY}"
        path.mkdir(parents=True)
        (path / NAME.replace("0001.", "0002.")).write_bytes(data)

    def read(data: bytes) -> None:
        for kind in KINDS:
            path = root / f"{parts.folder_of('m', kind)}/date={DAY}" / NAME
            path.write_bytes(data)
        with open_log(root, "m", memory="256MB", threads=1) as log:
            for one in log.contents():
                windows.window_label(one.first, windows.UNITS["h"])
                windows.to_datetime(one.last)
            traffic_series(log, windows.UNITS["d"])
            log.unknown_labels()
            log.rows('SELECT id, time, "in.age", version FROM predictions LIMIT 10')
            log.fold("SELECT * FROM labels", lambda batches: sum(b.num_rows for b in batches))

    return Prepared(seeds, read, _changed_footer)


def predictions(count: int) -> Any:
    """Make rows as a server logs them."""
    return pa.table({
        "id": [f"r{n}" for n in range(count)],
        "time": pa.array(START + np.arange(count), pa.timestamp("us", "UTC")),
        "version": ["m@1"] * count, "commit": ["c" * 40] * count, "stage": ["prod"] * count,
        "method": ["predict"] * count, "latency": np.full(count, 0.001),
        "in.age": np.arange(count, dtype=float), "out.predict": [n % 2 for n in range(count)],
    })  # fmt: skip


def labels(count: int) -> Any:
    """Make the labels of these rows."""
    return pa.table({
        "id": [f"r{n}" for n in range(count)],
        "time": pa.array(START + np.arange(count), pa.timestamp("us", "UTC")),
        "label": ["1"] * count, "value": np.ones(count),
    })  # fmt: skip


def encoded(table: Any, **options: Any) -> bytes:
    """Write a Parquet file in memory."""
    file = io.BytesIO()
    pq.write_table(table, file, **{"compression": "zstd", **options})
    return file.getvalue()


def _changed_footer(data: bytes, chance: Random) -> bytes:
    """Damage pages or the footer; length and magic bytes of the file stay valid."""
    size = int.from_bytes(data[-8:-4], "little") if len(data) > 12 else 0
    if not 0 < size < len(data) - 12 or chance.random() < 0.1:
        return damaged(data, chance)
    pages, footer = data[4 : -8 - size], data[-8 - size : -8]
    if chance.random() < 0.6:
        footer = damaged(footer, chance)
    else:
        pages = damaged(pages, chance)
    return b"PAR1" + pages + footer + len(footer).to_bytes(4, "little") + b"PAR1"
