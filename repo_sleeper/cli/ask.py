"""`sleeper ask`: the right code and notes for a question, and the model's answer from them."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli import asking


def ask(  # noqa: PLR0913 -- the options, each by name
    question: Annotated[
        list[str] | None,  # asked for by us: typer's own complaint knows nothing of `-`
        typer.Argument(
            metavar="QUESTION|-", help="What you want to know; `-` reads it from standard input."
        ),
    ] = None,
    *,
    context: Annotated[
        bool, typer.Option("--context", help="Print the context only; calls no model.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    files: Annotated[
        int | None, typer.Option("--files", min=1, max=1000, help="How many files to rank.")
    ] = None,
    tokens: Annotated[
        int | None, typer.Option("--tokens", min=1, max=200_000, help="Budget of the context.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Ask this model.")
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Ask no model.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask the model even where the answer is known or kept.")
    ] = False,
) -> None:
    """Answer a question from the index, the history and the notes."""
    code = asking.fulfil(
        asking.Wish(
            question=" ".join(question or ()),
            context=context,
            as_json=as_json,
            files=files,
            tokens=tokens,
            model=model,
            no_model=no_model,
            fresh=fresh,
        )
    )
    if code:
        raise typer.Exit(code)
