"""Why a line does not reach its target, as profiling found; shown only while it does not."""

from __future__ import annotations

REASONS: dict[str, str] = {}
