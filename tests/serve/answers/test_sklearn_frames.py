"""scikit-learn on frames of every type: text, categories, dates, nullable, Arrow, polars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, TargetEncoder
from sklearn.tree import DecisionTreeRegressor

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.data import CITIES, incomes, people, strangers
from tests.serve.answers.rows import Frame, Matrix

CASES = Cases()
X, Y = people(), incomes(people())
NEW_ROWS = strangers()
TIMES = pd.date_range("2024-01-01 00:30", periods=120, freq="7h13min")
NEW_TIMES = pd.to_datetime(
    ["2024-03-31 01:59:59.5", None, "1999-12-31 23:00", "2030-06-01"], format="ISO8601"
)


def encoded(encoder, frame=X, columns=("city",)):
    parts = make_column_transformer((encoder, list(columns)), remainder="passthrough")
    return make_pipeline(parts, DecisionTreeRegressor(max_depth=6)).fit(frame, Y)


@CASES.add
def text_with_missing():
    return Case(encoded(OneHotEncoder(handle_unknown="ignore")), X, Frame(NEW_ROWS))


@CASES.add
def text_as_objects():
    frame, rows = X.astype({"city": object}), NEW_ROWS.astype({"city": object})
    model = encoded(OneHotEncoder(handle_unknown="ignore"), frame)
    return Case(model, frame, Frame(rows))


@CASES.add
def text_without_unknown():
    rows = NEW_ROWS[NEW_ROWS["city"] != CITIES[3]]
    return Case(encoded(OneHotEncoder()), X, Frame(rows))


@CASES.add
def text_as_numbers():
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return Case(encoded(encoder), X, Frame(NEW_ROWS))


@CASES.add
def text_as_means():
    return Case(encoded(TargetEncoder(cv=2, random_state=0)), X, Frame(NEW_ROWS))


@CASES.add
def text_imputed():
    encoder = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="nowhere", missing_values=np.nan),
        OneHotEncoder(handle_unknown="ignore"),
    )
    return Case(encoded(encoder), X, Frame(NEW_ROWS))


@CASES.add
def text_without_data():
    return Case(encoded(OneHotEncoder(handle_unknown="ignore")), None, Frame(NEW_ROWS))


@CASES.add
def text_answers():
    frame = pd.DataFrame(
        {"city": ["Ulm", None] * 60, "land": ["BY", "BW", None] * 40}, dtype=object
    )
    model = SimpleImputer(strategy="most_frequent", missing_values=None).fit(frame)
    rows = pd.DataFrame({"city": ["Köln", None, "東京"], "land": ["BY", "x", None]}, dtype=object)
    return Case(model, frame, Frame(rows), ("transform",))


@CASES.add
def categories():
    kind = pd.CategoricalDtype(["Ulm", "Köln", "Bad Aibling"])
    frame, rows = X.astype({"city": kind}), NEW_ROWS.astype({"city": kind})
    model = HistGradientBoostingRegressor(categorical_features="from_dtype", max_iter=9)
    return Case(model.fit(frame, Y), frame, Frame(rows))


@CASES.add
def ordered_categories_of_numbers():
    kind = pd.CategoricalDtype([3, 1, 2], ordered=True)
    frame = pd.DataFrame({"grade": pd.Series([1, 2, 3] * 40).astype(kind), "age": X["age"]})
    rows = pd.DataFrame({"grade": pd.Series([3, 1, 3]).astype(kind), "age": [20, 30, 40]})
    model = HistGradientBoostingRegressor(categorical_features="from_dtype", max_iter=9)
    return Case(model.fit(frame, Y), frame, Frame(rows))


@CASES.add
def target_in_the_data():
    return Case(encoded(OneHotEncoder(handle_unknown="ignore")), X.assign(y=Y), Frame(NEW_ROWS))


@CASES.add
def dates():
    def parts(frame):
        at = frame["at"].dt
        return pd.DataFrame({"hour": at.hour, "month": at.month, "week": at.dayofweek}).fillna(-1)

    frame = pd.DataFrame({"at": TIMES})
    model = make_pipeline(FunctionTransformer(parts), DecisionTreeRegressor(max_depth=9))
    rows = pd.DataFrame({"at": NEW_TIMES.astype(TIMES.dtype)})
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(rows))


@CASES.add
def dates_with_zone():
    def parts(frame):
        at = frame["at"].dt
        assert str(at.tz) == "Europe/Berlin", at.tz
        return pd.DataFrame({"hour": at.hour, "month": at.month}).fillna(-1)

    times = TIMES.tz_localize("Europe/Berlin", ambiguous=True, nonexistent="shift_forward")
    frame = pd.DataFrame({"at": times, "age": X["age"]})
    model = make_pipeline(FunctionTransformer(parts), DecisionTreeRegressor(max_depth=9))
    scored = NEW_TIMES.tz_localize("UTC").tz_convert("Europe/Berlin").astype(times.dtype)
    rows = pd.DataFrame({"at": scored, "age": 40})
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(rows))


@CASES.add
def date_answers():
    def floor(frame):
        return frame.apply(lambda column: column.dt.floor("D"))

    frame = pd.DataFrame({"begin": TIMES, "end": TIMES + pd.Timedelta("3h")})
    rows = pd.DataFrame({"begin": NEW_TIMES, "end": NEW_TIMES}).astype(frame.dtypes)
    return Case(FunctionTransformer(floor).fit(frame), frame, Frame(rows), ("transform",))


@CASES.add
def date_answers_with_zone():
    def floor(frame):
        return frame.apply(lambda column: column.dt.floor("h"))

    frame = pd.DataFrame({"begin": TIMES, "end": TIMES}).apply(lambda c: c.dt.tz_localize("UTC"))
    scored = NEW_TIMES.tz_localize("UTC")
    rows = pd.DataFrame({"begin": scored, "end": scored}).dropna().astype(frame.dtypes)
    return Case(FunctionTransformer(floor).fit(frame), frame, Frame(rows), ("transform",))


@CASES.add
def answers_of_several_types():
    def parts(frame):
        return pd.DataFrame(
            {"name": frame["city"].str.upper(), "next": frame["age"] + 1, "old": frame["age"] > 40}
        )

    model = FunctionTransformer(parts).fit(X)
    return Case(
        model,
        X,
        Frame(NEW_ROWS),
        ("transform",),
        call=lambda _, rows: [column for _, column in model.transform(rows).items()],
        names={"transform": ("transform.name", "transform.next", "transform.old")},
    )


@CASES.add
def durations():
    def hours(frame):
        return frame.assign(wait=frame["wait"].dt.total_seconds() / 3600).fillna(-1)

    waits = pd.to_timedelta(np.arange(120) * 1234.5, unit="s")
    frame = pd.DataFrame({"wait": waits, "age": X["age"]})
    scored = pd.to_timedelta(["1 days 02:03:04.000005", None, "-3h"]).astype(waits.dtype)
    rows = pd.DataFrame({"wait": scored, "age": [1, 2, 3]})
    return Case(
        make_pipeline(FunctionTransformer(hours), Ridge()).fit(frame, Y), frame, Frame(rows)
    )


@CASES.add
def dates_as_objects():
    from datetime import date

    def parts(frame):
        return pd.DataFrame({"day": [-1 if day is None else day.day for day in frame["day"]]})

    days = [date(2024, 1, 1 + n % 31) for n in range(120)]
    frame = pd.DataFrame({"day": pd.Series(days, dtype=object)})
    rows = pd.DataFrame({"day": pd.Series([date(1999, 12, 31), None], dtype=object)})
    model = make_pipeline(FunctionTransformer(parts), Ridge())
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(rows))


@CASES.add
def numbers_and_texts_in_a_column():
    def parts(frame):
        return pd.DataFrame({"text": [isinstance(value, str) for value in frame["id"]]})

    frame = pd.DataFrame({"id": pd.Series([7, "7", 1.5, None] * 30, dtype=object)})
    rows = pd.DataFrame({"id": pd.Series([7, "x", None, 2.5], dtype=object)})
    model = make_pipeline(FunctionTransformer(parts), Ridge()).fit(frame, Y)
    return Case(model, frame, Frame(rows))


@CASES.add
def whole_numbers_beyond_floats():
    def last_digit(frame):
        return frame.assign(id=frame["id"] % 10)[["id"]]

    frame = pd.DataFrame({"id": 2**60 + np.arange(120), "city": X["city"]})
    rows = pd.DataFrame({"id": [2**60 + 10**6 + 1, 2**53 + 1, -(2**62) + 3], "city": "Ulm"})
    model = make_pipeline(FunctionTransformer(last_digit), Ridge())
    return Case(model.fit(frame, np.arange(120) % 10), frame, Frame(rows))


@CASES.add
def matrix_of_texts():
    values = np.array([["Ulm", "a"], ["Köln", np.nan], [np.nan, "b"]] * 5, dtype=object)
    scored = np.array([["Köln", "b"], [np.nan, np.nan], ["東京", "a"]], dtype=object)
    model = OneHotEncoder(handle_unknown="ignore").fit(values)
    return Case(model, values, Matrix(scored), ("transform",))


@CASES.add
def matrix_of_texts_and_none():
    values = np.array([["Ulm", "a"], ["Köln", None], [None, "b"]] * 5, dtype=object)
    scored = np.array([["Köln", "b"], [None, None], ["東京", "a"]], dtype=object)
    model = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(values)
    return Case(model, values, Matrix(scored), ("transform",))


@CASES.add
def matrix_of_texts_and_numbers():
    values = np.array([["Ulm", 1], ["Köln", 2.5], ["Ulm", 3]] * 40, dtype=object)
    parts = make_column_transformer((OneHotEncoder(), [0]), remainder="passthrough")
    model = make_pipeline(parts, Ridge()).fit(values, Y)
    return Case(model, values, Matrix(np.array([["Köln", 7], ["Ulm", -0.5]], dtype=object)))


@CASES.add
def categories_of_truth_and_of_numbers():
    def parts(frame):
        assert [str(frame[name].cat.categories.dtype) for name in frame] == ["bool", "float64"]
        return frame.apply(lambda column: column.cat.codes)

    kinds = {"yes": pd.CategoricalDtype([True, False]), "rate": pd.CategoricalDtype([0.5, 0.1])}
    frame = pd.DataFrame({"yes": [True, False, True] * 40, "rate": [0.1, 0.5, None] * 40})
    rows = pd.DataFrame({"yes": [False, True, None], "rate": [0.5, None, 0.1]})
    model = make_pipeline(FunctionTransformer(parts), Ridge()).fit(frame.astype(kinds), Y)
    return Case(model, frame.astype(kinds), Frame(rows.astype(kinds)))


@CASES.add
def objects_and_na():
    def parts(frame):
        return pd.DataFrame({"na": [value is pd.NA for value in frame["word"]]})

    frame = pd.DataFrame({"word": pd.Series(["a", pd.NA, "b"] * 40, dtype=object)})
    rows = pd.DataFrame({"word": pd.Series([pd.NA, "a"], dtype=object)})
    model = make_pipeline(FunctionTransformer(parts), Ridge()).fit(frame, [0, 1, 0] * 40)
    return Case(model, frame, Frame(rows))


@CASES.add
def dates_of_seconds_with_offset():
    def hour(frame):
        assert str(frame["at"].dtype) == "datetime64[s, UTC+05:30]", frame["at"].dtype
        return pd.DataFrame({"hour": frame["at"].dt.hour.fillna(-1)})

    times = TIMES.floor("s").tz_localize("+05:30").as_unit("s")
    frame = pd.DataFrame({"at": times})
    scored = NEW_TIMES.floor("s").tz_localize("+05:30").as_unit("s")
    model = make_pipeline(FunctionTransformer(hour), DecisionTreeRegressor(max_depth=9))
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(pd.DataFrame({"at": scored})))


@CASES.add
def whole_numbers_of_each_width():
    def last_digit(frame):
        return pd.DataFrame({name: (frame[name] % 10).fillna(-1).astype(float) for name in frame})

    frame = pd.DataFrame({"hash": np.arange(120, dtype=np.uint64) + 2**63, "id": np.arange(120)})
    frame["id"] = frame["id"].astype("Int64").mask(frame["id"] == 7)
    rows = pd.DataFrame({"hash": np.array([2**64 - 1, 5, 2**53 + 1], np.uint64)})
    rows["id"] = pd.array([2**62 + 1, None, -(2**53) - 1], "Int64")
    model = make_pipeline(FunctionTransformer(last_digit), Ridge())
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(rows))


@CASES.add
def periods():
    def parts(frame):
        return pd.DataFrame({"month": frame["month"].dt.month.fillna(-1)})

    frame = pd.DataFrame({"month": pd.period_range("2020-01", periods=120, freq="M")})
    rows = pd.DataFrame({"month": pd.PeriodIndex(["1999-12", "NaT", "2030-06"], freq="M")})
    model = make_pipeline(FunctionTransformer(parts), Ridge())
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(rows))


@CASES.add
def codes_of_categories():
    def codes(frame):
        return pd.DataFrame({"code": frame["size"].cat.codes, "most": frame["size"].cat.ordered})

    kind = pd.CategoricalDtype(["none", "small", "tiny", "medium", "large"], ordered=True)
    frame = pd.DataFrame({"size": pd.Series(["large", "small", "medium"] * 40).astype(kind)})
    rows = pd.DataFrame({"size": pd.Series(["medium", None, "large"]).astype(kind)})
    return Case(
        make_pipeline(FunctionTransformer(codes), Ridge()).fit(frame, Y), frame, Frame(rows)
    )


@CASES.add
def intervals():
    bins = [0, 30, 50, 100]

    def codes(frame):
        return pd.DataFrame({"code": frame["age"].cat.codes})

    frame = pd.DataFrame({"age": pd.cut(X["age"], bins)})
    rows = pd.DataFrame({"age": pd.cut(pd.Series([10, 60, 200]), bins)})
    return Case(
        make_pipeline(FunctionTransformer(codes), Ridge()).fit(frame, Y), frame, Frame(rows)
    )


@CASES.add
def rare_categories():
    frame = X.fillna({"city": "nowhere"})
    frame.loc[:1, "city"] = ["Rare", "Rarer"]
    kind = pd.CategoricalDtype(["Rarer", "Ulm", "Rare", "nowhere", "Köln", "Bad Aibling"])
    frame = frame.astype({"city": kind})
    model = encoded(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), frame)
    rows = pd.DataFrame({"city": ["Rare", "Köln", "Rarer"], "age": [30, 40, 50]})
    return Case(model, frame, Frame(rows.astype({"city": kind})))


NULLABLE = {"count": "Int64", "share": "Float64", "yes": "boolean", "word": "string"}
ARROW = {
    "count": pd.ArrowDtype(pa.int64()),
    "share": pd.ArrowDtype(pa.float64()),
    "yes": pd.ArrowDtype(pa.bool_()),
    "word": pd.ArrowDtype(pa.string()),
}


def with_gaps():
    """Each column has its missing value, training rows and rows to ask for."""
    frame = pd.DataFrame(
        {
            "count": [1, None, 2**53 + 1] * 40,
            "share": [0.1, 0.2, None] * 40,
            "yes": [True, None, False, True] * 30,
            "word": ["a", "ü", None, "b", "a"] * 24,
        },
        dtype=object,
    )
    rows = {"count": [7, None, 3], "share": [None, 1.0, 0.3], "yes": [False, True, None],
            "word": ["ü", "never", None]}  # fmt: skip
    return frame, pd.DataFrame(rows, dtype=object)


def shapes_seen(kinds):
    """A model that fails unless each column arrives with its own type."""
    wanted = {name: str(pd.Series([], dtype=kind).dtype) for name, kind in kinds.items()}

    def parts(frame):
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == wanted, frame.dtypes
        return pd.DataFrame(
            {
                "count": frame["count"].fillna(-1).astype(float),
                "share": frame["share"].fillna(-1).astype(float),
                "yes": frame["yes"].fillna(False).astype(float),
                "long": frame["word"].str.len().fillna(9).astype(float),
            }
        )

    frame, rows = (part.astype(kinds) for part in with_gaps())
    model = make_pipeline(FunctionTransformer(parts), Ridge()).fit(frame, Y)
    return Case(model, frame, Frame(rows))


@CASES.add
def nullable():
    return shapes_seen(NULLABLE)


@CASES.add
def nullable_without_function():
    names = ["count", "share", "yes"]
    frame, rows = (part.astype(NULLABLE)[names] for part in with_gaps())
    return Case(HistGradientBoostingRegressor(max_iter=9).fit(frame, Y), frame, Frame(rows))


@CASES.add
def arrow():
    return shapes_seen(ARROW)


@CASES.add
def arrow_dates():
    kinds = {"at": pd.ArrowDtype(pa.timestamp("us", "UTC")), "day": pd.ArrowDtype(pa.date32())}

    def parts(frame):
        assert dict(frame.dtypes) == kinds, frame.dtypes
        return pd.DataFrame({"hour": frame["at"].dt.hour, "day": frame["day"].dt.day}).fillna(-1)

    times = TIMES.tz_localize("UTC")
    frame = pd.DataFrame({"at": times, "day": times.date}).astype(kinds)
    rows = pd.DataFrame(
        {"at": NEW_TIMES.tz_localize("UTC"), "day": [t.date() for t in times[:4]]}
    ).astype(kinds)
    model = make_pipeline(FunctionTransformer(parts), DecisionTreeRegressor(max_depth=9))
    return Case(model.fit(frame.astype(kinds), np.arange(120.0)), frame, Frame(rows))


@CASES.add
def arrow_decimals_and_dictionaries():
    from decimal import Decimal

    kinds = {
        "price": pd.ArrowDtype(pa.decimal128(10, 2)),
        "city": pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
    }

    def parts(frame):
        assert dict(frame.dtypes) == kinds, frame.dtypes
        price = frame["price"].astype("float64[pyarrow]").fillna(-1).astype(float)
        ulm = frame["city"].astype("string[pyarrow]").eq("Ulm").fillna(False).astype(float)
        return pd.DataFrame({"price": price, "ulm": ulm})

    frame = pd.DataFrame({"price": [Decimal(n) / 4 for n in range(120)], "city": X["city"]})
    rows = pd.DataFrame({"price": [Decimal("0.10"), None, Decimal("99999999.99")],
                         "city": ["Ulm", "Köln", None]})  # fmt: skip
    model = make_pipeline(FunctionTransformer(parts), Ridge())
    return Case(model.fit(frame.astype(kinds), Y), frame.astype(kinds), Frame(rows.astype(kinds)))


@CASES.add
def polars_frame():
    frame, rows = pl.from_pandas(X), pl.from_pandas(NEW_ROWS)
    return Case(encoded(OneHotEncoder(handle_unknown="ignore"), frame), frame, Frame(rows))


@CASES.add
def polars_expressions():
    def parts(frame):
        city = pl.col("city").fill_null("nowhere")
        return frame.select(
            pl.col("age").log(), city.str.len_chars().alias("long"), (city == "Ulm").alias("ulm")
        )

    frame = pl.from_pandas(X)
    model = make_pipeline(FunctionTransformer(parts), Ridge()).fit(frame, Y)
    return Case(model, frame, Frame(pl.from_pandas(NEW_ROWS)))


@CASES.add
def polars_types():
    from datetime import date, datetime, timedelta

    schema = {
        "at": pl.Datetime("us", "Europe/Berlin"), "day": pl.Date, "wait": pl.Duration("ms"),
        "city": pl.Categorical, "small": pl.Int8, "yes": pl.Boolean, "part": pl.Float32,
    }  # fmt: skip

    def parts(frame):
        assert dict(frame.schema) == schema, frame.schema
        return frame.select(
            pl.col("at").dt.hour(),
            pl.col("day").dt.ordinal_day().fill_null(-1),
            pl.col("wait").dt.total_milliseconds().fill_null(-1),
            pl.col("city").cast(pl.String).str.len_chars().fill_null(-1),
            pl.col("small").fill_null(-1),
            pl.col("yes").fill_null(False),
            pl.col("part").fill_null(-1),
        ).with_columns(pl.all().cast(pl.Float64).fill_null(-1))

    def frame_of(rows):
        return pl.DataFrame(
            rows, schema={**schema, "at": pl.Datetime("us", "UTC")}, orient="row"
        ).with_columns(pl.col("at").dt.convert_time_zone("Europe/Berlin"))

    begin, day, long = datetime(2024, 1, 1), date(2024, 1, 1), timedelta(milliseconds=5)
    frame = frame_of(
        (begin + n * 5e6 * long, day + n * timedelta(1), n * long, CITIES[n % 3], n, n > 9, n / 7)
        for n in range(120)
    )
    rows = frame_of(
        [(datetime(2024, 7, 1, 22, 30), day, long, "Köln", -9, True, 0.1), (None,) * len(schema)]
    )
    model = make_pipeline(FunctionTransformer(parts), DecisionTreeRegressor(max_depth=9))
    return Case(model.fit(frame, np.arange(120.0)), frame, Frame(rows))


@CASES.add
def text_and_numbers_to_classes():
    frame = X.assign(share=X["age"] / 7, yes=X["age"] > 50)
    parts = make_column_transformer(
        (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5), ["city"]),
        (SimpleImputer(), ["age", "share"]),
        ("passthrough", ["yes"]),
    )
    model = make_pipeline(parts, LogisticRegression(max_iter=999))
    model.fit(frame, np.array(["low", "high"])[(Y > 50).astype(int)])
    rows = NEW_ROWS.assign(share=[0.5, None, 3.0, -1.0, 1e9], yes=[True, False, True, True, False])
    return Case(model, frame, Frame(rows), ("predict", "predict_proba"))


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
