"""Slack and Mattermost: a local receiver judges each body by the documentation of the program."""

from __future__ import annotations

import re
from http.client import HTTPException

import pytest
from markdown_it import MarkdownIt

from nbmodel.monitor.alerts.channels import mattermost, slack
from tests.monitor.alerts.channels.conftest import HOSTILE, Message


def slack_refusal(body):
    """Why Slack would refuse a body, or notify people that it should not; empty if neither."""
    if not isinstance(body.get("text"), str) or not body["text"]:
        return "no_text"
    if len(body["text"]) > 40_000 or not 1 <= len(body["blocks"]) <= 50:
        return "msg_too_long"
    texts = [body["text"]]
    for block in body["blocks"]:
        text = block["text"]
        if block["type"] != "section" or text["type"] != "mrkdwn" or text["verbatim"] is not True:
            return "invalid_blocks"
        if not 1 <= len(text["text"]) <= 3000:
            return "invalid_blocks"
        texts.append(text["text"])
    for text in texts:
        bare = re.sub("&(amp|lt|gt);", "", text)
        if re.search("[<>&]", bare):  # a control sequence: a mention or a link
            return "mention"
    return "" if body.get("unfurl_links") is False else "unfurls"


def mattermost_refusal(body):
    """The same for Mattermost, which reads Markdown, and mentions outside of code."""
    (attachment,) = body["attachments"]
    texts = [body["text"], attachment["text"]]
    if not attachment["fallback"] or not re.fullmatch("#[0-9A-Fa-f]{6}", attachment["color"]):
        return "invalid_attachment"
    if max(map(len, texts)) > 4000:
        return "too_long"
    for text in [*texts, attachment["fallback"]]:
        for token in MarkdownIt().parse(text):
            for part in [token, *(token.children or ())]:
                if part.type in ("text", "html_inline", "html_block") and "@" in part.content:
                    return "mention"
                if part.type in ("link_open", "image"):
                    return "link"
    return ""


@pytest.fixture(scope="module")
def chat(receiver):
    address, bodies, rules = receiver
    rules |= {"/services/T0/B0/x": slack_refusal, "/hooks/x": mattermost_refusal}
    return address, bodies


@pytest.mark.parametrize("words", [None, "", *HOSTILE], ids=range(len(HOSTILE) + 2))
@pytest.mark.parametrize("state", ["firing", "ok"])
def test_hostile_text_is_accepted_and_mentions_nobody(chat, words, state):
    address, bodies = chat
    message = Message(words, state)
    slack.CHANNEL.send(f"{address}/services/T0/B0/x", message)
    mattermost.CHANNEL.send(f"{address}/hooks/x", message)
    assert len(bodies[-2]["blocks"]) == 2
    assert message.state in bodies[-1]["attachments"][0]["text"]


def test_slack_shows_title_facts_and_the_rollback(chat):
    address, bodies = chat
    slack.CHANNEL.send(f"{address}/services/T0/B0/x", Message())
    heading, facts = (block["text"]["text"] for block in bodies[-1]["blocks"])
    assert bodies[-1]["text"] == heading == "firing: churn@3 in prod, psi(age) &gt; 0.2"
    assert "last good  churn@2\n" in facts
    assert "since      2023-11-14 22:13 UTC\n" in facts
    assert 'roll back  %model_rollback churn@prod -m "psi(age) &gt; 0.2"```' in facts


def test_mattermost_tells_firing_from_stopped(chat):
    address, bodies = chat
    for state in ("firing", "ok"):
        mattermost.CHANNEL.send(f"{address}/hooks/x", Message(state=state))
    first, second = bodies[-2:]
    assert "An alert is firing." in first["text"]
    assert "An alert has stopped firing." in second["text"]
    assert first["attachments"][0]["color"] != second["attachments"][0]["color"]
    assert "value      psi(age) = 0.98" in first["attachments"][0]["text"]


def test_the_reason_of_a_refusal_is_in_the_error(receiver):
    address, _, rules = receiver
    rules["/no"] = lambda body: "no_service"
    with pytest.raises(HTTPException, match="it answered 400 no_service"):
        slack.CHANNEL.send(f"{address}/no", Message())


def test_the_judges_refuse_what_would_mention_people():
    body = slack.body(Message().document())
    assert slack_refusal(body) == ""
    assert slack_refusal({**body, "text": "<!channel>"}) == "mention"
    body = mattermost.body(Message().document())
    assert mattermost_refusal(body) == ""
    assert mattermost_refusal({**body, "text": "churn@prod"}) == "mention"
