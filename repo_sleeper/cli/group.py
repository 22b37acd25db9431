"""A group of commands that means one of them when it is typed alone."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


def group(default: str, about: str) -> typer.Typer:
    """`sleeper notes --json` is `sleeper notes list --json`."""

    class WithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
                args = [default, *args]
            return super().parse_args(ctx, args)

    return typer.Typer(cls=WithDefault, help=about, rich_markup_mode=None)
