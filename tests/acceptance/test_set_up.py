from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from repo_sleeper.domain.model import Price, Prompt
from repo_sleeper.store import ledger
from repo_sleeper.store.database import open_database
from tests.conftest import GitRepo
from tests.fakes import FakeProvider
from tests.terminal import SHOP, SLEEPER, Person, someone


@pytest.fixture
def person(repo: GitRepo, private_home: Path) -> Iterator[Person]:
    with someone(repo, private_home) as person:
        yield person


def _tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what any git command touches."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "index"
    }


def test_it_sets_everything_up_and_doing_it_twice_changes_nothing(person: Person) -> None:
    before = _tree(person.repo.root)

    first = person.types("init", "--yes")
    assert first.code == 0
    assert first.out == ""
    for word in (
        "wrote",
        "may be committed",
        "nothing in it is set yet",
        "structure only",
        "hook",
        "2 files ·",
        "started (pid",
        "--remove",
    ):
        assert word in first.err
    assert person.repo.git("status", "--porcelain").split() == ["??", ".sleeper.toml"]

    pid = person.pid()
    settings = (person.repo.root / ".sleeper.toml").read_text()
    second = person.types("init", "--yes")
    assert second.code == 0
    assert "runs already" in second.err
    assert person.pid() == pid
    assert (person.repo.root / ".sleeper.toml").read_text() == settings

    removed = person.types("init", "--remove", "--yes")
    assert removed.code == 0
    assert "daemon stopped" in removed.err
    assert _tree(person.repo.root) == before
    assert person.types("status").code == 3
    assert person.types("init", "--remove").code == 0, "there is nothing, and that is fine"


