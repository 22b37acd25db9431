"""Replaying a history: nothing of the future is known, nothing is done twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from repo_sleeper import git
from repo_sleeper.cli.app import app
from repo_sleeper.cli.eval import evaluate
from repo_sleeper.daemon import locks
from repo_sleeper.daemon.workspace import Workspace, create_store, open_workspace, read_store
from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.errors import NotFoundError, NotInitialisedError, SetupError, UsageError
from repo_sleeper.evaluate import lift, questions
from repo_sleeper.evaluate.bench import Bench
from repo_sleeper.evaluate.queries import GoldSymbol, Query, Slice
from repo_sleeper.evaluate.replay import replay
from repo_sleeper.evaluate.results import Limits, Mode, Plan, Ranker, Replay
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.store import history, note_kinds
from repo_sleeper.store.database import read_database
from tests.conftest import GitRepo

Command = Callable[..., Any]
CART = """\
class Cart:
    def total(self):
        return sum(self.prices)

    def discount(self, share):
        return self.total() * share
"""
TAX = "def rate(country):\n    return RATES[country]\n"
MAIL = "def send(letter):\n    print(letter)\n"


@pytest.fixture
def shop(repo: GitRepo) -> GitRepo:
    """Two ordinary changes to a small shop, and one to a file that came in between."""
    repo.commit("Start", cart_py=CART, tax_py=TAX, mail_py=MAIL, README_md="A shop\n")
    repo.commit("Give each country its own tax rate", tax_py=TAX.replace("[", ".get(", 1))
    repo.commit("Sum prices as whole cents", cart_py=CART.replace("sum(", "whole("))
    repo.commit("Bump version from 1.0 to 1.1", mail_py=MAIL + "\n")
    repo.commit("Greet people by name at the door", door_py="def greet():\n    pass\n")
    repo.commit("Print letters with a stamp", mail_py=MAIL.replace("letter)", "letter, 1)"))
    repo.commit(
        "Count a discount from whole cents", cart_py=CART.replace("share\n", "share // 1\n")
    )
    return repo


def replayed(repo: GitRepo, workshop: Path, **plan: Any) -> Replay:
    asked = Plan(budgets=(256,), **plan)
    return replay(git.discover(repo.root), workshop=workshop, plan=asked, clock=lambda: 1.0)


def test_the_newest_half_is_asked_oldest_first(shop: GitRepo, tmp_path: Path) -> None:
    found = replayed(shop, tmp_path / "w")

    assert [result.text for result in found.results] == [
        "Print letters with a stamp",
        "Count a discount from whole cents",
    ]
    assert found.frozen_at == shop.git("rev-parse", "HEAD~2").strip()
    assert all(set(result.scores) == set(Ranker) for result in found.results)


def test_what_the_words_of_a_commit_name_is_found(shop: GitRepo, tmp_path: Path) -> None:
    found = replayed(shop, tmp_path / "w")

    last = found.results[-1]
    assert last.targets == ("cart.py",)
    assert last.slices == (Slice.ALL, Slice.NO_LEAK)
    assert last.ranked[Ranker.SLEEPER][0] == "cart.py"
    assert last.scores[Ranker.SLEEPER]["SymRecall@256"] == 1.0


def test_the_frozen_index_knows_nothing_of_what_came_after(shop: GitRepo, tmp_path: Path) -> None:
    found = replayed(shop, tmp_path / "w")

    with_past = read_database(next((tmp_path / "w").glob("fast-*/index.db")))
    subjects = {commit.subject for commit in history.recent_commits(with_past, 100)}
    with_past.close()
    assert "Greet people by name at the door" in subjects
    assert subjects.isdisjoint(result.text for result in found.results)


def test_the_repository_itself_is_never_written(shop: GitRepo, tmp_path: Path) -> None:
    before = sorted((file, file.stat().st_mtime_ns) for file in shop.root.rglob("*"))

    replayed(shop, tmp_path / "w")

    assert sorted((file, file.stat().st_mtime_ns) for file in shop.root.rglob("*")) == before


def test_exact_mode_asks_each_question_of_its_own_parent(shop: GitRepo, tmp_path: Path) -> None:
    found = replayed(shop, tmp_path / "w", mode=Mode.EXACT)

    with_past = read_database(next((tmp_path / "w").glob("exact-*/index.db")))
    subjects = {commit.subject for commit in history.recent_commits(with_past, 100)}
    with_past.close()
    assert found.frozen_at == ""
    assert found.results[-1].ranked[Ranker.RECENCY][0] == "mail.py"
    assert "Print letters with a stamp" in subjects
    assert "Count a discount from whole cents" not in subjects


def test_a_second_run_asks_nothing_again(shop: GitRepo, tmp_path: Path) -> None:
    first = replayed(shop, tmp_path / "w")
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "w").glob("*/*.jsonl")}
    steps = []

    again = replay(
        git.discover(shop.root),
        workshop=tmp_path / "w",
        plan=Plan(budgets=(256,)),
        clock=lambda: 2.0,
        progress=lambda done, total: steps.append((done, total)),
    )

    assert again == first
    assert steps == [(1, 2), (2, 2)]
    assert {file: file.stat().st_mtime_ns for file in kept} == kept


def test_an_interrupted_run_goes_on_where_it_stopped(shop: GitRepo, tmp_path: Path) -> None:
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(
            git.discover(shop.root),
            workshop=tmp_path / "w",
            plan=Plan(budgets=(256,)),
            clock=lambda: 1.0,
            progress=interrupt,
        )
    shelf = next((tmp_path / "w").glob("*/sleeper-*.jsonl"))
    assert len(shelf.read_text().split()) == 1

    assert len(replayed(shop, tmp_path / "w").results) == 2


def test_states_that_nothing_will_use_again_are_removed(shop: GitRepo, tmp_path: Path) -> None:
    replayed(shop, tmp_path / "w")
    shop.commit("Charge more tax on luxury", tax_py=TAX.replace("RATES", "NEW_RATES"))
    shop.commit("Round down the final price", cart_py=CART.replace("sum(", "floor("))

    replayed(shop, tmp_path / "w")

    assert len(list((tmp_path / "w").iterdir())) == 1


def test_a_target_younger_than_the_index_is_not_asked_for(shop: GitRepo, tmp_path: Path) -> None:
    shop.commit("Say goodbye to people who leave", door_py="def greet():\n    bye()\n")
    shop.commit("Ask people for their umbrella", coat_py="def take():\n    pass\n")
    shop.commit("Hang up coats in good order", coat_py="def take():\n    hang()\n")

    found = replayed(shop, tmp_path / "w")

    assert "Hang up coats in good order" not in {result.text for result in found.results}


def test_history_without_fair_questions_is_told_in_one_line(repo: GitRepo, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no commits"):
        replayed(repo, tmp_path / "w")
    repo.commit("Start", a_py="1\n")
    with pytest.raises(NotFoundError, match="fair question"):
        replayed(repo, tmp_path / "w")


def test_gold_symbols_are_those_the_hunks_lie_in(shop: GitRepo) -> None:
    here = git.discover(shop.root)
    past = questions.past_of(here, git.head(here))
    query = questions.choose(past, count=1)[0]

    with ParserPool(1) as pool:
        bench = Bench(here, shop.root.parent / "w", Limits(), lambda: 1.0, pool)
        found = questions.with_gold(here, query, bench.symbols_of)
        bench.close()

    assert "Cart.discount" in {one.qualified for one in found.symbols}


def test_gold_is_placed_where_the_index_has_it() -> None:
    query = Query(
        oid="c",
        parent="p",
        text="x",
        targets=("a.py", "new.py"),
        symbols=(
            GoldSymbol("a.py", "f", Range(5, 6)),
            GoldSymbol("a.py", "gone", Range(7, 8)),
            GoldSymbol("new.py", "g", Range(0, 1)),
        ),
    )

    found = questions.at_index(query, paths={"a.py": None}, ranges=lambda _: {"f": Range(1, 2)})

    assert found is not None
    assert found.targets == ("a.py",)
    assert found.symbols == (GoldSymbol("a.py", "f", Range(1, 2)),)
    assert questions.at_index(query, paths={}, ranges=lambda _: {}) is None


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def command(shop: GitRepo, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(shop.root)
    app = typer.Typer()
    app.command()(evaluate)

    def run(*args: str) -> Any:
        return CliRunner().invoke(app, args)

    return run


@pytest.fixture
def set_up(shop: GitRepo) -> Workspace:
    workspace = open_workspace(shop.root, {})
    create_store(workspace)
    return workspace


@pytest.mark.usefixtures("set_up")
def test_the_command_prints_the_table(command: Command) -> None:
    done = command("--commits", "1")

    assert done.exit_code == 0
    assert done.stdout.startswith("repo: 1 question from its own commits")
    assert "sleeper minus" in done.stdout


def test_kinds_of_notes_that_do_not_help_are_left_out_until_asked_for(
    command: Command, set_up: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repo_sleeper.evaluate.lift.FEWEST", 1)
    monkeypatch.setattr(
        "repo_sleeper.evaluate.bench.Bench.lifts", lambda *_: {lift.metric(NoteKind.HOTSPOT): -0.1}
    )

    done = command("--commits", "1")

    assert "hotspot        -0.100 [-0.100 -0.100] over 1 questions, left out" in done.stdout
    assert _off(set_up) == {NoteKind.HOTSPOT}
    listed = CliRunner().invoke(app, ["notes", "list"])
    assert "left out of contexts" in listed.stderr
    assert "hotspot" in listed.stderr
    assert json.loads(command("--commits", "1", "--json").stdout)["note_kinds_off"] == ["hotspot"]
    monkeypatch.setattr("repo_sleeper.evaluate.lift.FEWEST", 2)
    assert "nothing changes" in command("--commits", "1").stdout
    assert _off(set_up) == {NoteKind.HOTSPOT}
    monkeypatch.setattr("repo_sleeper.evaluate.lift.FEWEST", 1)
    assert "kept as asked" in command("--commits", "1", "--keep-notes").stdout
    assert _off(set_up) == frozenset()


def _off(workspace: Workspace) -> frozenset[NoteKind]:
    with closing(read_store(workspace)) as db:
        return note_kinds.switched_off(db)


@pytest.mark.usefixtures("set_up")
def test_a_person_who_looks_on_sees_a_bar(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repo_sleeper.cli.output.is_terminal", lambda _: True)

    assert command("--commits", "1").exit_code == 0


@pytest.mark.usefixtures("set_up")
def test_the_command_speaks_json_and_draws(command: Command, tmp_path: Path) -> None:
    done = command("--json", "--exact", "--plot", str(tmp_path / "found.svg"))

    assert json.loads(done.stdout)["repositories"][0]["mode"] == "exact"
    assert (tmp_path / "found.svg").read_text().startswith("<svg")


@pytest.mark.usefixtures("set_up")
def test_what_was_drawn_is_named_and_of_few_questions_no_spread_is_told(
    command: Command, tmp_path: Path
) -> None:
    done = command("--plot", str(tmp_path / "found.svg"))

    assert f"wrote {tmp_path / 'found.svg'}" in done.stderr
    assert "sleeper minus ...; of fewer than 10 questions that says little" in done.stdout
    assert not re.search(r"\[[+-]", done.stdout.partition("counted notes")[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--anticipation", "--suspicion"), "are measured one at a time"),
        (("--anticipation", "--plot", "y.svg"), "--plot is for the replay of questions"),
        (("--staleness", "--exact"), "--exact is for the replay of questions"),
        (("--plot", "."), "a plot is drawn as SVG, and . is no name for one"),
        (("--plot", "folder.svg"), "it is a folder"),
    ],
)
@pytest.mark.usefixtures("set_up")
def test_what_would_be_left_undone_is_refused_before_the_work(
    command: Command, options: tuple[str, ...], said: str
) -> None:
    Path("folder.svg").mkdir()

    done = command(*options)

    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--anticipation", "there is nothing to replay: only 7 commits"),
        ("--suspicion", "there are no fixes to measure on"),
    ],
)
@pytest.mark.usefixtures("set_up")
def test_a_history_too_short_to_measure_on_is_no_result(
    command: Command, option: str, said: str
) -> None:
    done = command(option)

    assert isinstance(done.exception, NotFoundError)
    assert said in str(done.exception)


@pytest.mark.usefixtures("set_up")
def test_who_interrupts_it_is_told_that_nothing_is_lost(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Bench, "ask", interrupt)
        first = command()
    second, third = command(), command()

    assert (first.exit_code, first.stdout) == (130, "")
    assert "interrupted; what was measured is kept" in first.stderr
    assert second.stderr.startswith("sleeper: going on where it was interrupted")
    assert (third.exit_code, third.stderr) == (0, "")


@pytest.mark.usefixtures("set_up")
def test_a_plot_of_another_form_is_refused_before_anything_is_replayed(
    command: Command, tmp_path: Path
) -> None:
    done = command("--plot", str(tmp_path / "found.png"))

    assert isinstance(done.exception, UsageError)
    assert "found.png is no name for one" in str(done.exception)
    assert not (tmp_path / "found.png").exists()


def test_a_plot_that_cannot_be_written_is_one_clear_error(command: Command, tmp_path: Path) -> None:
    done = command("--plot", str(tmp_path / "no" / "found.svg"))

    assert isinstance(done.exception, UsageError)
    assert "cannot be written" in str(done.exception)


def test_the_command_wants_a_store_of_ours(command: Command) -> None:
    assert isinstance(command().exception, NotInitialisedError)


def test_two_evaluations_of_one_repository_do_not_meet(command: Command, set_up: Workspace) -> None:
    with locks.held(set_up.state_dir / "eval.lock"):
        assert isinstance(command().exception, SetupError)
