"""Options that several commands share."""

from __future__ import annotations

import math
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """The number of an option, refused where it is none: `nan` is below no limit and above none."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", min=0, callback=finite, metavar="USD", help="Spend at most this."),
]
