from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repo_sleeper.domain.notes import DraftEvidence, NoteKind
from repo_sleeper.errors import ModelReplyError
from repo_sleeper.think import replies

NOTE: dict[str, Any] = {
    "kind": "likely-bug",
    "title": "An empty cart divides by zero",
    "body": "`mean` divides by the number of items.",
    "confidence": 0.9,
    "evidence": [{"path": "shop/cart.py", "line": 12, "quote": "return total / len(items)"}],
}


def reply(*notes: Any, end: Any = "OK") -> str:
    return json.dumps({"notes": list(notes), "end": end})


def note(**changes: Any) -> dict[str, Any]:
    return {**NOTE, **changes}


def test_a_reply_as_it_was_asked_for_becomes_drafts() -> None:
    (draft,) = replies.parse(reply(NOTE))

    assert draft.kind is NoteKind.LIKELY_BUG
    assert draft.title == "An empty cart divides by zero"
    assert draft.confidence == 0.9
    assert draft.evidence == (DraftEvidence("shop/cart.py", 12, "return total / len(items)"),)


def test_no_note_is_a_good_answer() -> None:
    assert replies.parse('{"notes": [], "end": "OK"}') == []


def test_a_single_fence_is_tolerated() -> None:
    assert len(replies.parse(f"```json\n{reply(NOTE)}\n```\n")) == 1
    assert len(replies.parse(f"```\n{reply(NOTE)}\n```")) == 1


def test_members_nobody_asked_for_are_ignored() -> None:
    assert len(replies.parse(reply(note(severity="high")))) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param(" \n\t", "empty", id="white space"),
        pytest.param("x" * 300_000, "too long", id="a flood"),
        pytest.param("I found no bugs.", "not the JSON", id="prose"),
        pytest.param(f"Here you are: {reply(NOTE)}", "not the JSON", id="prose before"),
        pytest.param(f"{reply(NOTE)} Hope it helps!", "not JSON", id="prose after"),
        pytest.param(f"```json\n{reply(NOTE)}\n```\nBye", "not the JSON", id="prose after a fence"),
        pytest.param("[]", "not the JSON", id="a list"),
        pytest.param(reply(NOTE)[:-20], "not JSON", id="cut in the middle"),
        pytest.param(json.dumps({"notes": []}), "cut", id="no end marker"),
        pytest.param(reply(end="ok"), "cut", id="another end marker"),
        pytest.param('{"end": "OK"}', "lacks notes", id="no notes"),
        pytest.param('{"notes": {}, "end": "OK"}', "not a list", id="notes as an object"),
        pytest.param(reply("hello"), "not an object", id="a note as a string"),
        pytest.param(reply(*[NOTE] * 51), "list of at most", id="hundreds of notes"),
        pytest.param('{"notes": [], "notes": [], "end": "OK"}', "twice", id="a member twice"),
        pytest.param('{"notes": NaN, "end": "OK"}', "NaN", id="NaN"),
        pytest.param('{"notes": -Infinity, "end": "OK"}', "Infinity", id="infinity"),
        pytest.param('{"notes": ' + "[" * 100_000, "nested", id="a hundred thousand brackets"),
        pytest.param('{"a": ' + '{"a": ' * 9 + "1" + "}" * 10, "nested", id="nine objects deep"),
        pytest.param(f'{{"notes": {"9" * 5_000}, "end": "OK"}}', "not JSON", id="a huge number"),
        pytest.param(reply(note(kind="poem")), "no kind", id="an unknown kind"),
        pytest.param(reply(note(kind="hotspot")), "no kind", id="a kind that we count ourselves"),
        pytest.param(reply(note(kind=["x"])), "no kind", id="a kind that is a list"),
        pytest.param(reply(note(title=None)), "title is not a string", id="no title"),
        pytest.param(reply(note(body=7)), "body is not a string", id="a body that is a number"),
        pytest.param(reply(note(confidence="high")), "not a number", id="confidence in words"),
        pytest.param(reply(note(confidence=True)), "not a number", id="confidence as a boolean"),
        pytest.param(reply(note(confidence=85)), "between 0 and 1", id="confidence in per cent"),
        pytest.param(reply(note(confidence=-0.1)), "between 0 and 1", id="negative confidence"),
        pytest.param(reply(note(confidence=10**400)), "between 0", id="boundless confidence"),
        pytest.param(reply(note(evidence="line 3")), "not a list", id="evidence as a string"),
        pytest.param(reply(note(evidence=[3])), "not an object", id="evidence as a number"),
        pytest.param(
            reply(note(evidence=[{"path": "a", "line": 0, "quote": "x"}])), "line", id="line 0"
        ),
        pytest.param(
            reply(note(evidence=[{"path": "a", "line": "3", "quote": "x"}])), "line", id="line '3'"
        ),
        pytest.param(
            reply(note(evidence=[{"path": "a", "line": 3}])), "lacks quote", id="no quote"
        ),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(ModelReplyError, match=complaint):
        replies.parse(text)


def test_depth_is_counted_outside_strings() -> None:
    assert len(replies.parse(reply(note(body="[" * 500 + '\\"{')))) == 1


def test_what_json_spells_out_is_cleaned_and_redacted() -> None:
    hidden = "\x1b[31mred\u202e and ghp_" + "a1B2" * 9
    text = reply(note(title=hidden)).replace("red", "\\ud800")

    (draft,) = replies.parse(text)

    assert "\x1b" not in draft.title
    assert "\u202e" not in draft.title
    assert "ghp_" not in draft.title
    draft.title.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELD = JSON | st.sampled_from(list(NOTE.values()))
SHAPED = st.fixed_dictionaries(
    {
        "notes": st.lists(st.fixed_dictionaries(dict.fromkeys(NOTE, FIELD))) | JSON,
        "end": st.just("OK") | JSON,
    }
).map(json.dumps)


@settings(max_examples=400, deadline=None)
@given(st.text() | JSON.map(json.dumps) | SHAPED)
def test_only_one_error_ever_escapes(text: str) -> None:
    try:
        drafts = replies.parse(text)
    except ModelReplyError as error:
        str(error).encode()
    else:
        assert all(0 <= draft.confidence <= 1 for draft in drafts)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_reply_never_breaks_the_parser(data: st.DataObject) -> None:
    text = reply(NOTE, NOTE)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    damage = data.draw(st.text(max_size=20) | st.sampled_from(['"', "\\", "{", "]", "\ud800"]))

    try:
        replies.parse(text[:start] + damage + text[end:])
    except ModelReplyError as error:
        str(error).encode()
