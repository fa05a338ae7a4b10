"""A registry whose models answered real requests: texts, dates, missing values, odd names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import nbmodel
from nbmodel import monitor
from nbmodel.monitor.alerts import store
from nbmodel.monitor.prediction_log.parts import folder_of
from nbmodel.monitor.prediction_log.settings import log_root
from tests.browser import registries
from tests.fixtures.servers import serving

MARKUP = '<img src=x onerror=alert(1)>"&'
DAYS = 12
ROWS = 60  # of a day, and of the requests
RULE = "psi(city) > 0.25 for 2 windows"


def orders(seed: int, moved: bool = False) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Orders with an amount, a city, a date and a note; some values are missing."""
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2026-01-01")
    frame = pd.DataFrame(
        {
            "amount": random.lognormal(3, 1, ROWS),
            "city": random.choice(["Köln", "São Paulo", "東京"], ROWS, p=[0.6, 0.3, 0.1]),
            "ordered": start + pd.to_timedelta(random.integers(0, 300, ROWS), "D"),
            MARKUP: random.choice(["yes", MARKUP], ROWS),
        }
    )
    if moved:
        frame["city"] = "東京"
    frame.loc[random.random(ROWS) < 0.1, "amount"] = np.nan
    frame.loc[random.random(ROWS) < 0.1, "city"] = None
    return frame, (frame["amount"].fillna(0) > 20).astype(int).to_numpy()


def served(folder: Path) -> Path:
    """``orders`` with twelve days of a log and a server's answers; ``broken``, ``quiet``."""
    registries.project(folder)
    with nbmodel.open(folder) as registry:
        frame, truth = orders(0)
        encode = make_column_transformer(
            (SimpleImputer(), ["amount"]),
            (OneHotEncoder(handle_unknown="ignore"), ["city", MARKUP]),
        )
        model = make_pipeline(encode, LogisticRegression()).fit(frame, truth)
        for number in (1, 2):
            said = {"message": f"version {number}", "metrics": {"accuracy": 0.9}}
            registry.commit(model, "orders", data=frame, **said)
        for name in ("broken", "quiet"):
            registry.commit(model, name, "one", data=frame)
            registry.promote(f"{name}@1", "prod")
        registry.promote("orders@1", "prod", "first")
        context = registry.context
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in range(DAYS):
            if day == DAYS // 2:
                registry.promote("orders@2", "prod", "second")
            given, true = orders(day + 1, moved=day > 7)
            when = midnight - timedelta(days=DAYS - day)
            monitor.log("orders@prod", given, model.predict(given), true, when, context=context)
        store.add(context, "orders@prod", RULE)
        broken = Path(log_root(context)) / folder_of("broken")
        broken.parent.mkdir(parents=True, exist_ok=True)
        broken.write_text("not a folder")
        answer_requests(folder, orders(99)[0])
    return folder


def answer_requests(folder: Path, frame: pd.DataFrame) -> None:
    """Let a server answer the rows of a frame; it logs them when it ends."""
    records = json.loads(frame.to_json(orient="records", date_format="iso"))
    with nbmodel.open(folder, read_only=True) as registry:
        git_dir, log = registry.path, str(log_root(registry.context))
    with serving(git_dir, "orders@prod", "--log", log, log=folder / "serve.log") as client:
        answer = client.ask("/predict/orders", {"records": records})
        assert answer.status == 200, answer.body
