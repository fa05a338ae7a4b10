from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.errors import InvalidQuery
from nbmodel.index.expression import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    Operand,
    Query,
    SortKey,
    Word,
    parse,
)


def condition(field, operator, text, position=0, quoted=False):
    return Condition(field, operator, Operand(text, quoted), position)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", AllOf(())),
        ("  ", AllOf(())),
        ("churn", Word("churn")),
        ('"cleaner labels"', Word("cleaner labels", quoted=True)),
        (r'"a \"b\" \\"', Word('a "b" \\', quoted=True)),
        ("auc > 0.9", condition("auc", ">", "0.9")),
        ("auc>=0.9", condition("auc", ">=", "0.9")),
        ("stage == prod", condition("stage", "=", "prod")),
        ("stage != prod", Not(condition("stage", "=", "prod"))),
        ("name~'a b'", condition("name", "~", "a b", quoted=True)),
        ('metrics."my metric" > 1', condition("metrics.my metric", ">", "1")),
        ("a b", AllOf((Word("a"), Word("b")))),
        ("a and b", AllOf((Word("a"), Word("b")))),
        ("a or b c", AnyOf((Word("a"), AllOf((Word("b"), Word("c")))))),
        ("(a or b) c", AllOf((AnyOf((Word("a"), Word("b"))), Word("c")))),
        ("not a b", AllOf((Not(Word("a")), Word("b")))),
        ("not (a or b)", Not(AnyOf((Word("a"), Word("b"))))),
        ("NOT a OR b", AnyOf((Not(Word("a")), Word("b")))),
        ("wow! a!=b", AllOf((Word("wow!"), Not(condition("a", "=", "b", 5))))),
        (
            "stage in (prod, 'dev x')",
            AnyOf((condition("stage", "=", "prod"), condition("stage", "=", "dev x", quoted=True))),
        ),
        ("stage not in (prod)", Not(AnyOf((condition("stage", "=", "prod"),)))),
        ("in_use", Word("in_use")),
        ('"and"', Word("and", quoted=True)),
    ],
)
def test_valid_expressions_are_parsed(text, tree):
    assert parse(text) == Query(tree)


@pytest.mark.parametrize(
    ("text", "tree", "order"),
    [
        ("order by auc", AllOf(()), [SortKey("auc")]),
        ("a ORDER BY auc DESC, n", Word("a"), [SortKey("auc", descending=True), SortKey("n")]),
        ("order by auc asc,-n", AllOf(()), [SortKey("auc"), SortKey("n", descending=True)]),
        ("order by desc desc", AllOf(()), [SortKey("desc", descending=True)]),
        ("order by order, by", AllOf(()), [SortKey("order"), SortKey("by")]),
        ('order by metrics."my metric"', AllOf(()), [SortKey("metrics.my metric")]),
        ('order by "-a, b" desc', AllOf(()), [SortKey("-a, b", descending=True)]),
        ("order > 1", condition("order", ">", "1"), []),
        ("order by > 1", AllOf((Word("order"), condition("by", ">", "1", 6))), []),
        ("order by in (1)", AllOf((Word("order"), AnyOf((condition("by", "=", "1", 6),)))), []),
        ('"order by"', Word("order by", quoted=True), []),
        ("a = order order by b", condition("a", "=", "order"), [SortKey("b")]),
        ("by order", AllOf((Word("by"), Word("order"))), []),
    ],
)
def test_an_order_is_parsed(text, tree, order):
    query = parse(text)
    assert query.order == tuple(order)
    assert query.condition == tree


@pytest.mark.parametrize(
    ("text", "why", "position"),
    [
        ('say "hi', "the quotation mark is not closed", 5),
        ("(a or b", "')' is missing", 8),
        ("a)", "')' is not expected here", 2),
        ("auc >", "a value for auc is missing", 6),
        ("auc > > 1", "a value for auc is missing", 7),
        ("a or", "expected a word or a condition, not the end", 5),
        ("and a", "expected a word or a condition, not 'and'", 1),
        ("= 3", "expected a word or a condition, not '='", 1),
        ("stage in (prod dev)", "')' is missing", 16),
        ("stage in ()", "a value for stage is missing", 11),
        ("a , b", "expected a word or a condition, not ','", 3),
        ("(" * 40, "it is nested more than 32 deep", 33),
        ("not " * 40 + "a", "it is nested more than 32 deep", 129),
        ("a " * 65, "it has more than 64 words and conditions", 129),
        ("x" * 2001, "it is longer than 2000 characters", 2001),
    ],
)
def test_a_syntax_error_names_its_position(text, why, position):
    with pytest.raises(InvalidQuery) as caught:
        parse(text)
    assert f": {why} (at character {position})." in str(caught.value)


PIECES = st.sampled_from(
    ["a", "and", "or", "not", "in", "(", ")", ",", '"', "'", "=", "!=", "~", "<", " ", "x.y", "\\"]
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=40).map(" ".join))
def test_any_text_parses_or_is_refused(text):
    try:
        tree = parse(text).condition
    except InvalidQuery:
        return
    assert isinstance(tree, Word | Condition | Not | AllOf | AnyOf)
