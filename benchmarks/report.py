"""Keeps what was measured: ``results.json``, and the table in ``README.md``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measurements import Line, table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
README = HERE / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def store(groups: dict[str, list[Line]], facts: dict[str, Any]) -> None:
    """Replace the last results of the measured groups, and draw the table again."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    stamp = datetime.now(UTC).strftime("%Y-%m-%d")
    for name, lines in groups.items():
        results[name] = {
            "measured": stamp,
            "machine": facts,
            "lines": [line.document() for line in lines],
            "table": table(lines),
        }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{_drawn(results)}{END}{after}")


def _drawn(results: dict[str, Any]) -> str:
    parts = []
    for name, group in results.items():
        parts.append(f"### {name}\n\n{group['table']}\n\n{_sentence(group)}\n\n")
    return "".join(parts)


def _sentence(group: dict[str, Any]) -> str:
    on = group["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in on["versions"].items())
    return (
        f"{group['measured']}, {on['cores']} cores ({on['processor']}), {on['memory_gib']} GiB, "
        f"{on['system']}, {on['file_system']} that writes and fsyncs "
        f"{on['disk_write_fsync_mib_s']:,} MiB/s, git {on['git']}, "
        f"Python {on['python']}, {versions}."
    )