def test_settings_a_person_wrote_are_kept(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")
    file = person.repo.root / ".sleeper.toml"
    file.write_text("[ask]\ntokens = 900\n")

    removed = person.types("init", "--remove", "--yes")

    assert "it was changed" in removed.err
    assert file.read_text() == "[ask]\ntokens = 900\n"


def test_the_settings_written_change_nothing_by_themselves(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")

    told = person.types("status", SLEEPER_BUDGET_USD_PER_DAY="7").out

    assert "of $7.00" in told


def test_a_model_is_set_from_the_command_line(person: Person, private_home: Path) -> None:
    made = person.types(
        "init", "--yes", "--no-daemon", "--model", "openai/fake", "--daily-cap", "0.25"
    )

    assert made.code == 0
    assert "openai/fake" in made.err
    assert "price     unknown: money caps cannot bind, token and call caps do" in made.err
    told = person.types("status").out
    assert "$0.00 of $0.25" in told
    assert "openai/fake · price unknown: money caps cannot bind" in told
    assert "price       unknown: money caps cannot bind" in person.types("cost").out
    config = private_home / "config" / "sleeper" / "config.toml"
    assert 'name = "openai/fake"' in config.read_text()

    everywhere = f"for every repository (in {config})"
    assert f"cap       $0.25 a day, {everywhere}, each on its own" in made.err
    assert f"openai/fake, for every repository but those with --no-model (in {config})" in made.err

    assert person.types("init", "--yes", "--no-daemon", "--no-model").code == 0
    assert "structure only" in person.types("status").out
    assert 'name = "openai/fake"' in config.read_text(), "other repositories keep theirs"
    both = person.types("init", "--yes", "--model", "x/y", "--no-model")
    assert (both.code, "exclude each other" in both.err) == (2, True)


def test_a_repository_set_up_without_a_model_stays_without(
    person: Person, private_home: Path, tmp_path: Path
) -> None:
    made = person.types("init", "--yes", "--no-model")
    assert "model     none in this repository: structure only, nothing leaves" in made.err
    with FakeProvider() as provider:
        other = Person(GitRepo(tmp_path / "other"), {**person.env, "OPENAI_API_KEY": "k"})
        other.repo.commit("Begin", shop_py=SHOP)
        address = ("--api-base", provider.url)
        other.types("init", "--yes", "--no-daemon", "--model", "openai/fake", *address)
        with (private_home / "config" / "sleeper" / "config.toml").open("a") as settings:
            settings.write("[idle]\nquiet_s = 0\nmax_load = 1000\non_battery = true\n")

        assert other.types("think", "-n", "1").code == 0
        paid = len(provider.requests)
        assert paid > 0
        person.types("daemon", "restart")
        person.until(lambda: "is to have no model" in person.types("status").out)
        refused = person.types("think", SLEEPER_MODEL_NAME="openai/fake")
        assert (refused.code, "is to have no model" in refused.err) == (4, True)
        person.types("ask", "where is the total?")
        assert "none in this repository" in person.types("init", "--yes").err
        assert len(provider.requests) == paid

        asked = person.types("init", "--yes", "--model", "openai/fake")
        assert "openai/fake, for every repository" in asked.err
        person.until(lambda: len(provider.requests) > paid)


def test_a_key_in_the_environment_is_pointed_out_and_not_used(person: Person) -> None:
    made = person.types("init", "--yes", "--no-daemon", ANTHROPIC_API_KEY="not-a-key")

    assert "sleeper init --model anthropic/" in made.err
    assert "structure only" in made.err
    assert "not-a-key" not in made.err


def test_a_store_of_someone_else_is_not_opened(person: Person, tmp_path: Path) -> None:
    person.types("init", "--yes", "--no-daemon")
    person.env["XDG_STATE_HOME"] = str(tmp_path / "another")

    for command in (["status"], ["ask", "x", "--context"], ["daemon", "start"], ["init", "--yes"]):
        refused = person.types(*command)
        assert refused.code == 1, command
        assert "not made by you" in refused.err
        assert "--rebuild" in refused.err

    rebuilt = person.types("init", "--yes", "--no-daemon", "--rebuild")
    assert rebuilt.code == 0
    assert "put aside" in rebuilt.err
    assert "spend starts at zero: the old store was not made by you" in rebuilt.err
    assert person.types("status").code == 0
    assert any(file.name.startswith("aside-") for file in person.state.iterdir())


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_a_database_that_was_lost_is_made_anew(person: Person, how: str) -> None:
    person.types("init", "--yes")
    pid = person.pid()
    for file in person.state.glob("sleeper.db*"):
        file.unlink()
    if how == "empty":
        (person.state / "sleeper.db").touch()
    lost = person.types("status")
    assert (lost.code, "`sleeper init` makes one" in lost.err) == (3, True)

    made = person.types("init", "--yes")

    assert made.code == 0, made.err
    assert "its database was gone" in made.err
    assert "spend starts at zero" in made.err
    assert "started (pid" in made.err
    assert person.pid() != pid
    assert "2 files" in person.types("status").out


def test_a_new_store_goes_on_with_what_was_spent(person: Person) -> None:
    person.types("init", "--yes")
    person.types("daemon", "stop")
    with closing(open_database(person.state / "sleeper.db")) as db:
        ledger.reserve(
            db,
            Prompt("system", "question", 100),
            ledger.Terms("ask", "m", "", Price(1000.0, 1000.0), lambda *_: ""),
            now=time.time(),
        )
    before = json.loads(person.types("status", "--json").out)["spend"]
    assert before["day"]["usd"] > 0

    for _ in range(2):
        rebuilt = person.types("init", "--yes", "--no-daemon", "--rebuild")
        assert rebuilt.code == 0
        assert "what was spent still counts: 1 call" in rebuilt.err
        assert json.loads(person.types("status", "--json").out)["spend"] == before

    (person.state / "sleeper.db").write_bytes(b"no database" * 1000)
    rebuilt = person.types("init", "--yes", "--no-daemon", "--rebuild")
    assert rebuilt.code == 0
    assert "spend starts at zero: the old ledger cannot be read" in rebuilt.err


def test_settings_that_git_tracks_are_not_removed(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")
    person.repo.git("add", ".sleeper.toml")

    removed = person.types("init", "--remove", "--yes")

    assert "git tracks it" in removed.err
    assert (person.repo.root / ".sleeper.toml").exists()


def test_what_is_removed_in_one_work_tree_is_removed_in_all(person: Person, tmp_path: Path) -> None:
    person.types("init", "--yes", "--no-daemon")
    side = tmp_path / "side"
    person.repo.git("worktree", "add", "-q", "-b", "side", str(side))
    ours = Path(person.env["XDG_STATE_HOME"]) / "sleeper"
    store_id = (person.state / "store-id").read_text().strip()
    assert store_id in (ours / "stores").read_text()

    removed = person.types("-C", str(side), "init", "--remove", "--yes")

    assert removed.code == 0, removed.err
    assert not (person.repo.root / ".sleeper.toml").exists()
    assert store_id not in (ours / "stores").read_text()
    assert list((ours / "trust").iterdir()) == []


def test_state_is_private(person: Person) -> None:
    person.types("init", "--yes")

    assert person.state.stat().st_mode & 0o777 == 0o700
    assert {file.name for file in person.state.iterdir() if file.stat().st_mode & 0o077} == set()


def test_a_work_tree_shares_what_the_first_one_knows(person: Person, tmp_path: Path) -> None:
    person.types("init", "--yes")
    side = tmp_path / "side"
    person.repo.git("worktree", "add", "-q", "-b", "side", str(side))
    assert "not read yet: this work tree" in person.types("-C", str(side), "status").out

    asked = person.types("-C", str(side), "ask", "how does total add the tax", "--context")

    assert asked.code == 0
    assert "shop.py" in asked.out
    assert "2 work trees share these notes" in person.types("status").out
    person.repo.git("worktree", "remove", str(side))
    assert "work trees share" not in person.types("status").out


# --- where it cannot work ---------------------------------------------------------------------


def test_trust_says_what_holds_and_not_what_is_asked_for(person: Person) -> None:
    person.repo.write(
        ".sleeper.toml",
        "[budget]\nusd_per_day = 500\ncalls_per_day = 3\n"
        "[index]\nignore = ['docs/*']\n[think]\nenabled = false\n",
    )

    done = person.types("trust")

    assert (done.code, done.err.splitlines()[1:]) == (
        0,
        [
            "  budget.calls_per_day = 3",
            "  budget.usd_per_day = 0.5 (it asks for 500.0, but may only narrow what you allow)",
            '  index.ignore = ["docs/*"]',
            "  think.enabled = false",
        ],
    )


def test_settings_that_cannot_go_together_are_not_trusted(person: Person) -> None:
    config = Path(person.env["XDG_CONFIG_HOME"]) / "sleeper" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[index]\nlanguages = ['go']\n")
    person.repo.write(".sleeper.toml", "[index]\nlanguages = ['python']\n")

    refused = person.types("trust")

    assert (refused.code, "leaves none of the languages" in refused.err) == (2, True)
    assert "not set up" in person.types("status").err, "everything else goes on without them"


def test_a_daemon_hears_of_trust_at_once(person: Person) -> None:
    assert person.types("init", "--yes").code == 0
    person.repo.write(".sleeper.toml", "[ask]\ntokens = 900\n")
    person.until(lambda: "do not count" in person.types("daemon").out)

    assert person.types("trust").code == 0

    person.until(lambda: "no model is set" in person.types("daemon").out, seconds=8.0)


@pytest.mark.parametrize("command", ["init", "status", "notes", "think", "trust"])
def test_outside_a_repository_it_says_so(person: Person, tmp_path: Path, command: str) -> None:
    done = person.types("-C", str(tmp_path), command)

    assert done.code == 3
    assert done.err.startswith("error: ")
    assert "not inside a git repository" in done.err


def test_a_bare_repository_has_no_files(person: Person, tmp_path: Path) -> None:
    person.repo.git("init", "-q", "--bare", str(tmp_path / "bare"))

    done = person.types("-C", str(tmp_path / "bare"), "init", "--yes")

    assert (done.code, "bare repository" in done.err) == (3, True)


@pytest.mark.parametrize(
    "command",
    [["status"], ["ask", "x"], ["notes"], ["bugs"], ["map"], ["cost"], ["daemon", "start"]],
    ids=" ".join,
)
def test_before_init_it_says_what_to_do(person: Person, command: list[str]) -> None:
    done = person.types(*command)

    assert done.code == 3
    assert "sleeper init" in done.err


def test_a_mistake_in_the_settings_is_one_line_and_a_hint(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")
    (person.repo.root / ".sleeper.toml").write_text("[modle]\nname = 'x'\n")

    done = person.types("trust")

    assert done.code == 2
    assert ".sleeper.toml, line 1" in done.err
    assert "did you mean" in done.err
    assert done.err.count("\n") == 2


def test_a_repository_may_not_redirect_what_is_sent(person: Person) -> None:
    (person.repo.root / ".sleeper.toml").write_text("[model]\napi_base = 'http://127.0.0.1:9'\n")

    done = person.types("init", "--yes", "--model", "openai/fake")

    assert done.code == 0
    told = ".sleeper.toml, line 2: model.api_base cannot be set by a repository"
    assert told in done.err
    assert "cannot choose where code is sent; remove the line" in done.err
    assert "No model is asked" in done.err
    assert "asked nothing: it is not trusted" in person.types("status").out

    refused = person.types("trust")
    assert refused.code == 2
    assert told in refused.err


def test_an_empty_repository_is_fine(person: Person, tmp_path: Path) -> None:
    GitRepo(tmp_path / "empty")

    assert person.types("-C", str(tmp_path / "empty"), "init", "--yes", "--no-daemon").code == 0
    assert person.types("-C", str(tmp_path / "empty"), "status").code == 0


@pytest.fixture
def read_only(person: Person) -> list[str]:
    """How to run a command where the repository cannot be written, whoever we are."""
    person.types("init", "--yes", "--no-daemon")
    place = str(person.repo.root)
    script = f'mount --bind "{place}" "{place}" && mount -o remount,ro,bind "{place}" && exec "$@"'
    wrapped = ["unshare", "-rm", "sh", "-c", script, "sh"]
    if subprocess.run([*wrapped, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine makes no private mounts")
    return wrapped


def test_a_place_that_cannot_be_written_can_be_asked_but_not_watched(
    person: Person, read_only: list[str]
) -> None:
    def types(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*read_only, SLEEPER, "-C", str(person.repo.root), *args],
            cwd="/",
            env=person.env,
            capture_output=True,
            text=True,
            check=False,
        )

    asked = types("ask", "how does total add the tax", "--context")
    assert (asked.returncode, "shop.py" in asked.stdout) == (0, True), asked.stderr
    assert types("status").returncode == 0
    for words in (["daemon", "start"], ["notes", "dismiss", "abcd"], ["init", "--yes"]):
        refused = types(*words)
        assert refused.returncode == 1
        assert "Read-only file system\nhint:" in refused.stderr
        assert "mistake in sleeper" not in refused.stderr
    assert "Traceback" not in asked.stderr


# --- what a terminal may do -------------------------------------------------------------------


def test_a_reader_that_leaves_early_is_no_error(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")

    done = subprocess.run(
        ["/bin/sh", "-c", f"'{SLEEPER}' think --dry-run --limit 3 | head -1"],
        cwd=person.repo.root,
        env=person.env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_a_terminal_that_knows_only_ascii_gets_codes(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")

    done = person.types("status", PYTHONIOENCODING="ascii", LANG="C")

    assert done.code == 0
    assert "\\xb7" in done.out


def test_modules_in_the_current_folder_are_not_imported(person: Person) -> None:
    for name in ("json", "typing", "subprocess", "typer", "sqlite3", "sitecustomize"):
        person.repo.write(f"{name}.py", "raise SystemExit('hostile')\n")

    assert person.types("init", "--yes").code == 0
    assert "hostile" not in person.types("status").err
    assert "hostile" not in person.log()


def test_a_store_that_is_damaged_is_an_error_with_a_hint(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")
    with closing(sqlite3.connect(person.state / "sleeper.db")) as db:
        db.execute("drop table notes")

    done = person.types("status")

    assert done.code == 1
    assert "error: the database cannot be used: no such table: notes" in done.err
    assert "sleeper doctor" in done.err
