"""Prints: data on stdout, talk on stderr, nothing of a repository's text as markup or escapes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from repo_sleeper import redact
from repo_sleeper.words import counted, dollars

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = 1
_NARROWEST = 40
_READABLE = 24  # columns, for sentences
_GAP, _EDGES = 3, 2  # columns between those of a table, and at its sides
_CENT = 0.01


def out(text: str = "") -> None:
    """One line, or several, of data."""
    print(redact.clean(text))  # noqa: T201 -- this is the place that prints


def say(text: str = "") -> None:
    """Talk to the person, never to the program that reads us."""
    print(redact.clean(text), file=sys.stderr)  # noqa: T201 -- this is the place that prints


def whisper(text: str) -> None:
    """Talk that most do not need: dim, where a person looks."""
    if not is_terminal(sys.stderr):
        say(text)
        return
    from rich.text import Text

    console(sys.stderr).print(Text(redact.clean(text), style="dim"), soft_wrap=True)


def complain(message: str, hint: str = "") -> None:
    """What happened, and what to do about it."""
    say(f"error: {message}")
    if hint:
        say(f"hint:  {hint}")


def print_json(value: Mapping[str, Any]) -> None:
    """One object. Only ASCII: escapes and odd characters of a repository stay inside quotes."""
    text = json.dumps({"schema": SCHEMA, **value}, indent=2, default=str, ensure_ascii=True)
    print(text)  # noqa: T201 -- this is the place that prints


def is_terminal(stream: IO[str]) -> bool:
    """Whether a person looks at this stream on something that can draw."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}


def console(stream: IO[str] | None = None) -> Console:
    """A rich console that never reads markup or guesses highlights in what it is given."""
    from rich.console import Console  # 60 ms: only where something is drawn

    console = Console(file=stream or sys.stdout, markup=False, highlight=False, emoji=False)
    console.width = max(console.width, _NARROWEST)
    return console


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, wide: int = -1) -> None:
    """Rows for a person on a terminal, or tab-separated lines for a pipe.

    `wide` is the column that may be folded; the others are printed whole. Where they leave it
    next to no room, it has lines of its own below them.
    """
    if is_terminal(sys.stdout):
        wide %= len(headers)
        cells = [[redact.clean(one_line(cell)) for cell in row] for row in rows]
        if room_for(wide, [headers, *cells], console().width) < _READABLE:
            _stacked(headers, cells, wide)
        else:
            _drawn(headers, cells, wide)
        return
    out("\t".join(headers))
    for row in rows:
        out("\t".join(one_line(cell) for cell in row))


def room_for(wide: int, rows: Sequence[Sequence[str]], width: int) -> int:
    """The columns of a terminal that are left for one column when the others are whole."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    gaps = _GAP * (len(widths) - 1) + _EDGES
    left = width - gaps - sum(widths) + widths[wide]
    return max(left, _READABLE) if left >= widths[wide] else left


def _stacked(headers: Sequence[str], rows: Sequence[Sequence[str]], wide: int) -> None:
    from rich.padding import Padding
    from rich.text import Text

    screen = console()
    for position, row in enumerate([headers, *rows]):
        others = [cell for number, cell in enumerate(row) if number != wide and cell]
        screen.print(Text("  ".join(others), overflow="fold", style="bold" if position else "dim"))
        screen.print(Padding(Text(row[wide], overflow="fold"), (0, 0, 0, 2), expand=False))


def _drawn(headers: Sequence[str], rows: Sequence[Sequence[str]], wide: int) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, header in enumerate(headers):
        drawn.add_column(header, overflow="fold", no_wrap=number != wide)
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console().print(drawn)


def panel(title: str, lines: Sequence[tuple[str, str]]) -> None:
    """Labelled lines in a frame on a terminal, plain ones in a pipe."""
    if not is_terminal(sys.stdout):
        for label, text in lines:
            out(f"{label:>7}  {text}")
        return
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in lines:
        grid.add_row(label, Text(redact.clean(text)))
    console().print(Panel(grid, title=title, title_align="left"))


def one_line(text: str) -> str:
    """Text that stays on its line, whatever a file is called."""
    return " ".join(text.split("\n")).replace("\t", " ")


# --- words for figures ------------------------------------------------------------------------


def bar(share: float, width: int = 22) -> str:
    """A share of one as a bar."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return "█" * full + "░" * (width - full)


def ago(seconds: float) -> str:
    """A time span as a person says it."""
    seconds = max(seconds, 0.0)
    for size, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def usd(amount: float | None) -> str:
    """Money, with enough digits to tell small sums from nothing; None is what nobody knows."""
    if amount is None:
        return "$?"
    if not 0 < amount < _CENT:
        return f"${amount:.2f}"
    return f"${amount:.4f}" if amount >= _CENT / 100 else f"${dollars(amount)}"


def count(number: int, noun: str) -> str:
    """`1 note`, `2 notes`."""
    return counted(number, noun)
