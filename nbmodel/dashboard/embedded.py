"""The data of a static page: ``Embedded`` of ``labextension/src/view/offline/embedded.ts``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbmodel import views
from nbmodel.dashboard.packing import Packer
from nbmodel.dashboard.search_values import search_values
from nbmodel.display import visible
from nbmodel.errors import NbModelError
from nbmodel.views.rows import model_facts

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

FORMAT = 1
MAX_TILES = 1000
MAX_FILE_BYTES = 8_000_000  # of all figures and files in a page
ROWS_PER_REQUEST = 500  # rows in one request
Json = dict[str, Any]


def embedded(registry: Registry, limit: int, tell: Callable[[int, int], None]) -> Json:
    """The newest `limit` versions with all that is recorded of them; never a row of data.

    Parameters
    ----------
    registry : Registry
    limit : int
    tell : callable
        Told what is done and what there is.

    Raises
    ------
    NbModelError
        Whatever the verbs raise.
    """
    whole = views.answer(registry, "registry", {})
    home = _home(registry)
    rows = _with_tiles(_rows(registry, limit), home, limit)
    versions: dict[str, Json] = {}
    other_values: dict[str, Json] = {}
    arrays: Json = {}
    unreadable: list[Json] = []
    for count, row in enumerate(rows, 1):
        try:
            versions[row["commit"]] = _version(registry, row)
        except NbModelError as error:  # the others are shown all the same, and this one is named
            unreadable.append(
                {"ref": row["ref"], "commit": row["commit"], "reason": visible(error.what)}
            )
            continue
        if part := _search_values(registry, row, versions[row["commit"]]):
            other_values[row["commit"]] = part
        arrays |= _arrays(registry, row, versions.keys() | {r["commit"] for r in rows[count:]})
        tell(count, len(rows))
    rows = [row for row in rows if row["commit"] in versions]
    home = _within(home, versions)
    whole["unreadable"] = list(
        {each["commit"]: each for each in [*whole["unreadable"], *unreadable]}.values()
    )
    histories = {
        model: _history(registry, model, Counter(row["model"] for row in rows)[model])
        for model in sorted({row["model"] for row in rows})
    }
    timelines = {model: views.answer(registry, "timeline", {"model": model}) for model in histories}
    pack = Packer([*versions.values(), *histories.values(), *arrays.values(), *timelines.values()])
    files = _files(registry, rows, versions)
    return {
        "format": FORMAT,
        "exported": int(time.time()),
        "registry": whole,
        "home": home,
        "models": model_facts(registry, sorted({row["model"] for row in rows})),
        **_monitoring(registry, home),
        "rows": rows,
        "versions": {key: pack(value) for key, value in versions.items()},
        "searchValues": other_values,
        "histories": {key: pack(value) for key, value in histories.items()},
        "timelines": {key: pack(value) for key, value in timelines.items()},
        "arrays": {key: pack(value) for key, value in arrays.items()},
        "shared": pack.shared,
        "files": files,
    }


def _home(registry: Registry) -> Json:
    """The answer with all tiles, up to `MAX_TILES`."""
    home = views.answer(registry, "home", {"limit": ROWS_PER_REQUEST})
    while len(home["tiles"]) < min(home["total"], MAX_TILES):
        arguments = {"limit": ROWS_PER_REQUEST, "offset": home["offset"] + ROWS_PER_REQUEST}
        page = views.answer(registry, "home", arguments)
        home["offset"] = page["offset"]
        if page["offset"] >= page["total"]:
            break
        home["tiles"] += page["tiles"]
    return {**home, "offset": 0}


def _monitoring(registry: Registry, home: Json) -> Json:
    """The health and the traffic of the tiles, or why none of them can be read."""
    models = list(dict.fromkeys(tile["row"]["model"] for tile in home["tiles"]))
    try:
        health = views.answer(registry, "health", {"models": models})["health"]
        traffic = views.answer(registry, "traffic", {"models": models})
    except NbModelError as error:
        none: Json = {"traffic": {}, "problems": {}}
        return {"health": {}, "traffic": none, "monitoringProblem": visible(error)}
    return {"health": health, "traffic": traffic, "monitoringProblem": ""}


def _with_tiles(rows: list[Json], home: Json, limit: int) -> list[Json]:
    """The versions that hold a stage and the newest others, `limit` in all, newest first."""
    holder_rows = {tile["row"]["commit"]: tile["row"] for tile in home["tiles"]}
    present = {row["commit"] for row in rows}
    older = sorted(
        (row for commit, row in holder_rows.items() if commit not in present),
        key=lambda row: -row["time"],
    )
    others = [row["commit"] for row in rows if row["commit"] not in holder_rows]
    commits = holder_rows.keys() | set(others[: max(0, limit - len(holder_rows))])
    return ([row for row in rows if row["commit"] in commits] + older)[:limit]


def _within(home: Json, versions: Mapping[str, Json]) -> Json:
    """The tiles and models whose versions are in the page: others would lead to nothing."""
    tiles = [tile for tile in home["tiles"] if tile["row"]["commit"] in versions]
    unstaged = home["unstaged"]
    models = [each for each in unstaged["models"] if each["row"]["commit"] in versions]
    return {
        **home,
        "tiles": tiles,
        "total": len(tiles),
        "unstaged": {**unstaged, "models": models},
    }


def _version(registry: Registry, row: Json) -> Json:
    answer = views.answer(registry, "version", {"ref": row["ref"]})
    return {key: value for key, value in answer.items() if key != "row"}


def _search_values(registry: Registry, row: Json, answer: Json) -> Json:
    """What the index has of the version and the page does not show."""
    versions = registry.context.index.by_commit(row["commit"], row["model"])
    return search_values(versions[0], row, answer) if versions else {}


def _files(registry: Registry, rows: Iterable[Json], versions: dict[str, Json]) -> dict[str, str]:
    """The content of figures and files by digest, the newest versions first, up to a total."""
    contents: dict[str, str] = {}
    remaining_bytes = MAX_FILE_BYTES
    for row in rows:
        for file in versions[row["commit"]]["attachments"]:
            if file["sha256"] in contents or file["size"] > remaining_bytes:
                continue
            ask = {"ref": row["ref"], "sha256": file["sha256"]}
            with suppress(NbModelError):  # the page says that it does not have the file
                contents[file["sha256"]] = views.answer(registry, "file", ask)["data"]
                remaining_bytes -= file["size"]
    return contents


def _arrays(registry: Registry, row: Json, commits: Iterable[str]) -> Json:
    """What changed among the arrays since each parent; nothing where a side cannot be read."""
    changes: Json = {}
    for parent in set(row["parents"]).intersection(commits):
        sides = {"before": f"{row['model']}@{parent}", "after": row["ref"]}
        with suppress(NbModelError):
            changes[f"{parent}..{row['commit']}"] = views.answer(registry, "diff", sides)["arrays"]
    return changes


def _rows(registry: Registry, limit: int) -> list[Json]:
    """The newest versions of all branches, newest first."""
    rows: list[Json] = []
    while len(rows) < limit:
        count = min(ROWS_PER_REQUEST, limit - len(rows))
        arguments = {"every": True, "sort": "-time", "offset": len(rows), "limit": count}
        page = views.answer(registry, "rows", arguments)["rows"]
        rows += page
        if len(page) < count:
            break
    return rows


def _history(registry: Registry, model: str, limit: int) -> Json:
    answer = views.answer(
        registry, "history", {"model": model, "limit": min(limit, ROWS_PER_REQUEST)}
    )
    return {key: answer[key] for key in ("branches", "moves", "hasMore")}
