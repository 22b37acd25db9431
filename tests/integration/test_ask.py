from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing

import pytest
from typer.testing import CliRunner, Result

from repo_sleeper import trust
from repo_sleeper.cli.app import app
from repo_sleeper.daemon import locks, reconciling
from repo_sleeper.daemon.workspace import Workspace, create_store, open_workspace, read_store
from repo_sleeper.daemon.workspace import write_store as open_store
from repo_sleeper.domain.model import Reply, Usage
from repo_sleeper.domain.spending import Pause
from repo_sleeper.errors import (
    BudgetError,
    ModelAuthError,
    ModelQuotaError,
    ModelServerError,
    ModelSetupError,
    NotInitialisedError,
    SleeperError,
    StoreError,
    UsageError,
)
from repo_sleeper.llm import client
from repo_sleeper.store import pause
from tests.conftest import GitRepo
from tests.fakes import FakeModel
from tests.searchable import CART, MAIL

QUESTION = "how are totals of the cart rounded"
MODEL = ("--model", "fake/model")

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A repository with a store, nothing indexed yet, no daemon."""
    repo.commit("Round totals half up", shop__cart_py=CART, shop__mail_py=MAIL)
    monkeypatch.chdir(repo.root)
    workspace = open_workspace(repo.root, dict(os.environ))
    create_store(workspace)
    trust.grant(workspace.repo)
    with closing(open_store(workspace)):
        pass
    return workspace


def ask(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["ask", *words], input=stdin)


def test_who_imports_a_file_is_told_as_it_is_now_without_a_daemon(repo: GitRepo) -> None:
    question = "who imports shop/cart.py?"
    for name, text in (("bill", "from shop.cart import total\n"), ("tip", "TIP = 1\n")):
        (repo.root / f"{name}.py").write_text(text)
    assert "\n- bill.py:1" in ask(question).output

    (repo.root / "bill.py").write_text("TOTAL = 0\n")
    (repo.root / "tip.py").write_text("from shop.cart import total\n")

    told = ask(question).output
    assert ("- bill.py" in told, "- tip.py:1" in told) == (False, True)


def error_of(result: Result) -> SleeperError:
    assert isinstance(result.exception, SleeperError), result.exception
    return result.exception


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[FakeModel]:
    """Puts the given model in place of the process that would call a provider."""
    models = [FakeModel("Half up, in shop/cart.py:9; not in shop/cart.py:99.")]

    class Stub:
        host = "localhost"

        def __new__(cls, *_: object, **__: object) -> FakeModel:  # type: ignore[misc]
            models[0].host = cls.host  # type: ignore[attr-defined]
            return models[0]

    monkeypatch.setattr(client, "WorkerModel", Stub)
    return models


# --- the context ------------------------------------------------------------------------------


def test_the_context_is_printed_and_talk_goes_to_stderr():
    result = ask(QUESTION, "--context")

    assert result.exit_code == 0
    assert result.stdout.startswith("# Where to look at commit ")
    assert "1. shop/cart.py -- " in result.stdout
    assert "sleeper: no daemon is running; there are no notes yet" in result.stderr


def test_without_a_daemon_only_what_changed_since_is_told(here):
    with closing(open_store(here)) as db:
        reconciling.reconcile_round(db, here.repo, here.settings, now=1.0)

    assert ask(QUESTION, "--context").stderr == ""
    (here.repo.root / "shop/tax.py").write_text("def value_added_tax(net):\n    return net\n")
    for _ in range(2):
        assert "no daemon is running; notes may lag since" in ask(QUESTION, "--context").stderr


def test_a_change_that_nobody_committed_is_known(here):
    (here.repo.root / "shop/tax.py").write_text("def value_added_tax(net):\n    return net\n")

    assert "shop/tax.py" in ask("value_added_tax", "--context").stdout


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_wide_text_is_packed_as_the_lines_that_were_indexed(repo, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""  # the others write their own
    repo.write("shop/cart.py", f"{mark}{CART}".encode(encoding))

    found = json.loads(ask("round_half_up", "--context", "--json").stdout)

    (hit,) = [one for one in found["symbols"] if one["name"] == "round_half_up"]
    first = CART.split("\n")[hit["start_line"] - 1]
    assert f"{hit['start_line']:4}| {first}\n" in found["text"]


def test_a_secret_in_wide_text_is_taken_out(repo):
    token = "ghp_" + "aB3dE6gH9" * 4
    repo.write("shop/cart.py", f'{CART}ROUNDING = "{token}"\n'.encode("utf-16"))

    text = ask("what is ROUNDING", "--context").stdout

    assert "ROUNDING" in text
    assert token not in text


def test_json_is_the_contract(here):
    found = json.loads(ask(QUESTION, "--context", "--json", "--files", "1").stdout)

    assert list(found) == [
        *("query", "root", "commit", "budget", "tokens", "model_called"),
        *("files", "symbols", "notes", "text"),
    ]
    assert found["root"] == str(here.repo.root)
    assert found["budget"] == 1200
    assert found["model_called"] is False
    assert [hit["path"] for hit in found["files"]] == ["shop/cart.py"]
    assert set(found["files"][0]) == {"path", "score", "why"}
    assert {(one["name"], one["start_line"], one["end_line"]) for one in found["symbols"]} >= {
        ("Cart.total", 7, 9)
    }


@pytest.mark.parametrize("tokens", [1, 7, 40, 60, 100, 300, 1000, 100_000])
def test_a_budget_is_never_exceeded(tokens):
    done = ask(QUESTION, "--context", "--json", "--tokens", str(tokens))
    found = json.loads(done.stdout)

    assert found["tokens"] == -(-len(found["text"].encode()) // 3) <= tokens
    assert done.exit_code == (0 if found["text"] else 2)


def test_a_budget_too_small_for_anything_says_so():
    done = ask(QUESTION, "--context", "--tokens", "1")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "not even the first file fits into 1 token" in done.stderr
    assert ask(QUESTION, "--context", "--tokens", "7").stdout == "1. shop/cart.py\n"


def test_a_budget_too_small_to_say_that_nothing_was_found_is_still_exit_code_3():
    done = ask("how to bake sourdough bread", "--context", "--tokens", "1")

    assert (done.exit_code, done.stdout) == (3, "")
    assert "not even that nothing was found fits" in done.stderr


@pytest.mark.parametrize(
    "question",
    [
        'cart" OR NEAR(total, 2) AND col:x*',
        "-cart ^total {names doc} : cart",
        "'; drop table chunks; -- cart totals",
        "(((cart totals",
        "cart * totals \\ % _",
    ],
)
def test_the_search_s_own_syntax_is_only_words(question):
    done = ask("-", "--context", stdin=question.encode())

    assert done.exit_code == 0
    assert "shop/cart.py" in done.stdout


@pytest.mark.parametrize("question", ["Корзина итого", "カート 合計", "\u202e\u200bسلة", "🛒🛒🛒"])
def test_other_scripts_find_nothing_and_break_nothing(question):
    assert ask(question, "--context").exit_code == 3


def test_a_megabyte_is_refused():
    assert isinstance(error_of(ask("-", stdin=b"cart \xff\x00" * 150_000)), UsageError)


def test_a_repository_without_commits_is_asked(tmp_path, monkeypatch):
    other = GitRepo(tmp_path / "unborn")
    (other.root / "cart.py").write_text(CART)
    monkeypatch.chdir(other.root)
    create_store(open_workspace(other.root, dict(os.environ)))
    with closing(open_store(open_workspace(other.root, dict(os.environ)))):
        pass

    assert "1. cart.py" in ask(QUESTION, "--context").stdout


def test_a_history_that_was_rewritten_or_cut_off_is_asked(here, repo):
    ask(QUESTION, "--context")
    repo.commit("Mail totals", shop__mail_py=MAIL + "\n")
    repo.git("commit", "--amend", "-qm", "Mail the totals of a cart")
    rewritten = ask(QUESTION, "--context")
    (here.repo.git_dir / "shallow").write_text(repo.git("rev-parse", "HEAD").strip() + "\n")
    cut = ask("where are receipts mailed", "--context")

    assert "shop/cart.py" in rewritten.stdout
    assert "1. shop/mail.py" in cut.stdout


def test_words_need_no_quotes():
    assert ask(*QUESTION.split(), "--context").stdout == ask(QUESTION, "--context").stdout


def test_the_question_may_come_from_a_pipe():
    assert ask("-", "--context", stdin=QUESTION.encode()).stdout == ask(QUESTION).stdout


def test_bytes_that_are_no_text_are_asked_without_them():
    result = ask("-", "--context", stdin=b"\xff\x00 cart \x1b[31m totals rounded \xfe")

    assert result.exit_code == 0
    assert "shop/cart.py" in result.stdout


@pytest.mark.parametrize("question", ["how to bake sourdough bread", "what is it?", "購物車"])
def test_nothing_found_is_said_and_is_exit_code_3(question):
    result = ask(question, "--context")

    assert result.exit_code == 3
    assert len(result.stdout.splitlines()) == 1


def test_nothing_found_is_an_empty_list_in_json():
    result = ask("how to bake sourdough bread", "--context", "--json")

    assert result.exit_code == 3
    assert json.loads(result.stdout)["files"] == []


@pytest.fixture
def unread(here: Workspace) -> None:
    """Files that are not indexed, beside those that are."""
    for path, data in {
        "gen/api_pb2.py": b"def frobnicate(): pass\n",
        "vendor/shop/cart.py": b"def frobnicate(): pass\n",
        "logo.png": b"\x89PNG",
        "icon.png": b"\x89PNG",
    }.items():
        file = here.repo.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


@pytest.mark.usefixtures("unread")
def test_where_nothing_is_found_it_is_said_how_much_was_not_looked_into():
    found = ask("frobnicate", "--context")

    assert found.exit_code == 3
    (said,) = found.stdout.splitlines()[1:]
    assert said.startswith("4 files are not indexed (2 binary, 1 generated, 1 vendored): ")
    assert said.endswith("`sleeper status --skipped` lists them.")


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what is in gen/api_pb2.py?", "gen/api_pb2.py is not indexed: generated."),
        ("what is in `api_pb2.py`", "gen/api_pb2.py is not indexed: generated."),
        ("vendor/shop/cart.py", "vendor/shop/cart.py is not indexed: vendored."),
    ],
)
def test_a_file_that_is_named_and_not_indexed_is_named_with_the_reason(question, said):
    found = ask(question, "--context")

    assert said in (found.stderr if found.exit_code == 0 else found.stdout).replace("sleeper: ", "")


@pytest.mark.usefixtures("unread")
def test_a_name_that_an_indexed_file_has_too_means_that_one():
    found = ask("how does cart.py round totals? see logo.png", "--context")

    assert "vendor/" not in found.stderr
    assert "logo.png is not indexed: binary. `sleeper status --skipped` has all" in found.stderr


@pytest.mark.parametrize(
    ("stdin", "message"),
    [(b" \n", "there is no question"), (b"cart " * 20_000, "longer than 64 KB")],
)
def test_no_question_and_too_long_ones_are_refused(stdin, message):
    error = error_of(ask("-", stdin=stdin))

    assert isinstance(error, UsageError)
    assert message in str(error)


@pytest.mark.parametrize("options", [(), ("--context",), ("--tokens", "100")])
def test_a_question_that_is_piped_without_a_dash_is_told_of_the_dash(options):
    error = error_of(ask(*options, stdin=b"where is the cart?"))

    assert isinstance(error, UsageError)
    assert "`sleeper ask -` reads it from standard input" in error.hint


def test_a_repository_that_is_not_set_up_says_so(tmp_path, monkeypatch):
    other = GitRepo(tmp_path / "other")
    other.commit("start")
    monkeypatch.chdir(other.root)

    assert isinstance(error_of(ask(QUESTION)), NotInitialisedError)


def test_while_another_process_reconciles_the_index_is_used_as_it_is(here, monkeypatch):
    ask(QUESTION, "--context")
    monkeypatch.setattr("repo_sleeper.cli.looking._LOCK_LIMIT_S", 0.0)

    with locks.held(here.store_lock):
        result = ask(QUESTION, "--context")

    assert "1. shop/cart.py" in result.stdout
    assert "the daemon is busy or does not answer" in result.stderr


def test_a_socket_nobody_listens_on_is_no_daemon(here):
    here.socket_file.touch()

    assert "no daemon is running" in ask(QUESTION, "--context").stderr


def test_a_broken_repository_is_asked_as_it_is(here):
    ask(QUESTION, "--context")
    (here.repo.git_dir / "index").write_bytes(b"nonsense")

    result = ask(QUESTION, "--context")

    assert "1. shop/cart.py" in result.stdout
    assert "git cannot say which files are ignored" in result.stderr


def test_a_store_that_cannot_be_written_is_asked_as_it_was(here):
    ask(QUESTION, "--context")
    here.store_lock.unlink()
    here.store_lock.mkdir()

    result = ask(QUESTION, "--context")

    assert "1. shop/cart.py" in result.stdout
    assert "could not be brought up to date" in result.stderr


def test_questions_are_remembered_unless_switched_off(here, monkeypatch):
    ask(QUESTION, "--context")
    monkeypatch.setenv("SLEEPER_ASK_REMEMBER", "false")
    ask("where are receipts mailed", "--context")

    with closing(read_store(here)) as db:
        assert [row[0] for row in db.rows("select text from questions")] == [QUESTION]


def answered_by(here: Workspace) -> list[tuple[str, int | None]]:
    with closing(read_store(here)) as db:
        rows = db.rows("select answered, call_id from questions")
        return [(row["answered"], row["call_id"]) for row in rows]


@pytest.mark.usefixtures("fake")
def test_how_a_question_was_answered_is_kept_with_the_call_it_took(here):
    ask(QUESTION, "--context")
    ask(QUESTION, *MODEL)
    ask(QUESTION, *MODEL)
    ask("who calls round_half_up?", *MODEL)

    assert answered_by(here) == [("", None), ("model", 1), ("kept", None), ("index", None)]
    with closing(read_store(here)) as db:
        assert db.value("select count(*) from calls") == 1


# --- the model --------------------------------------------------------------------------------


def test_without_a_model_the_context_is_the_answer():
    assert ask(QUESTION).stdout == ask(QUESTION, "--context").stdout


def test_the_answer_has_its_citations_checked(fake):
    result = ask(QUESTION, *MODEL)

    assert result.exit_code == 0
    assert (
        result.stdout == "Half up, in shop/cart.py:9; not in ~~shop/cart.py:99~~ (no such line).\n"
    )
    assert "struck what does not exist: shop/cart.py:99" in result.stderr
    assert fake[0].closed


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repo_sleeper.cli.ask_view.is_watched", lambda: True)


TALK = "\n  Half up,\r\n in shop/cart.py:9;  \n\n\nnot in shop/cart.py:99 or gone.py:1.\n \n"


@pytest.mark.usefixtures("watched")
def test_an_answer_that_is_watched_is_the_one_that_is_kept(fake):
    fake[0] = FakeModel(TALK)
    watched = ask(QUESTION, *MODEL)
    fake[0] = FakeModel(TALK)

    assert json.loads(ask(QUESTION, *MODEL, "--json").stdout)["answer"]["text"] == (
        "Half up,\n in shop/cart.py:9;  \n\n\n"
        "not in ~~shop/cart.py:99~~ (no such line) or ~~gone.py:1~~ (no such line)."
    )
    assert watched.stdout == (
        "Half up,\n in shop/cart.py:9;  \n\n\n"
        "not in ~~shop/cart.py:99~~ (no such line) or ~~gone.py:1~~ (no such line).\n"
    )
    assert "struck what does not exist: shop/cart.py:99, gone.py:1" in watched.stderr


@pytest.mark.usefixtures("watched")
def test_a_stream_that_was_cut_is_told_and_counts_as_the_worst(here, fake):
    fake[0] = FakeModel("Half up, in shop/cart.py:9\nbecause...")

    result = ask(QUESTION, *MODEL)

    assert result.stdout == "Half up, in shop/cart.py:9\nbecause...\n"
    assert "only the beginning of an answer" in result.stderr
    assert error_of(result).exit_code == 6
    with closing(read_store(here)) as db:
        (call,) = db.rows("select state, charged, reserved_tokens from calls")
    assert (call[0], call[1]) == ("failed", 1)


@pytest.mark.usefixtures("watched")
def test_a_stream_that_never_began_leaves_the_context(fake):
    fake[0] = FakeModel(ModelServerError("the provider says 503"))

    assert ask(QUESTION, *MODEL).stdout.startswith("# Where to look")


@pytest.mark.usefixtures("fake")
def test_the_answer_in_json_comes_with_its_context():
    found = json.loads(ask(QUESTION, *MODEL, "--json").stdout)

    assert found["model_called"] is True
    assert found["answer"]["citations"] == ["shop/cart.py:9"]
    assert found["answer"]["usd"] > 0


def test_an_answer_that_was_cut_says_so(fake):
    fake[0] = FakeModel(Reply("Half", Usage(9, 1), "fake/model", finish="length"))

    assert "the answer was cut" in ask(QUESTION, *MODEL).stderr


def test_no_model_is_asked_about_nothing(fake):
    assert ask("how to bake sourdough bread", *MODEL).exit_code == 3
    assert fake[0].prompts == []


@pytest.mark.parametrize("option", ["--no-model", "--context"])
def test_a_model_can_be_left_out(fake, option):
    assert ask(QUESTION, *MODEL, option).stdout.startswith("# Where to look")
    assert fake[0].prompts == []


def test_who_wants_no_model_is_answered_by_none(fake, monkeypatch):
    monkeypatch.setenv("SLEEPER_MODEL_ASK_NAME", "fake/model")
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "")

    assert ask(QUESTION).exit_code == 0

    assert not fake[0].prompts


def test_when_the_model_fails_the_context_is_still_printed(fake):
    fake[0] = FakeModel(ModelServerError("the provider says 503"))

    result = ask(QUESTION, *MODEL)

    assert result.stdout.startswith("# Where to look")
    assert error_of(result).exit_code == 6


@pytest.mark.parametrize("error", [ModelAuthError("401"), ModelQuotaError("402")])
def test_a_key_or_a_purse_that_is_refused_stops_all_calls_until_an_answer_comes(
    here, fake, monkeypatch, error
):
    def paused() -> Pause | None:
        with closing(read_store(here)) as db:
            return pause.paused(db)

    fake[0] = FakeModel(error, error, "It is so.")
    ask(QUESTION, *MODEL)
    assert paused() is None, "another model's key says nothing about ours"

    monkeypatch.setenv("SLEEPER_MODEL_NAME", "fake/model")
    ask(QUESTION)
    held = paused()
    assert held is not None
    assert held.kind == error.kind
    assert ask(QUESTION).exit_code == 0
    assert paused() is None


@pytest.mark.usefixtures("fake")
def test_what_else_stopped_calls_is_not_mended_by_an_answer(here, monkeypatch):
    monkeypatch.setenv("SLEEPER_MODEL_NAME", "fake/model")
    with closing(open_store(here)) as db:
        pause.stop_until_person(db, "no-progress", "30 thoughts left no note", now=0.0)

    assert ask(QUESTION).exit_code == 0

    with closing(read_store(here)) as db:
        assert pause.paused(db) is not None


def test_when_the_model_fails_json_says_why(fake):
    fake[0] = FakeModel(ModelServerError("the provider says 503"))

    found = json.loads(ask(QUESTION, *MODEL, "--json").stdout)

    assert (found["model_called"], found["error"]) == (True, "the provider says 503")


def test_beyond_the_budget_the_context_is_still_printed(fake, monkeypatch):
    monkeypatch.setenv("SLEEPER_BUDGET_CALLS_PER_DAY", "0")

    result = ask(QUESTION, *MODEL)

    assert result.stdout.startswith("# Where to look")
    assert isinstance(error_of(result), BudgetError)
    assert fake[0].prompts == []


def test_nothing_is_sent_where_it_cannot_be_noted(fake, monkeypatch):
    ask(QUESTION, "--context")

    def refuse(_: Workspace) -> None:
        raise StoreError("sleeper.db cannot be written")

    monkeypatch.setattr("repo_sleeper.daemon.workspace.write_store", refuse)
    result = ask(QUESTION, *MODEL)

    assert result.stdout.startswith("# Where to look")
    assert str(error_of(result)).startswith("the index could not be brought up to date, so")
    assert fake[0].prompts == []


def test_nothing_is_sent_when_git_cannot_say_what_is_ignored(here, fake):
    ask(QUESTION, "--context")
    (here.repo.git_dir / "index").write_bytes(b"nonsense")

    assert isinstance(error_of(ask(QUESTION, *MODEL)), ModelSetupError)
    assert fake[0].prompts == []


# --- the process ------------------------------------------------------------------------------


def test_a_question_loads_no_model_library_and_no_console():
    ask(QUESTION, "--context")
    script = (
        "import sys; sys.argv = ['sleeper', 'ask', '--context', 'totals of the cart']\n"
        "from repo_sleeper.cli.entry import main\n"
        "try: main()\n"
        "finally: print([name for name in sys.modules if name in "
        "{'litellm', 'git', 'sqlite_utils', 'rich', 'watchdog', 'asyncio', 'openai'}"
        " or name == 'dataclasses'],"
        " file=sys.stderr)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith("# Where to look"), done.stderr
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("query", ["who calls round_haf_up?", "round_half_upp"])
def test_a_name_with_a_slip_is_met_with_the_right_one(query):
    told = ask(query).stderr

    assert "did you mean round_half_up?" in told


def test_a_word_of_its_own_may_be_a_slip_when_nothing_was_found():
    assert "nothing here is called tootal; did you mean total?" in ask("tootal").stderr
    assert "did you mean round_half_up?" in ask("Round_Hafl_Up").stderr
    assert "did you mean total?" in ask("where is tootal defined?").stderr


@pytest.mark.parametrize(
    "query",
    ["who calls round_half_up?", "where is cents_are_odd", "totals", "what is in discounts.py"],
)
def test_a_name_that_is_right_or_like_no_other_is_no_slip(query):
    assert "did you mean" not in ask(query).stderr


def test_a_name_that_a_macro_makes_is_no_slip(repo):
    repo.write("shop/tax.h", "#define RATES(X) X(LOW)\nint round_halves = MAKE(round_half_op);\n")

    assert "did you mean" not in ask("where is round_half_op made?", "--no-model").stderr


def test_what_the_index_knows_is_answered_without_the_model(fake):
    done = ask("who calls round_half_up?", *MODEL)

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("`round_half_up` is used in ")
    assert "answered from the index, no model was asked; --fresh asks it" in done.stderr
    assert fake[0].prompts == []


def test_what_the_index_knows_is_told_as_json_too(fake):
    found = json.loads(ask("who calls round_half_up?", "--json", *MODEL).stdout)

    assert (found["model_called"], found["answered_from"]) == (False, "index")
    assert found["answer"]["question"] == "Who calls or uses `round_half_up`?"
    assert found["answer"]["places"][0]["path"]
    assert fake[0].prompts == []


def test_the_model_is_asked_all_the_same_when_that_is_wanted(fake):
    ask("who calls round_half_up?", "--fresh", *MODEL)

    assert len(fake[0].prompts) == 1


def test_what_the_index_knows_needs_no_model_to_be_set():
    done = ask("who calls round_half_up?")

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("`round_half_up` is used in ")
    assert "no model was asked; --context shows the code around it" in done.stderr
    assert ask("who calls round_half_up?", "--no-model").stdout == done.stdout
    assert ask("who calls round_half_up?", "--context").stdout.startswith("# Where to look")


def test_a_qualified_name_is_told_from_its_namesakes(repo):
    repo.write(
        "shop/plugins.py",
        """\
