"""Groups of commands: one that means one of them typed alone, and one that builds them late."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import cleandoc
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

Offered = Callable[..., None] | typer.Typer


def group(default: str, about: str) -> typer.Typer:
    """`sleeper notes --json` is `sleeper notes list --json`."""

    class WithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
                args = [default, *args]
            return super().parse_args(ctx, args)

    alone = f"Without a command it means `{default}`."
    return typer.Typer(cls=WithDefault, help=f"{about}\n\n{alone}", rich_markup_mode=None)


def late(offered: Iterable[tuple[str, Offered]]) -> type[TyperGroup]:
    """Builds only the command that is run: typer needs 40 ms to read the options of them all.

    A list of the commands names each and says its first sentence; options are in their own help.
    """
    table = dict(offered)

    class Late(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = {name: _named(name, one) for name, one in table.items()}
            self._is_listing = False

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if self._is_listing or cmd_name not in table:
                return super().get_command(ctx, cmd_name)
            return _built(cmd_name, table[cmd_name])

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            self._is_listing = True
            super().format_commands(ctx, formatter)
            self._is_listing = False

    return Late


def _named(name: str, offered: Offered) -> TyperCommand:
    about = offered.info.help if isinstance(offered, typer.Typer) else offered.__doc__
    return TyperCommand(name=name, help=cleandoc(str(about)), rich_markup_mode=None)


def _built(name: str, offered: Offered) -> Any:
    inner = typer.Typer(add_completion=False, rich_markup_mode=None)
    if isinstance(offered, typer.Typer):
        inner.add_typer(offered, name=name)
        return typer.main.get_group(inner).commands[name]
    inner.command(name)(offered)
    return typer.main.get_command(inner)
