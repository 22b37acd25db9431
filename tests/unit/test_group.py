"""The list of commands is what typer would make of them, though it has not read them."""

from __future__ import annotations

import re

import pytest
import typer
from typer.testing import CliRunner

from repo_sleeper.cli import app


def help_of(program: typer.Typer) -> str:
    return CliRunner().invoke(program, ["--help"], prog_name="sleeper").output


def test_the_list_of_commands_is_the_one_that_typer_makes():
    eager = typer.Typer(
        name="sleeper",
        help=app.app.info.help,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    eager.callback(invoke_without_command=True)(app.sleeper)
    for name, offered in app._COMMANDS:
        if isinstance(offered, typer.Typer):
            eager.add_typer(offered, name=name)
        else:
            eager.command(name)(offered)

    assert help_of(app.app) == help_of(eager)
    assert all(f"  {name} " in help_of(app.app) for name, _ in app._COMMANDS)


def test_what_a_command_is_for_is_never_cut_off():
    groups = [name for name, offered in app._COMMANDS if isinstance(offered, typer.Typer)]

    for words in ([], *([name] for name in groups)):
        told = CliRunner().invoke(
            app.app, [*words, "--help"], prog_name="sleeper", env={"COLUMNS": "80"}
        )
        assert "..." not in told.output.partition("Commands:")[2]


def test_every_command_has_its_own_help_and_a_slip_is_recognised():
    for name, offered in app._COMMANDS:
        told = CliRunner().invoke(app.app, [name, "-h"], prog_name="sleeper")
        assert told.exit_code == 0
        assert f"Usage: sleeper {name}" in told.output
        assert ("COMMAND" in told.output) == isinstance(offered, typer.Typer)

    slip = CliRunner().invoke(app.app, ["statsu"], prog_name="sleeper")
    assert (slip.exit_code, "Did you mean 'status'?" in slip.output) == (2, True)


@pytest.mark.parametrize(
    ("name", "default"), [("notes", "list"), ("bugs", "list"), ("cost", "by"), ("daemon", "status")]
)
def test_a_group_says_which_of_its_commands_it_is_alone(name: str, default: str) -> None:
    told = CliRunner().invoke(app.app, [name, "-h"], prog_name="sleeper").output

    assert f"Without a command it means `{default}`." in told
    assert re.search(rf"^  {default} ", told, re.MULTILINE)
