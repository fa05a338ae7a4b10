"""The generated card, and the text of the user that each version takes from its parent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.provenance.card import custom_sections
from nbmodel.provenance.card.model_card import render_card
from tests.builder import manifest_of

MANIFEST = manifest_of(metrics={"auc": 0.9}, params={"C": 1})
PIECES = st.sampled_from(
    ["---", "# churn 3", "**Version 3:** hi", "`a.B`: C", "## Metrics", "## Own", "# One", "##",
     "Two\n---", "T\n===", "```", "````python", "~~~", "<!--", "-->", "license: mit", "tags: [a]",
     "  - x", "- y", "text", "", "    code", "| a |", "## Load it ##", "key", "\ufeff", "\r", "...",
     "--- ", "a: b", "-", "=", "\x0b", "\u2028"]
)  # fmt: skip
CARDS = st.one_of(st.text(), st.lists(PIECES, max_size=14).map("\n".join))


@given(CARDS, st.text())
def test_any_own_text_is_kept_unchanged(text, message):
    own = custom_sections.parse_card(text).own
    first = render_card(MANIFEST, message, text)
    assert custom_sections.parse_card(first).own == own
    assert render_card(MANIFEST, message, first) == first
    assert render_card(MANIFEST, "another message", first).count("\n## Load it\n") == first.count(
        "\n## Load it\n"
    )


def test_a_generated_card_has_no_own_text():
    card = custom_sections.parse_card(render_card(MANIFEST, "baseline"))
    assert card.own == custom_sections.CustomSections()
    assert card.faults == ()


def test_each_part_of_a_card_is_read():
    card = custom_sections.parse_card(
        "---\nlibrary_name: x\nlicense: mit\ndatasets:\n- a\n  # why\n- b\ntags:\n- t\n---\n"
        "# churn 3\n\nMine above.\n\n**Version 3:** m\n\n`a.B`: C\n\nMine below.\n\n"
        "## Metrics\n\n| x |\n\n## Use\n\n```\n## Metrics\n```\n\n### Detail\n\n"
        "Risks\n-----\n\nBias.\n"
    )
    assert card.own.keys == ("license: mit", "datasets:\n- a\n  # why\n- b")
    assert card.own.introduction == "Mine above.\n\nMine below."
    assert card.own.sections == (
        "## Use\n\n```\n## Metrics\n```\n\n### Detail",
        "Risks\n-----\n\nBias.",
    )


@pytest.mark.parametrize("fence", ["```", "~~~~", "   ```python"])
def test_a_heading_in_code_splits_nothing(fence):
    text = f"## Use\n\n{fence}\n## Metrics\n{fence.strip().removesuffix('python')}"
    assert custom_sections.parse_card(text).own.sections == (text,)


def test_markup_in_a_message_or_type_stays_in_its_line():
    odd = manifest_of(type="a`\n## Own", summary="x\n## Own")
    text = render_card(odd, "m\n## Own\u2028## Own")
    assert custom_sections.parse_card(text).own == custom_sections.CustomSections()
