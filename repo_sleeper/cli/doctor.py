"""`sleeper doctor`: checks everything that can be wrong around it, and says what to do."""

from __future__ import annotations

import typer

from repo_sleeper.cli.options import Json


def doctor(*, json: Json = False) -> None:
    """Check what can be wrong around it, and say what to do.

    Git, SQLite, grammars, the store, the disk, watching, the model, the hook and trust.
    """
    from repo_sleeper.cli import checks, output

    found = checks.all_checks()
    if json:
        output.print_json({"checks": [check._asdict() for check in found]})
    else:
        for check in found:
            output.out(f"  {checks.SIGNS[check.standing]} {check.what}: {check.told}")
            if check.hint:
                output.out(f"      {check.hint}")
    if any(check.standing == "bad" for check in found):
        raise typer.Exit(1)