class Plugin:
    def register(self, app): ...

class Late(Plugin):
    def install(self, app):
        self.register(app)

class Signal:
    def register(self, app): ...

def start(plugin: Plugin, signal):
    plugin.register(1)
    Signal.register(signal, 2)
""",
    )
    repo.write("shop/codec.py", "import codecs\n\ncodecs.register(None)\n")

    told = ask("what calls Plugin.register?", "--no-model").stdout.splitlines()

    assert told[0].endswith("in files that name `Plugin`; 2 other uses of `register` left out:")
    assert told[1:] == ["- shop/plugins.py:6 Late.install", "- shop/plugins.py:12 start"]


# --- answers that are kept ---------------------------------------------------------------------


def test_the_same_question_is_answered_without_another_call(here, fake):
    first = ask(QUESTION, *MODEL)
    again = ask(QUESTION, *MODEL)

    assert len(fake[0].prompts) == 1
    assert again.stdout == first.stdout
    assert " s ago, no model was asked: question, notes and code are the same; --fresh" in (
        again.stderr
    )
    assert "struck what does not exist" in again.stderr
    with closing(read_store(here)) as db:
        assert db.value("select count(*) from calls") == 1


def test_an_answer_that_is_kept_says_so_in_json(fake):
    ask(QUESTION, *MODEL)

    found = json.loads(ask(QUESTION, "--json", *MODEL).stdout)

    assert (found["model_called"], found["answered_from"]) == (False, "kept")
    assert found["answer"]["usd"] == 0.0
    assert found["answer"]["asked_at"] > 0
    assert len(fake[0].prompts) == 1


def test_a_kept_answer_can_be_asked_for_anew(fake):
    ask(QUESTION, *MODEL)
    anew = json.loads(ask(QUESTION, "--fresh", "--json", *MODEL).stdout)

    assert (anew["model_called"], anew["answer"]["asked_at"]) == (True, None)
    assert len(fake[0].prompts) == 2


def test_an_answer_is_kept_for_this_code_only(repo, fake):
    ask(QUESTION, *MODEL)
    repo.write("shop/cart.py", CART.replace("round_half_up", "round_half_down"))

    ask(QUESTION, *MODEL)

    assert len(fake[0].prompts) == 2


def test_an_answer_is_kept_for_this_model_only(fake):
    ask(QUESTION, *MODEL)
    fake[0] = FakeModel("By another.", name="fake/other")

    assert ask(QUESTION, "--model", "fake/other").stdout == "By another.\n"


def test_an_answer_that_was_cut_is_not_kept(fake):
    fake[0] = FakeModel(Reply("Half up, because", Usage(9, 9), "m", "length"), "Half up.")
    ask(QUESTION, *MODEL)

    assert ask(QUESTION, *MODEL).stdout == "Half up.\n"


def test_that_the_daemon_cannot_tell_what_is_ignored_is_told_with_the_context(here, monkeypatch):
    ask(QUESTION, "--context")
    here.socket_file.touch()
    monkeypatch.setattr("repo_sleeper.daemon.verbs.reconcile", lambda *_, **__: {"complete": False})

    result = ask(QUESTION, "--context")

    assert "1. shop/cart.py" in result.stdout
    assert "git cannot say which files are ignored" in result.stderr
