from __future__ import annotations

import io
import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from unittest.mock import Mock

import pytest

from repo_sleeper import git
from repo_sleeper.cli import (
    ahead,
    app,
    checks,
    crash,
    entry,
    map_view,
    thinking,
    wizard,
)
from repo_sleeper.config import Settings
from repo_sleeper.daemon import locks, process, rounds
from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Origin
from repo_sleeper.errors import ConfigError, ModelAuthError, ModelServerError, NotFoundError
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.integrations import git_hook
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import thinker
from repo_sleeper.think.asking import Asking
from repo_sleeper.think.thinker import Outcome
from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeModel
from tests.terminal import SHOP


class Done(NamedTuple):
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Types = Callable[..., Done]


@pytest.fixture
def types(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Types:
    """Type a command in a small repository; `given` is typed after it, at a terminal."""
    repo.write("Makefile", "all:\n\techo done\n")
    repo.commit("Add up baskets", shop_py=SHOP, pay__bill_py="def pay(): ...\n")
    repo.write("logo.png", b"\x89PNG\0")
    monkeypatch.chdir(repo.root)

    def types(*args: str, given: str | None = None) -> Done:
        monkeypatch.setattr(sys, "argv", ["sleeper", *args])
        monkeypatch.setattr(sys, "stdin", _Keyboard(given or "", terminal=given is not None))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            entry.main()
        out, err = capsys.readouterr()
        return Done(int(left.value.code or 0), out, err)

    return types


def _kind_asked_for(_system: str, user: str) -> str:
    return user.split('has the kind "')[1].split('"', maxsplit=1)[0]


class _Keyboard(io.StringIO):
    def __init__(self, text: str, *, terminal: bool) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def ready(types: Types) -> Types:
    """The same, after `sleeper init`."""
    assert types("init", "--yes", "--no-daemon").code == 0
    return types


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeModel]:
    """Set a model up that answers these replies, then from the prompt."""
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "fake/model")
    monkeypatch.setenv("SLEEPER_MODEL_SENT_PRICE", "1")
    monkeypatch.setenv("SLEEPER_MODEL_RECEIVED_PRICE", "1")
    # The instructions name other kinds as plain words; the task names the one that is asked for.
    monkeypatch.setattr(fakes, "_kind", _kind_asked_for)

    def model(*replies: str | Exception) -> FakeModel:
        fake = FakeModel(*replies)
        monkeypatch.setattr(thinking, "configured_model", lambda _: fake)
        return fake

    return model


