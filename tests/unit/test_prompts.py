from __future__ import annotations

import json

import pytest

from repo_sleeper.domain.model import Prompt
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.errors import UsageError
from repo_sleeper.think import prompts, replies


@pytest.mark.parametrize("kind", prompts.KINDS)
def test_every_kind_has_a_versioned_template_that_names_it(kind: NoteKind) -> None:
    template = prompts.task(kind)

    assert template.version.isdigit()
    assert not template.text.startswith("version")
    assert f'"{kind}"' in template.text
    assert prompts.version(kind).startswith(f"{prompts.system().version}.{template.version}")


def test_versions_are_told_for_all_kinds_at_once() -> None:
    assert prompts.versions(prompts.KINDS).keys() == set(prompts.KINDS)


def test_the_version_of_architecture_notes_covers_those_on_folders() -> None:
    assert prompts.version(NoteKind.ARCHITECTURE).endswith(f".{prompts.folder_task().version}")
    assert f'"{NoteKind.ARCHITECTURE}"' in prompts.folder_task().text


def test_a_kind_without_a_template_is_refused() -> None:
    with pytest.raises(UsageError, match="no thoughts of the kind hotspot"):
        prompts.task(NoteKind.HOTSPOT)


def test_the_empty_reply_that_the_instructions_give_is_one_we_accept() -> None:
    text = prompts.system().text
    example = text[text.index('{"notes": [], ') :]

    assert replies.parse(example) == []


def test_the_example_reply_has_the_shape_that_we_parse() -> None:
    text = prompts.system().text
    start = text.index('{"notes": [{')
    example = json.loads(text[start : text.index("\n", start)])
    example["notes"][0]["kind"] = "architecture"

    assert len(replies.parse(json.dumps(example))) == 1


@pytest.mark.parametrize(
    ("system", "user", "rather", "most"),
    [("", "", 16, 512), ("abc", "def", 18, 518), ("abc", "d", 18, 516), ("", "é", 17, 514)],
)
def test_a_token_is_rather_three_bytes_and_never_less_than_one(
    system: str, user: str, rather: int, most: int
) -> None:
    prompt = Prompt(system, user, 100)

    assert (prompt.estimated_tokens, prompt.most_tokens) == (rather, most)