def test_a_question_after_an_edit_finds_its_parser_started(
    ready: Types, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[ParserPool] = []

    def start() -> None:
        start_parser()
        started.extend(ahead._started)

    start_parser = ahead._start_parser
    monkeypatch.setattr(ahead, "_start_parser", start)

    assert "shop.py" in ready("ask", "--context", "basket").out
    assert started == []
    repo.write("shop.py", SHOP + "def rounded(): ...\n")
    assert "def rounded()" in ready("ask", "--context", "rounded").out
    assert "def rounded()" in ready("ask", "--context", "rounded").out
    assert ready("ask", " ").code == 2

    assert len(started) == 1
    assert started[0].pids == []
    assert ahead.parsers() is None


# --- the command itself -----------------------------------------------------------------------


def test_it_tells_its_version_and_its_commands(types: Types) -> None:
    assert types("--version").out == "sleeper 0.1.0\n"
    for word in ("init", "daemon", "status", "ask", "notes", "bugs", "map", "think", "cost"):
        assert word in types("--help").out


def test_alone_it_helps_or_tells_how_things_are(types: Types) -> None:
    assert "Usage: sleeper" in types().out
    types("init", "--yes", "--no-daemon")
    assert "daemon  not running" in types().out


def test_a_wrong_command_is_met_with_the_right_one(types: Types) -> None:
    done = types("statsu")
    assert (done.code, "Did you mean 'status'" in done.err) == (2, True)


def test_it_can_work_elsewhere(types: Types, tmp_path: Path) -> None:
    assert "not inside a git repository" in types("-C", str(tmp_path), "status").err
    absent = types("-C", str(tmp_path / "absent"), "status")
    assert (absent.code, "No such file" in absent.err) == (3, True)


def test_a_folder_that_was_deleted_is_no_place_to_work_in(
    types: Types, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert "does not exist any more" in types("status").err


def _broken(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_mistake_of_ours_is_one_line_and_a_file(
    ready: Types, monkeypatch: pytest.MonkeyPatch, private_home: Path
) -> None:
    monkeypatch.setattr("repo_sleeper.cli.place.reading", _broken(KeyError("of all things")))

    done = ready("status")

    assert done.code == 1
    assert "error: KeyError: 'of all things'" in done.err
    story = (private_home / "state" / "sleeper" / "crash.log").read_text()
    assert "Traceback" in story

    monkeypatch.setattr("repo_sleeper.config.user_state_dir", _broken(OSError()))
    assert "SLEEPER_DEBUG=1" in crash.write_down(KeyError())


def test_who_debugs_gets_the_whole_story(ready: Types, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repo_sleeper.cli.place.reading", _broken(KeyError("of all things")))
    monkeypatch.setenv("SLEEPER_DEBUG", "1")

    with pytest.raises(KeyError):
        ready("status")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_was_closed_is_no_mistake_of_ours(ready: Types, closed: str) -> None:
    ready("status")
    program = "from repo_sleeper.cli.entry import main; main()"

    done = subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" status --line {closed}', sys.executable, program],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


CONTROL_C_AT = """
import os, signal, sys
from importlib import metadata

class Typed:
    imported = sys.argv[1]

    def find_spec(self, name, *_):
        if name == self.imported:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Typed())
(command,) = metadata.entry_points(group="console_scripts", name="sleeper")
run = command.load()
sys.argv[:] = ["sleeper", "--version"]
run()
"""


def _type_control_c(imported: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Ask the installed command for its version, and type Ctrl-C when it comes to an import."""
    script = f'{before} exec "$0" -c "$1" "$2"'
    return subprocess.run(
        ["sh", "-c", script, sys.executable, CONTROL_C_AT, imported],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "imported", ["repo_sleeper.cli.entry", "repo_sleeper.errors", "repo_sleeper.cli.app", "typer"]
)
def test_control_c_while_it_is_still_imported_is_no_story(imported: str) -> None:
    done = _type_control_c(imported)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_control_c_that_a_shell_has_ignored_stays_ignored() -> None:
    done = _type_control_c("repo_sleeper.errors", before="trap '' INT;")

    assert (done.returncode, done.stdout) == (0, "sleeper 0.1.0\n")


def test_control_c_is_130(ready: Types, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repo_sleeper.cli.place.reading", _broken(KeyboardInterrupt()))

    done = ready("status")

    assert (done.code, done.err) == (130, "")


def test_control_c_before_any_command_is_130(types: Types, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "app", _broken(KeyboardInterrupt()))

    assert types("status").code == 130


# --- looking ----------------------------------------------------------------------------------


def test_status_in_every_form(ready: Types) -> None:
    told = ready("status").out
    assert re.search(r" · last change read \d+ s ago", told), "no daemon keeps it up"
    for word in ("main @", "4 files", "python 2", "no", "structure only", "installed in"):
        assert word in told
    assert ready("status", "--line").out.startswith("sleeper off · ")
    assert json.loads(ready("status", "--json").out)["index"]["files"] == 4
    assert "binary\tlogo.png" in ready("status", "--skipped").out
    assert json.loads(ready("status", "--skipped", "--json").out)["skipped"]["logo.png"] == "binary"


def test_notes_are_listed_chosen_and_searched(ready: Types) -> None:
    listed = json.loads(ready("notes", "list", "--json").out)["notes"]
    assert listed
    first = listed[0]

    assert first["id"] in ready("notes").out
    assert "there are more" in ready("notes", "-n", "1").err
    assert first["title"] in ready("notes", "show", first["id"]).out
    assert json.loads(ready("notes", "show", first["id"], "--json").out)["notes"] == [first]
    assert ready("notes", "list", "--kind", first["kind"], "--origin", "survey").code == 0
    assert ready("notes", "list", ".", "--all").code == 0
    assert ready("notes", "list", "pay").code in {0, 3}
    word = max(first["title"].split(), key=len)
    assert ready("notes", "search", word).code in {0, 3}


def test_questions_that_the_index_answers_are_listed_where_they_are_named(
    types: Types, repo: GitRepo
) -> None:
    repo.commit(
        "Charge", charge_py="def charge_card(): ...\n\ndef purchase():\n    charge_card()\n"
    )
    repo.commit(
        "Refund", refund_py="from charge import purchase\n\ndef refund():\n    purchase()\n"
    )
    types("init", "--yes", "--no-daemon")

    asked = json.loads(types("notes", "list", "-k", "question", "-n", "999", "--json").out)["notes"]
    listed = types("notes", "list", "--json")
    hidden = f"{len(asked)} questions that the index answers not listed; `-k question` lists them"

    assert len(asked) > 1
    assert {note["kind"] for note in asked} == {"question"}
    assert "question" not in {note["kind"] for note in json.loads(listed.out)["notes"]}
    assert listed.err.splitlines() == [hidden]
    assert types("notes", "list").err.splitlines() == [hidden]
    assert "questions" not in types("notes", "list", "-k", "question").err
    assert "questions" not in types("notes", "list", "-k", "entry-point").err
    assert "questions" not in types("notes", "list", "--origin", "model").err


def test_notes_are_of_the_code_as_it_is_with_no_daemon_to_say_so(
    ready: Types, repo: GitRepo
) -> None:
    listed = json.loads(ready("notes", "list", "--json").out)["notes"]
    (about,) = (note for note in listed if note["evidence"][0]["path"] == "Makefile")
    (repo.root / "Makefile").unlink()
    repo.write("pay/owed.py", "def owed(): ...\n")

    assert about["id"] not in ready("notes", "list").out
    assert about["id"] not in ready("notes", "search", "make").out
    assert ready("notes", "show", about["id"]).code == 3
    assert "owed.py" in ready("map", "pay").out
    assert "pay/owed.py" in ready("bugs", "--suspects").out


def test_a_question_to_expect_quotes_the_line_it_names(ready: Types, repo: GitRepo) -> None:
    twice = "def deliver(order):\n    return order\n\n\ndef deliver(a):\n    return a\n"
    repo.write("pay/ship.py", twice)
    repo.write("pay/sell.py", "from pay.ship import deliver\n\n\nprint(deliver(1))\n")

    questions = ready("notes", "list", "-k", "question", "-n", "500", "--json").out
    listed = json.loads(questions)["notes"]
    (note,) = (one for one in listed if one["title"] == "Who calls or uses `deliver`?")

    said = note["evidence"][0]
    assert said["quote"] in twice.splitlines()[said["start_line"] - 1]


def test_a_note_that_was_dismissed_can_be_taken_back(ready: Types) -> None:
    first = json.loads(ready("notes", "list", "--json").out)["notes"][0]
    assert ready("notes", "restore").code == 3
    assert ready("notes", "dismiss", first["id"]).code == 0
    again = ready("notes", "dismiss", first["id"])
    assert (again.code, "was dismissed already\nhint:  `sleeper notes restore" in again.err) == (
        3,
        True,
    )
    assert first["id"] in ready("notes", "restore").out
    assert first["id"] not in ready("notes").out

    done = ready("notes", "restore", first["id"][:6])

    assert (done.code, done.err) == (0, f"restored {first['id']}: {first['title']}\n")
    assert first["id"] in ready("notes").out
    assert "no dismissed note begins with" in ready("notes", "restore", first["id"]).err


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["notes", "list", "--kind", "hotspott"], 2, "did you mean hotspot?"),
        (["notes", "list", "--kind", "zzz"], 2, "kinds are"),
        (["notes", "list", "--origin", "gossip"], 2, "it is survey or model"),
        (["notes", "list", "/etc"], 2, "outside"),
        (["notes", "list", "--origin", "model"], 3, "no fresh notes\nhint:  `sleeper notes --all`"),
        (["notes", "list", "pay/nothing.py"], 3, "no fresh notes about pay/nothing.py"),
        (["notes", "list", "--all", "nothing.py"], 3, "`sleeper notes` lists those there are"),
        (["notes", "search", "qqqq"], 3, "no fresh note has any of: qqqq"),
        (["notes", "search", "--all", "qqqq"], 3, "no note has any of: qqqq"),
        (["notes", "search", "?!"], 2, "there is nothing to search for"),
        (["bugs", "show", "ffff"], 3, "no likely bug begins with"),
        (["bugs", "show", ""], 2, '"" is too short for an id: 4 characters at least'),
        (["bugs", "dismiss", "fff"], 2, '"fff" is too short for an id'),
        (["notes", "dismiss", "fff"], 2, '"fff" is too short for an id'),
        (["notes", "restore", "fff"], 2, "hint:  `sleeper notes restore` lists them all"),
        (["notes", "show", ""], 2, "there is no id and no path"),
        (["notes", "dismiss", ""], 2, '"" is too short for an id'),
        (
            ["think", "--plan", "-k", "nonsense"],
            2,
            "hint:  kinds are architecture, likely-bug",
        ),
        (["think", "--plan", "-k", "hotspot"], 2, "hotspot: no kind of note that a model writes"),
        (["notes", "show", "ffffffff"], 3, "no note ffffffff"),
        (["notes", "dismiss", "ffffffff"], 3, "no note ffffffff"),
        (["bugs"], 3, "no likely bugs are known\nhint:  "),
        (["map", "sho"], 3, "nothing is indexed below sho"),
        (["cost", "show", "7"], 3, "no call 7"),
        (["map", "nowhere"], 3, "nothing is indexed below nowhere"),
        (["think", "--plan", "gone.c"], 2, "there is no file or folder gone.c"),
        (["think", "--dry-run", "shop.py", "gone/"], 2, "there is no file or folder gone/"),
        (["think", "--plan", "logo.png"], 2, "logo.png is not indexed (binary), so"),
        (["think", "--plan", "empty"], 2, "empty is not indexed, so"),
        (["daemon", "logs"], 3, "there is no log yet"),
        (["daemon"], 3, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_found_is_said(
    ready: Types, repo: GitRepo, command: list[str], code: int, words: str
) -> None:
    (repo.root / "empty").mkdir()

    done = ready(*command)

    assert done.code == code
    assert words in done.err


def test_the_map_keeps_a_name_on_its_line(ready: Types, repo: GitRepo) -> None:
    repo.commit("odd", **{"odd\nname_py": "x = 1\n"})
    ready("init", "--yes", "--no-daemon")

    assert "─ odd name.py" in ready("map").out
    assert ready("map", "odd\nname.py").out.splitlines()[0].startswith("odd name.py")


def test_the_map_shows_folders_hot_spots_and_depth(ready: Types) -> None:
    drawn = ready("map").out
    assert "├── " in drawn
    assert "pay/ 1 file" in drawn
    assert "bill.py" not in ready("map", "--depth", "1").out
    assert "bill.py" in ready("map", "pay").out
    hot = json.loads(ready("map", "--hot", "--json").out)["hot"]
    assert {spot["path"] for spot in hot} == {"Makefile", "pay/bill.py", "shop.py"}
    assert "heat\tnotes\tfirst\tlast\tfile" in ready("map", "--hot").out
    assert json.loads(ready("map", "--json").out)["map"]["files"] == 4
    assert ready("map", "--hot", ".sleeper.toml").code == 3
    assert ready("map", "shop.py").out.splitlines()[1:] == []
    assert ready("map", "shop.py").out.startswith("shop.py")
    assert "shop.py" in ready("map", "--hot", "shop.py").out


def test_status_says_in_one_line_that_git_cannot_read_the_head(ready: Types, repo: GitRepo) -> None:
    (repo.root / ".git" / "HEAD").write_text("")

    told = ready("status").out.splitlines()
    found = json.loads(ready("status", "--json").out)

    assert told[0].split() == [
        "repo",
        str(repo.root),
        *["(git", "cannot", "say", "what", "is", "checked", "out)"],
    ]
    assert sum("fatal" in line for line in told) == 1, "the trouble has git's own words"
    assert (found["branch"], found["commit"]) == ("", "")
    assert len(found["troubles"]) == 1


def test_the_map_has_the_files_that_status_counts(types: Types, repo: GitRepo) -> None:
    repo.write("made.py", "# Code generated by protoc. DO NOT EDIT.\nx = 1\n")
    types("init", "--yes", "--no-daemon")
    assert "made.py" in types("status", "--skipped").out

    drawn = json.loads(types("map", "--json").out)["map"]

    assert drawn["files"] == json.loads(types("status", "--json").out)["index"]["files"]
    assert "made.py" not in {spot["path"] for spot in drawn["inside"]}


def test_the_map_tells_when_a_file_or_what_is_in_a_folder_changed(
    types: Types, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, path in (("2019-05-02", "old.py"), ("2021-07-08", "b.py"), ("2024-03-01", "old.py")):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00Z")
        repo.write(f"parts/{path}", f"# {day}\n")
        repo.commit(day)
    types("init", "--yes", "--no-daemon")

    assert types("map", "parts").out.splitlines()[0] == (
        "parts/ 2 files (last changed 2024-03-01, first 2019-05-02)"
    )
    assert types("map", "parts/b.py").out == "parts/b.py (last changed 2021-07-08)\n"
    hot = types("map", "--hot", "parts").out.splitlines()[1:]
    assert [row.split("\t")[2:] for row in hot] == [
        ["2019-05-02", "2024-03-01", "parts/old.py"],
        ["2021-07-08", "2021-07-08", "parts/b.py"],
    ]
    (one,) = json.loads(types("map", "--hot", "--json", "parts/old.py").out)["hot"]
    assert (one["first_changed"], one["last_changed"]) == ("2019-05-02", "2024-03-01")


def test_a_note_about_two_files_is_one_note_of_their_folder() -> None:
    evidence = (Evidence("shop/a.py", Range(0, 1), ""), Evidence("shop/b.py", Range(0, 1), ""))
    note = Note("n1", NoteKind.CYCLE, "a and b", "", 1.0, Origin.SURVEY, evidence)

    root = map_view.drawn(["shop/a.py", "shop/b.py"], map_view.Past({}, {}), [note], below="")

    assert (root.notes, root.inside["shop/"].notes) == (1, 1)
    assert [spot.notes for spot in root.leaves()] == [1, 1]


def test_a_name_with_a_line_break_takes_one_line_of_the_map(ready: Types, repo: GitRepo) -> None:
    repo.write("odd\nname.py", "x = 1\n")
    ready("ask", "--context", "bill")

    assert "── odd name.py" in ready("map").out


def test_a_wide_folder_is_not_a_wall_of_names(ready: Types, repo: GitRepo) -> None:
    for number in range(20):
        repo.write(f"many/part{number}.py", f"x = {number}\n")
    ready("think", "--dry-run")

    assert "└── … 8 files more" in ready("map", "many").out


def test_the_cost_of_nothing_is_nothing(ready: Types) -> None:
    assert "today       $0.00 of $0.50" in ready("cost").out
    assert ready("cost", "calls").code == 0


# --- doctor -----------------------------------------------------------------------------------


def test_the_doctor_finds_a_healthy_patient(ready: Types) -> None:
    told = ready("doctor")
    assert told.code == 0, told.out
    for word in ("SQLite", "git", "languages", "litellm", "sound", "watches", "hook", "trust"):
        assert word in told.out
    names = [check["what"] for check in json.loads(ready("doctor", "--json").out)["checks"]]
    assert names[:4] == ["machine", "git", "grammars", "litellm"]


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    ready: Types, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = repo.root / ".git" / "sleeper"
    (state / "store-id").chmod(0o644)
    git_hook.remove(git.discover(repo.root))
    (repo.root / ".sleeper.toml").write_text("[ask]\ntokens = 100\n")
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "openai/gpt-5-mini")
    monkeypatch.setattr(checks, "_OLDEST_GIT", (99, 0, 0))
    monkeypatch.setattr(checks, "find_spec", lambda _: None)
    monkeypatch.setattr(checks, "_folders", lambda _, most: most)

    told = ready("doctor")

    assert told.code == 1
    for words in ("99.0.0", "not installed: tree_sitter_bash", "others may read store-id"):
        assert words in told.out
    for words in ("not installed", "`sleeper trust`", "fs.inotify"):
        assert words in told.out


@pytest.mark.parametrize(
    ("free", "code", "told"), [(0, 1, "✗ disk: full"), (9_000_000, 0, "! disk: 9.0 MB free")]
)
def test_the_doctor_says_that_there_is_little_space(
    ready: Types, monkeypatch: pytest.MonkeyPatch, free: int, code: int, told: str
) -> None:
    monkeypatch.setattr("repo_sleeper.daemon.machine.free_bytes", lambda _: free)

    done = ready("doctor")

    assert (done.code, told in done.out) == (code, True)


def test_a_question_where_nothing_is_set_up_hears_of_init_alone(
    types: Types, model: Callable[..., FakeModel]
) -> None:
    model()

    asked = types("ask", "where is total?")

    assert (asked.code, "trust" in asked.err) == (3, False)
    assert "is not set up" in asked.err


def test_the_doctor_names_no_settings_that_are_not_there(ready: Types, repo: GitRepo) -> None:
    (repo.root / ".sleeper.toml").unlink()

    assert "! trust: there is no .sleeper.toml" in ready("doctor").out


@pytest.mark.parametrize(
    ("tree", "standing"),
    [
        ({}, "good"),
        ({"degraded": "100 of 301 folders watched"}, "note"),
        ({"failure": "no space"}, "bad"),
        ({"doubt": "git's index is damaged"}, "bad"),
    ],
)
def test_a_daemon_that_has_to_look_for_changes_is_no_illness(
    ready: Types, monkeypatch: pytest.MonkeyPatch, tree: dict[str, str], standing: str
) -> None:
    trees = [{"root": "/here", "degraded": "", "failure": "", "doubt": "", **tree}]
    details = {"thinking": False, "asleep": True, "why": "", "uptime_s": 9, "memory_mb": 9}
    found = process.DaemonState(running=True, details={**details, "cpu_s": 0, "trees": trees})
    monkeypatch.setattr(process, "state", lambda _: found)

    told = ready("doctor", "--json")

    (check,) = [one for one in json.loads(told.out)["checks"] if one["what"] == "daemon"]
    assert check["standing"] == standing
    assert all(word in check["told"] for word in tree.values())
    assert told.code == (1 if standing == "bad" else 0)


def test_a_model_without_its_key_is_found_by_the_doctor(
    ready: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "openai/gpt-5-mini")
    assert "openai/gpt-5-mini has no key" in ready("doctor").out
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    assert "✓ model: openai/gpt-5-mini" in ready("doctor").out


def test_a_language_that_does_not_exist_is_told(
    ready: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "✓ languages: all of them" in ready("doctor").out
    monkeypatch.setenv("SLEEPER_INDEX_LANGUAGES", "klingon,notebook")

    assert "no such language: klingon" in ready("status").out
    told = ready("doctor")
    assert (told.code, "✗ languages: not known: klingon" in told.out) == (1, True)
    assert "python, javascript" in told.out


def test_a_model_that_waits_for_a_person_is_no_healthy_one(
    ready: Types, model: Callable[..., FakeModel]
) -> None:
    model(ModelAuthError("the provider refuses the key", hint="check the key"))
    ready("think")

    told = ready("doctor")

    assert told.code == 1
    assert "✗ model: fake/model, paused: the provider refuses the key" in told.out
    assert "`sleeper think` tries again" in told.out
    assert "next: none: it is paused until you act (auth)" in ready("status").out
    told = ready("init", "--yes", "--no-daemon")
    assert "It does not think with fake/model: the provider refuses the key" in told.err
    assert "`sleeper think` tries again" in told.err


def test_a_damaged_list_of_files_has_its_own_line(ready: Types, repo: GitRepo) -> None:
    assert "✓ files: git lists" in ready("doctor").out
    file = repo.root / ".git" / "index"
    file.write_bytes(file.read_bytes()[:20] if file.exists() else b"no index")

    told = ready("doctor")
    assert "✗ files: git" in told.out
    assert "cannot be told which files are ignored" in ready("status").out
    (trouble,) = json.loads(ready("status", "--json").out)["troubles"]
    assert trouble.startswith("git")


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        pytest.param(0, 4096, id="no database at all"),
        pytest.param(12_288, 16_384, id="a page that other checks read"),
        pytest.param(12_288, 61_440, id="many pages"),
    ],
)
def test_the_doctor_says_what_helps_a_damaged_store(
    ready: Types, repo: GitRepo, monkeypatch: pytest.MonkeyPatch, begin: int, end: int
) -> None:
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "ollama/any")
    file = repo.root / ".git" / "sleeper" / "sleeper.db"
    content = bytearray(file.read_bytes())
    content[begin:end] = b"\xa5" * (end - begin)
    file.write_bytes(content)

    told = ready("doctor")

    assert told.code == 1
    assert "✗ store" in told.out
    assert "      `sleeper init --rebuild` puts it aside and starts a new one\n" in told.out
    assert "`sleeper doctor`" not in told.out
    assert "! limits: not known" in told.out
    assert "✓ model: ollama/any" in told.out


def test_the_doctor_works_outside_a_repository(ready: Types, tmp_path: Path) -> None:
    assert "not inside a git repository" in ready("-C", str(tmp_path), "doctor").out


def test_a_stolen_release_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "1.82.8")
    assert "steals credentials" in checks.litellm([]).told

    monkeypatch.setattr(metadata, "version", lambda _: "1.90.0")
    assert checks.litellm([tmp_path]).standing == "good"
    (tmp_path / "litellm_init.pth").write_text("")
    assert "litellm_init.pth steals credentials" in checks.litellm([tmp_path]).told

    missing = metadata.PackageNotFoundError("litellm")
    monkeypatch.setattr(metadata, "version", _broken(missing))
    assert checks.litellm([]).standing == "note"


# --- thinking ---------------------------------------------------------------------------------


def test_a_rehearsal_shows_everything_and_sends_nothing(ready: Types) -> None:
    shown = ready("think", "--dry-run", "--limit", "1")
    assert "=== architecture: shop.py" in shown.out
    assert "TAX = 0.2" in shown.out
    assert "1 call, price unknown, no model is set" in shown.err
    call = json.loads(ready("think", "--dry-run", "--json", "shop.py").out)["calls"][0]
    assert "TAX = 0.2" in call["user"]
    assert call["usd_at_most"] is None


def test_a_rehearsal_says_why_no_model_is_asked(
    ready: Types, model: Callable[..., FakeModel], repo: GitRepo
) -> None:
    model()
    (repo.root / ".sleeper.toml").write_text("[ask]\ntokens = 100\n")
    told = ready("think", "--dry-run", "--limit", "1").err
    assert "no model is set" not in told
    assert ".sleeper.toml changed since it was trusted; look at .sleeper.toml, then" in told
    assert ready("trust").code == 0
    assert "1 call, about $" in ready("think", "--dry-run", "--limit", "1").err


def test_a_rehearsal_counts_what_would_be_sent_and_says_what_keeps_it(
    ready: Types, model: Callable[..., FakeModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model()
    told = ready("think", "--dry-run", "--limit", "3", "--max-cost", "0.02").err
    assert "3 calls, about $" in told
    assert re.search(r"--max-cost \$0.02 is sure to be enough for [12] of 3", told)
    monkeypatch.setenv("SLEEPER_BUDGET_CALLS_PER_DAY", "0")
    assert "none of it now: the budget of 0 calls per day" in ready("think", "--dry-run").err
    monkeypatch.setenv("SLEEPER_THINK_INPUT_TOKENS", "1000")
    assert "0 calls, about $0.00" in ready("think", "--dry-run").err
    for name in ("THINK_INPUT_TOKENS", "MODEL_SENT_PRICE"):
        monkeypatch.delenv(f"SLEEPER_{name}")
    told = ready("think", "--dry-run", "--max-cost", "1").err
    assert "--max-cost cannot bind: nobody knows the price" in told


def test_nothing_is_thought_about_while_git_cannot_say_what_is_ignored(
    ready: Types, model: Callable[..., FakeModel], repo: GitRepo
) -> None:
    fake = model()
    (repo.root / ".git" / "index").write_bytes(b"no index")

    told = ready("think", "shop.py")

    assert "git cannot say which files are ignored" in told.err
    assert fake.prompts == []


def test_nothing_is_sent_beside_a_git_that_shuts_nothing_out(
    ready: Types, model: Callable[..., FakeModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = model()
    monkeypatch.setattr(git, "self_test", lambda: "git 2.20.1 is too old")

    for words in (("think", "shop.py"), ("ask", "where is the tax?")):
        told = ready(*words)
        assert "git 2.20.1 is too old" in told.err
        assert "nothing is sent" in told.err
    assert fake.prompts == []


@pytest.fixture
def older(ready: Types, repo: GitRepo) -> Types:
    """A store as the sleeper before the last change of the schema left it."""
    with closing(sqlite3.connect(repo.root / ".git/sleeper/sleeper.db")) as db:
        db.execute("alter table calls drop column usage")
        db.execute("alter table calls drop column priced")
        db.execute("delete from _sqlite_migrations where name > 'm013'")
        db.execute("pragma user_version = 12")
        db.commit()
    return ready


@pytest.mark.parametrize(
    "words", [("status",), ("ask", "who calls total?"), ("cost",), ("notes",), ("doctor",)]
)
def test_whoever_comes_first_brings_an_older_store_up_to_date(
    older: Types, words: tuple[str, ...]
) -> None:
    done = older(*words)

    assert "older sleeper" not in done.err
    assert "no such column" not in done.out + done.err
    assert older("cost", "--json").code == 0


def test_beside_an_older_daemon_nobody_changes_its_store(older: Types, repo: GitRepo) -> None:
    lock = locks.take(repo.root / ".git/sleeper/daemon.lock")

    refused = older("ask", "who calls total?")

    assert refused.code == 1
    assert "`sleeper daemon restart` brings it up to date" in refused.err
    assert lock is not None
    lock.release()


def test_a_thought_becomes_notes_and_costs(ready: Types, model: Callable[..., FakeModel]) -> None:
    fake = model()
    assert "at most $0.0" in ready("think", "--dry-run", "shop.py").err

    done = ready("think", "shop.py")

    assert done.code == 0, done.err
    assert len(fake.prompts) == 3
    assert fake.closed
    assert "[1/3] architecture: shop.py" in done.err
    assert "shop.py:6" in done.out
    assert ready("think", "shop.py").code == 3, "what is unchanged is not paid for twice"

    assert ready("cost", "--by", "subject").out.startswith("subject\t")
    assert "settled" in ready("cost", "calls").out
    assert json.loads(ready("cost", "calls", "--json").out)["calls"][0]["id"] == 3
    shown = ready("cost", "show", "1").out
    assert "TAX = 0.2" in shown
    assert "[system]\nYou study" in shown
    assert shown.index("[user]\n<subject") < shown.index("[kept, not sent]\n")
    assert json.loads(ready("cost", "show", "1", "--json").out)["call"]["state"] == "settled"
    assert "used for 0 questions" in ready("notes", "show", "shop.py").out
    shown = json.loads(ready("notes", "show", "shop.py", "--json").out)["notes"]
    assert [note["cost"]["used"] for note in shown if note["origin"] == "model"] == [0, 0, 0]
    assert "fresh" in ready("status").out
    bug = json.loads(ready("bugs", "--json").out)["bugs"][0]["id"]
    assert ready("bugs", "--min-conf", "0.99").code == 3
    assert ready("bugs", "show", bug).code == 0
    assert "dismissed" in ready("notes", "dismiss", bug, "--why", "no").err


def test_what_a_killed_command_left_is_thought_about_again_by_the_next(
    ready: Types, model: Callable[..., FakeModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = model()
    with monkeypatch.context() as patch:
        patch.setattr(thinker, "_asked", Mock(side_effect=NotFoundError("killed")))
        ready("think", "shop.py", "-k", "architecture")
    assert json.loads(ready("cost", "calls", "--json").out)["calls"][0]["state"] == "reserved"

    done = ready("think", "shop.py", "-k", "architecture")

    assert done.code == 0, done.err
    assert len(fake.prompts) == 1
    states = [call["state"] for call in json.loads(ready("cost", "calls", "--json").out)["calls"]]
    assert states == ["settled", "unknown"], "what was lost counts in full"


def test_what_does_not_fit_into_a_prompt_keeps_no_other_thought_from_being_shown(
    ready: Types, model: Callable[..., FakeModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, think_round = model(), rounds.think_round

    def narrow(tree: Tree, settings: Settings, item: AgendaItem, asking: Asking) -> Outcome:
        if len(fake.prompts) == 1:
            raise ConfigError("it leaves no room for code")
        return think_round(tree, settings, item, asking)

    monkeypatch.setattr(rounds, "think_round", narrow)

    done = ready("think", "shop.py", "--limit", "2")

    assert done.code == 0
    assert "it leaves no room for code" in done.err
    assert "shop.py:6" in done.out, "what is paid for is shown"


def test_a_failure_is_told_and_decides_the_exit_code(
    ready: Types, model: Callable[..., FakeModel]
) -> None:
    model(ModelServerError("500: the provider is down"))

    done = ready("think", "--limit", "2")

    assert done.code == 6
    assert done.err.count("500: the provider is down") == 1
    told = ready("status").out
    assert "paused" in told
    assert "500: the provider is down" in told
    assert "500" in ready("status", "--json").out


def test_a_budget_ends_it_and_what_was_paid_for_is_shown(
    ready: Types, model: Callable[..., FakeModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = model()
    monkeypatch.setenv("SLEEPER_BUDGET_CALLS_PER_DAY", "1")

    done = ready("think")

    assert done.code == 5
    assert len(fake.prompts) == 1
    assert "shop.py:6" in done.out
    assert "1 call per day" in done.err


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1"])
@pytest.mark.parametrize(
    "words",
    [
        ("think", "--max-cost"),
        ("init", "--yes", "--daily-cap"),
        ("cost", "break-even", "--without"),
        ("cost", "break-even", "--spares"),
        ("bugs", "list", "--min-conf"),
    ],
)
def test_what_is_no_finite_number_is_no_option(
    ready: Types, model: Callable[..., FakeModel], words: tuple[str, ...], number: str
) -> None:
    fake = model()

    done = ready(*words, number)

    assert (done.code, done.out) == (2, "")
    assert f"Invalid value for '{words[-1]}'" in done.err
    assert not fake.prompts


# --- init -------------------------------------------------------------------------------------


def test_the_wizard_asks_and_no_answer_means_no_model(types: Types) -> None:
    done = types("init", "--no-daemon", given="\n")

    assert done.code == 0
    assert "Which model may think about this code?" in done.err
    assert "structure only" in done.err


@pytest.mark.parametrize("answer", ["none", "Nothing", "n", "no"])
def test_no_in_any_word_means_no_model(types: Types, answer: str, private_home: Path) -> None:
    done = types("init", "--no-daemon", given=f"{answer}\n")

    assert "structure only" in done.err
    assert not (private_home / "config" / "sleeper" / "config.toml").exists()


@pytest.mark.parametrize("answer", ["9", "0", "a model", "yes", "ftp://x", "?"])
def test_what_is_no_model_is_asked_again(
    types: Types, answer: str, monkeypatch: pytest.MonkeyPatch, private_home: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-key")

    done = types("init", "--no-daemon", given=f"{answer}\nopenai/gpt-5-mini\n-1\nabc\n0.25\n")

    assert done.code == 0, done.err
    assert done.err.count("possible: 1, a name") == 1
    assert done.err.count("possible: an amount such as 0.50") == 2
    settings = (private_home / "config" / "sleeper" / "config.toml").read_text()
    assert 'name = "openai/gpt-5-mini"' in settings
    assert "usd_per_day = 0.25" in settings


@pytest.mark.parametrize("given", ["", "openai/gpt-5-mini\n", "http://localhost:8000/v1\n \n"])
def test_who_leaves_at_a_question_leaves_nothing_behind(
    types: Types, given: str, repo: GitRepo, private_home: Path
) -> None:
    assert types("init", "--no-daemon", given=given).code == 1

    assert not (repo.root / ".sleeper.toml").exists()
    assert not (repo.root / ".git" / "sleeper").exists()
    assert not list((private_home / "config").rglob("*.toml"))
    assert not list((private_home / "state").rglob("*.json"))


@pytest.mark.parametrize("name", ["9", "a model", "none"])
def test_an_option_that_names_no_model_is_refused(types: Types, repo: GitRepo, name: str) -> None:
    done = types("init", "--yes", "--no-daemon", "--model", name)

    assert (done.code, "not the name of a model" in done.err) == (2, True)
    assert not (repo.root / ".sleeper.toml").exists()


def test_a_model_that_names_no_provider_is_told_at_once(types: Types) -> None:
    done = types("init", "--yes", "--no-daemon", "--model", "gpt")

    assert "provider  not named: unless litellm knows gpt, write PROVIDER/gpt" in done.err
    odd = types("init", "--yes", "--no-daemon", "--model", "odd/gpt")
    assert "provider  litellm knows no provider odd" in odd.err
    checked = types("doctor").out
    assert "! model: odd/gpt: litellm knows no provider odd" in checked
    assert "provider  " not in types("init", "--yes", "--no-daemon", "--model", "openai/odd").err


def test_a_key_that_is_not_there_is_told_with_how_to_give_it(
    types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("init", "--yes", "--no-daemon", "--model", "openai/gpt-5-mini")

    assert "It cannot think with openai/gpt-5-mini yet: OPENAI_API_KEY is not" in types(*words).err
    assert "export OPENAI_API_KEY, then `sleeper daemon restart`" in types("doctor").out
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    assert "It thinks with openai/gpt-5-mini" in types(*words).err


def test_a_model_from_elsewhere_is_not_said_to_be_set(
    types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "openai/gpt-5-mini")

    assert (
        "model     openai/gpt-5-mini (from the environment)"
        in types("init", "--yes", "--no-daemon").err
    )


def test_who_chose_no_model_is_asked_again_and_offered_their_own(types: Types) -> None:
    types("init", "--yes", "--no-daemon", "--model", "openai/gpt-5-mini")
    types("init", "--yes", "--no-daemon", "--no-model")

    done = types("init", "--no-daemon", given="1\n\n")

    assert "1  openai/gpt-5-mini  (in your settings)" in done.err
    assert "model     openai/gpt-5-mini, for every repository" in done.err


def test_the_wizard_offers_what_it_finds(
    types: Types, monkeypatch: pytest.MonkeyPatch, private_home: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-key")

    done = types("init", "--no-daemon", given="1\n0.25\n")

    assert "1  anthropic/" in done.err
    settings = (private_home / "config" / "sleeper" / "config.toml").read_text()
    assert 'name = "anthropic/' in settings
    assert "usd_per_day = 0.25" in settings
    assert "not-a-key" not in settings


@pytest.mark.parametrize("typed", ["qwen3", "openai/qwen3"])
def test_an_address_is_asked_for_its_model(types: Types, private_home: Path, typed: str) -> None:
    types("init", "--no-daemon", given=f"http://127.0.0.1:9/v1\n{typed}\n\n")

    settings = (private_home / "config" / "sleeper" / "config.toml").read_text()
    assert 'name = "openai/qwen3"' in settings
    assert 'api_base = "http://127.0.0.1:9/v1"' in settings


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Something on this machine that answers like Ollama, with the last of these bodies."""
    bodies = [b'{"models": [{"name": "qwen3-coder:14b"}]}']

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bodies[-1])

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setattr(wizard, "_OLLAMA", f"http://127.0.0.1:{server.server_port}")
        yield bodies
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("served", "name"),
    [
        pytest.param("gpt-oss-20b", "openai/gpt-oss-20b", id="the prefix is litellm's"),
        pytest.param("openai/gpt-oss-20b", "openai/openai/gpt-oss-20b", id="it is of its name"),
    ],
)
def test_a_model_is_called_openai_twice_only_where_its_server_calls_it_so(
    ollama: list[bytes], types: Types, private_home: Path, served: str, name: str
) -> None:
    ollama.append(json.dumps({"data": [{"id": served}]}).encode())

    types("init", "--no-daemon", given=f"{wizard._OLLAMA}/v1\nopenai/gpt-oss-20b\n\n")

    settings = (private_home / "config" / "sleeper" / "config.toml").read_text()
    assert f'name = "{name}"' in settings


def test_a_model_on_this_machine_comes_first(ollama: list[bytes]) -> None:
    offers = wizard.found({"OPENAI_API_KEY": "not-a-key"})
    assert [offer.name for offer in offers] == ["ollama_chat/qwen3-coder:14b", "openai/gpt-5-mini"]
    assert offers[0].api_base.startswith("http://127.0.0.1:")

    for nonsense in (b"no json", b"[]", b'{"models": [{}]}'):
        ollama.append(nonsense)
        assert wizard.found({}) == []


def test_settings_of_a_stranger_are_shown_before_they_count(types: Types, repo: GitRepo) -> None:
    repo.write(".sleeper.toml", "[ask]\ntokens = 800\n")

    refused = types("init", "--no-daemon", given="n\n")
    assert refused.code == 2
    assert "ask.tokens = 800" in refused.err

    assert types("init", "--no-daemon", given="y\n\n").code == 0


def test_removing_asks_first_and_says_what_would_be_lost(
    ready: Types, model: Callable[..., FakeModel], repo: GitRepo
) -> None:
    model()
    ready("think", "--limit", "1")

    kept = ready("init", "--remove", given="n\n")
    assert kept.code == 2
    assert "1 note of a model" in kept.err
    assert (repo.root / ".git" / "sleeper").exists()

    gone = ready("init", "--remove", given="y\n")
    assert gone.code == 0
    assert f"removed {repo.root / '.git' / 'sleeper'}, with 1 note of a model\n" in gone.err
    assert not (repo.root / ".git" / "sleeper").exists()
    assert ready("init", "--remove", given="y\n").code == 0


@pytest.mark.parametrize("more", [("--rebuild",), ("--model", "m"), ("--no-daemon",)])
def test_removing_goes_with_no_other_option(
    ready: Types, repo: GitRepo, more: tuple[str, ...]
) -> None:
    refused = ready("init", "--remove", "--yes", *more)

    assert (refused.code, refused.out) == (2, "")
    assert "--remove goes with no other option than --yes" in refused.err
    assert (repo.root / ".git" / "sleeper").exists()


def test_removing_counts_the_notes_of_every_work_tree(
    ready: Types,
    model: Callable[..., FakeModel],
    repo: GitRepo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model()
    repo.git("worktree", "add", "--quiet", "../other", "-b", "other")
    monkeypatch.chdir(repo.root.parent / "other")
    (repo.root.parent / "other" / "shop.py").write_text(SHOP.replace("total", "amount"))
    ready("init", "--yes", "--no-daemon")
    assert ready("think", "shop.py", "--limit", "1").code == 0
    assert ready("notes", "list", "--origin", "model").code == 0
    monkeypatch.chdir(repo.root)
    assert ready("notes", "list", "--origin", "model").code == 3

    gone = ready("init", "--remove", "--yes")

    assert ", with 1 note of a model\n" in gone.err


def test_nothing_comes_next_while_no_model_is_asked(ready: Types) -> None:
    (queue,) = [line for line in ready("status").out.splitlines() if " queue " in line]

    assert queue.endswith("next: none: no model is set")
    told = json.loads(ready("status", "--json").out)["queue"]
    assert (told["next"], told["why_none"]) == (None, "no model is set")


def test_that_nothing_is_skipped_is_no_error(ready: Types, repo: GitRepo) -> None:
    (repo.root / "logo.png").unlink()
    ready("notes")

    assert ready("status", "--skipped") == Done(0, "", "every file is indexed\n")


def test_a_damaged_store_can_be_removed(ready: Types, repo: GitRepo) -> None:
    file = repo.root / ".git" / "sleeper" / "sleeper.db"
    with closing(sqlite3.connect(file)) as db:
        query = "select rootpage from sqlite_schema where name = 'trees'"
        end = 4096 * int(db.execute(query).fetchone()[0])
    content = file.read_bytes()
    file.write_bytes(content[: end - 4096] + b"\xa5" * 4096 + content[end:])

    gone = ready("init", "--remove", "--yes")

    assert (gone.code, gone.err.count("error")) == (0, 0)
    assert not file.exists()


def test_removing_says_nothing_of_a_model_that_was_never_asked(ready: Types, repo: GitRepo) -> None:
    gone = ready("init", "--remove", "--yes")

    assert f"removed {repo.root / '.git' / 'sleeper'}\n" in gone.err
    assert "of a model" not in gone.err


def test_a_settings_file_that_cannot_be_written_is_not_the_end(
    types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("repo_sleeper.cli.setup._created", refuse)

    done = types("init", "--yes", "--no-daemon")

    assert done.code == 0
    assert "none written: Permission denied" in done.err


def test_a_bar_is_drawn_on_a_terminal(types: Types, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repo_sleeper.cli.output.is_terminal", lambda stream: stream is sys.stderr)

    assert "indexing ..." not in types("init", "--yes", "--no-daemon").err
