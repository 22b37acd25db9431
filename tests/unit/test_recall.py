from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.history import CoChange
from repo_sleeper.domain.model import Reply, Usage
from repo_sleeper.domain.notes import Anchor, Evidence, Note, NoteKind, Origin
from repo_sleeper.domain.recall import Context
from repo_sleeper.domain.thoughts import CallState
from repo_sleeper.errors import BudgetError, ModelReplyError, ModelServerError
from repo_sleeper.recall import names, neighbours
from repo_sleeper.recall.answer import Answer, answer, context, prompt_for
from repo_sleeper.recall.citations import checked
from repo_sleeper.recall.content import drivers, search_content
from repo_sleeper.recall.context import NO_WORDS, Scope, contexts
from repo_sleeper.recall.names import search_names
from repo_sleeper.recall.pack import NOTHING
from repo_sleeper.recall.paths import Paths
from repo_sleeper.recall.question import understand
from repo_sleeper.recall.retrieve import retrieve
from repo_sleeper.store import history, questions, search, topics, versions
from repo_sleeper.store.database import open_database
from repo_sleeper.store.search import Term
from repo_sleeper.store.tree import Tree
from tests.fakes import FakeModel
from tests.searchable import CART, Searchable, shop


@pytest.fixture
def tree(db, tmp_path) -> Searchable:
    return shop(db, tmp_path / "shop")


def asked(tree: Searchable, query: str, *, sent: bool = False, **changed: int) -> Context:
    limits = {"budget": 1200, "files": 20, **changed}
    scope = Scope(limits["files"], sent=sent)
    return context(place(tree), query, budget=limits["budget"], scope=scope)


def place(tree: Searchable) -> Tree:
    return Tree(tree.db, tree.tree, tree.root, "c0ffee")


def paths(found: Context) -> list[str]:
    return [hit.path for hit in found.files]


def whys(found: Context, path: str) -> tuple[str, ...]:
    return next(hit.why for hit in found.files if hit.path == path)


# --- finding ----------------------------------------------------------------------------------


def test_the_file_whose_words_history_and_symbols_agree_comes_first(tree):
    found = asked(tree, "How are totals of the cart rounded?")

    assert paths(found)[0] == "shop/cart.py"
    assert found.files[0].score > found.files[1].score
    assert "changed in 2 commits about 'rounded'" in whys(found, "shop/cart.py")
    assert found.tokens <= 1200
    assert "   8| " in found.text


def test_a_symbol_that_is_named_is_found_with_its_lines(tree):
    found = asked(tree, "what does `round_half_up` do")

    first = found.symbols[0]
    assert (first.path, first.name, first.range) == ("shop/cart.py", "round_half_up", Range(14, 16))
    assert "defines round_half_up" in whys(found, "shop/cart.py")


def test_a_place_that_is_named_comes_first_whatever_the_words_say(tree):
    found = asked(tree, "totals of carts rounded, see mail.py:3")

    assert paths(found)[0] == "shop/mail.py"
    assert "the question names shop/mail.py:3" in whys(found, "shop/mail.py")
    assert found.symbols[0].name in {"send_receipt", "Cart.total"}


def test_the_path_of_another_machine_is_found_by_its_end(tree):
    trace = 'File "/srv/app/shop/cart.py", line 9, in total'

    assert paths(asked(tree, trace))[0] == "shop/cart.py"


def code_of(found: Context) -> list[str]:
    """The heads of the code that is shown, in order."""
    return [line for line in found.text.splitlines() if line.startswith("<file ")]


def long_code(name: str) -> str:
    """A function of sixty lines whose beginning has the words that are asked for."""
    steps = "".join(f"    step({number})\n" for number in range(4, 61))
    return f"def {name}(cart):\n    # totals of carts rounded\n    total = 0\n{steps}"


def test_the_lines_that_are_named_are_the_first_code_shown(tree):
    tree.write("shop/till.py", long_code("till"))

    found = asked(tree, "totals of carts rounded, see till.py:40")

    assert code_of(found)[0] == '<file path="shop/till.py" lines="33-43">'
    assert "  40|     step(40)\n" in found.text


def test_a_line_that_is_not_there_is_told_with_the_end_of_its_file(tree):
    said = "the question names shop/cart.py:999, and the file ends at 16"

    found = asked(tree, "what is wrong in shop/cart.py:999")

    assert whys(found, "shop/cart.py")[0] == said
    last = whys(asked(tree, "what is wrong in shop/cart.py:16"), "shop/cart.py")
    assert last[0] == "the question names shop/cart.py:16"


def test_no_reason_is_without_its_words(tree):
    tree.write("shop/other.py", "def g():\n    # update, update and support\n    return 1\n")

    found = asked(tree, "Update the support of totals of the cart")

    assert "shop/other.py" in paths(found)
    assert all(why == why.strip() for hit in found.files for why in hit.why)


def test_a_trace_shows_where_it_went_wrong_first(tree):
    for name in ("bill", "till"):
        tree.write(f"shop/{name}.py", long_code(name))
    frames = [f'File "/srv/app/shop/{name}.py", line 40, in f' for name in ("bill", "till")]
    trace = "\n".join(("Traceback (most recent call last):", *frames, "ValueError: carts"))

    assert [head.split('"')[1] for head in code_of(asked(tree, trace))[:2]] == [
        *("shop/till.py", "shop/bill.py")
    ]


def test_an_absolute_path_of_a_trace_is_pointed_at_when_all_of_ours_is_its_end(tree):
    tree.write("till.js", "const one = 1;\n")
    trace = "at pay (/srv/app/shop/cart.py:9:3)\nat till (/srv/lib/till.js:1:1)"

    assert retrieve(tree.db, tree.tree, understand(trace)).pointed == (
        *(("shop/cart.py", 8), ("till.js", 0)),
    )


def test_a_line_of_a_file_of_the_same_name_elsewhere_is_not_shown(tree):
    there = 'File "/usr/lib/python3/site-packages/pkg/mail.py", line 2, in send'
    found = retrieve(tree.db, tree.tree, understand(f"{there}\ncarts rounded, mail.py:3"))

    assert found.pointed == (("shop/mail.py", 2),)


def test_code_is_shown_only_of_files_that_are_listed(tree):
    found = asked(tree, "totals of carts rounded", files=1)

    assert {head.split('"')[1] for head in code_of(found)} <= set(paths(found))


def test_one_line_that_a_pointer_shows_is_not_shown_twice(tree):
    tree.write("shop/rates.py", "VAT_RATE = 19\n")

    text = asked(tree, "what is `VAT_RATE`").text

    assert text.count("VAT_RATE = 19") == 1


def test_a_test_is_told_apart_from_what_it_tests(tree):
    found = asked(tree, "round_half_up in the cart")

    assert "tests shop/cart.py" in whys(found, "tests/test_cart.py")


def test_prose_ranks_below_code_unless_it_is_asked_for(tree):
    code_first = paths(asked(tree, "receipts mailed totals rounded"))
    docs_first = paths(asked(tree, "where does the guide say receipts are mailed, totals rounded?"))
    changed = paths(asked(tree, "guide documentation: receipts mailed totals rounded"))

    assert code_first.index("docs/guide.md") > 0
    assert docs_first[0] == "docs/guide.md"
    assert code_first.index("docs/guide.md") > changed.index("docs/guide.md") > 0


@pytest.mark.parametrize(
    "query",
    [
        *("who calls `round_half_up`?", "tests for total", "callers of round_half_up"),
        *("find all callers of round_half_up", "round_half_up callers", "is round_half_up used"),
        *("list everything that calls round_half_up", "references to round_half_up"),
    ],
)
def test_what_the_index_can_answer_stands_at_the_top(tree, query):
    text = asked(tree, query).text

    answered = text.partition("## From the index\n")[2].partition("\n\n## Files")[0]
    assert answered.startswith(("`round_half_up` is used in ", "Tests use `total` in "))
    assert ".py:" in answered


def test_a_change_that_names_something_is_no_question_for_a_fact(tree):
    assert "## From the index" not in asked(tree, "Use round_half_up").text
    assert "## From the index" not in asked(tree, "Test round_half_up").text
    assert "## From the index" not in asked(tree, "Call round_half_up").text


@pytest.mark.parametrize(
    "query",
    [
        *("gone/none.py:12", "who calls total_of_nothing?", "subclasses of CartTotals"),
        "what is the default of receiptsMailed where totals are rounded?",
    ],
)
def test_a_place_or_a_callee_that_is_not_here_is_not_answered_by_its_words(tree, query):
    assert paths(asked(tree, query)) == []


def test_a_class_that_is_a_plain_word_is_found_where_it_is_written_as_a_name(tree):
    tree.write("shop/world.py", "class Surrounding:\n    pass\n")

    assert "shop/world.py" in paths(asked(tree, "what are the heirs of Surrounding?"))
    assert paths(asked(tree, "what are the heirs of Elsewhere?")) == []


def test_what_is_only_named_is_found_for_who_asks_for_its_users(tree):
    tree.write("lib/reply.js", "reply[kRouteContext].parse(reply[kCartRoute])\n")

    found = asked(tree, "who uses kRouteContext?")

    assert "names kRouteContext" in whys(found, "lib/reply.js")


def test_one_word_alone_is_the_name_of_something(tree):
    found = asked(tree, "Cart")

    assert found.symbols[0].name == "Cart"
    assert "defines Cart" in whys(found, "shop/cart.py")


@pytest.mark.parametrize(
    "query",
    [
        "where is vary defined?",
        "where is the function vary",
        "what does vary do",
        "definition of vary",
    ],
)
def test_who_asks_where_one_thing_is_defined_is_shown_its_definition(tree, query):
    tree.write("shop/reply.py", "def vary(header):\n    return header\n")
    tree.write("docs/words.md", "Where a function vary is defined, and what defined means.\n" * 9)

    assert paths(asked(tree, query))[0] == "shop/reply.py"
    assert not asked(tree, query.replace("vary", "zzyzx")).files


def test_a_name_with_its_mark_is_a_sure_sign_whatever_else_is_said(tree):
    tree.write("lib/app.rb", "class App\n  def dispatch!\n    route\n  end\nend\n")

    assert paths(asked(tree, "why is dispatch! so zzyzx with qwertz 401"))[0] == "lib/app.rb"
    assert not asked(tree, "why is dispatcher! so zzyzx with qwertz 401").files


def test_a_written_folder_means_what_is_in_it(tree):
    found = paths(asked(tree, "what is in ./tests/"))

    assert found[0].startswith("tests/")


@pytest.mark.parametrize("query", ["What is this repository?", "how is the project structured"])
def test_who_asks_what_all_of_this_is_gets_what_introduces_it(tree, query):
    tree.write("README.md", "# The shop\n\nSells things.\n")
    tree.write("docs/README.md", "# Of the docs\n")

    found = asked(tree, query)

    assert paths(found)[0] == "README.md"
    assert whys(found, "README.md") == ("introduces the repository",)


def test_who_calls_something_is_answered_by_its_users(tree):
    found = asked(tree, "who calls `total`?")

    assert "uses total" in " ".join(whys(found, "tests/test_cart.py"))


def test_a_name_that_every_file_uses_leaves_room_for_the_users_of_another(tree, monkeypatch):
    monkeypatch.setattr(names, "_USERS", 5)
    for number in range(6):
        tree.write(f"a/part{number}.py", "def part():\n    raise OutOfStock(1)\n")
    tree.write("z/late.py", "def late():\n    return reserved_until(1)\n")

    found = search_names(tree.db, tree.tree, understand("OutOfStock reserved_until"))

    assert found.caller["z/late.py"] == 1.0


def test_files_that_change_together_are_lent_weight(tree):
    history.save_co_changes(tree.db, [CoChange("shop/cart.py", "shop/mail.py", 3, 4)])

    found = asked(tree, "round half up")

    assert "changes together with shop/cart.py" in whys(found, "shop/mail.py")


def test_what_changes_with_a_leader_most_surely_counts_in_full_however_unsure(tree):
    history.save_co_changes(
        tree.db,
        [
            CoChange("shop/cart.py", "shop/mail.py", 4, 40),
            CoChange("shop/cart.py", "docs/guide.md", 3, 60),
        ],
    )

    lent_to, _ = neighbours.lent(tree.db, tree.tree, {"shop/cart.py": 1.0})

    assert lent_to["co-change"] == {"shop/mail.py": 0.1, "docs/guide.md": 0.05}
    assert lent_to["company"] == {"shop/mail.py": 1.0, "docs/guide.md": 0.5}


def test_our_own_settings_are_found_only_by_their_name(tree):
    tree.write(".sleeper.toml", "# totals of carts rounded: settings\n")

    assert ".sleeper.toml" not in paths(asked(tree, "totals of carts rounded"))
    assert ".sleeper.toml" in paths(asked(tree, "carts in .sleeper.toml"))


def test_only_live_files_are_found(tree):
    tree.write("shop/cart.py", "def nothing_here():\n    pass\n")

    assert "round_half_up" not in asked(tree, "round half up totals").text


def test_lines_that_are_not_what_the_index_has_read_are_not_shown(tree):
    (tree.root / "shop/cart.py").write_text("# changed since\n" + CART)
    shown = asked(tree, "How are totals of the cart rounded?").text

    assert "shop/cart.py" in shown
    assert '<file path="shop/cart.py"' not in shown


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_file_that_cannot_be_read_shows_no_lines(tree, kind):
    (tree.root / "shop/cart.py").unlink()
    if kind == "folder":
        (tree.root / "shop/cart.py").mkdir()

    assert '<file path="shop/cart.py"' not in asked(tree, "totals of the cart rounded").text


def test_a_key_over_many_lines_is_never_shown(tree):
    body = "\n".join("Qx7" * 20 for _ in range(30))
    mark = "PRIVATE KEY"
    tree.write(
        "shop/sign.py",
        f'def sign(invoice):\n    key = """-----BEGIN {mark}-----\n{body}\n'
        f'-----END {mark}-----"""\n'
        "    return seal_invoice(key, invoice)\n",
    )

    text = asked(tree, "how is `seal_invoice` used to sign an invoice").text

    assert "shop/sign.py" in text
    assert "Qx7Qx7" not in text


@pytest.mark.parametrize(("secrets", "code_sent"), [(10, True), (11, False)])
def test_code_of_a_store_of_secrets_is_shown_here_but_never_sent(tree, secrets, code_sent):
    keys = "".join(f'    "{n}": "ghp_{"a1B2" * 8}{n:04}",\n' for n in range(secrets))
    tree.write("shop/keys.py", f"def relay_keys():\n    return {{\n{keys}    }}\n")
    question = "what are the `relay_keys`"

    shown, to_send = asked(tree, question).text, asked(tree, question, sent=True).text

    assert '<file path="shop/keys.py"' in shown
    assert ('<file path="shop/keys.py"' in to_send) is code_sent
    assert "1. shop/keys.py" in to_send


# --- abstaining -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "how do I bake sourdough bread at home",
        "購物車在哪裡",
        "¿por qué llueve tanto en Bilbao?",
        '"AND" OR NEAR(* ^',
    ],
)
def test_a_question_about_nothing_here_gets_nothing(tree, query):
    found = asked(tree, query)

    assert (found.files, found.symbols, found.notes) == ((), (), ())
    assert found.text == f"{NOTHING}\n"


def test_a_question_of_stop_words_is_told_so(tree):
    assert asked(tree, "what is it?").text == f"{NO_WORDS}\n"


def test_an_empty_index_is_no_mistake(tmp_path, db):
    assert asked(Searchable(db, tmp_path), "where is the cart").files == ()


def test_the_same_question_twice_gives_the_same_bytes(tree):
    assert asked(tree, "totals of the cart") == asked(tree, "totals of the cart")


def test_fewer_files_and_tokens_are_kept_to(tree):
    found = asked(tree, "totals of the cart rounded", files=1, budget=60)

    assert len(found.files) == 1
    assert found.tokens <= 60


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=st.text(max_size=80))
def test_any_question_at_all_has_an_answer(tree, query):
    found = asked(tree, query)

    assert found.tokens <= 1200
    assert all(0.0 <= hit.score <= 1.0 for hit in found.files)


# --- notes ------------------------------------------------------------------------------------


def note_on(path: str, title: str, **changed: object) -> Note:
    one = Note(
        id=f"id-{title}",
        kind=NoteKind.HOTSPOT,
        title=title,
        body="Totals are rounded once, at the end of the cart.",
        confidence=0.9,
        origin=Origin.SURVEY,
        subject=path,
        evidence=(Evidence(path, Range(0, 1), "", Anchor.PATH),),
    )
    return one._replace(**changed)  # type: ignore[arg-type]


def test_fresh_notes_about_the_question_are_packed_and_stale_ones_are_not(tree):
    given_notes = [note_on("shop/cart.py", "rounding"), note_on("shop/gone.py", "rounding gone")]
    versions.save_survey_notes(
        tree.db,
        given_notes,
        kinds=[NoteKind.HOTSPOT],
        inputs={note.id: "1" for note in given_notes},
    )

    found = asked(tree, "how are totals of the cart rounded")

    assert [note.title for note in found.notes] == ["rounding"]
    assert "hotspot: rounding." in found.text
    assert "gone" not in found.text


def test_a_models_note_on_a_file_that_the_index_lags_behind_is_not_packed(tree):
    given = note_on("shop/cart.py", "rounding", origin=Origin.MODEL)
    versions.save_survey_notes(tree.db, [given], kinds=[given.kind], inputs={given.id: "1"})
    question = "how are totals of the cart rounded"
    assert [note.title for note in asked(tree, question).notes] == ["rounding"]

    (tree.root / "shop/cart.py").write_text("# changed since\n" + CART)

    found = asked(tree, question)
    assert found.notes == ()
    assert "noted: rounding" not in found.text


def test_counted_facts_wait_for_their_own_question(tree):
    fact = note_on("shop/cart.py", "Who calls or uses `rounding`?", kind=NoteKind.QUESTION)
    versions.save_survey_notes(tree.db, [fact], kinds=[NoteKind.QUESTION], inputs={fact.id: "1"})

    assert asked(tree, "how are totals of the cart rounded").notes == ()


# --- the pieces -------------------------------------------------------------------------------


def test_common_words_do_not_drive_the_search():
    terms = [Term(word, word, count, 0) for word, count in (("a", 1), ("b", 30), ("self", 900))]

    assert [term.word for term in drivers(terms, total=1000)] == ["a", "b"]


def test_common_words_drive_when_there_are_no_others():
    terms = [Term("a", "a", 1, 0), Term("self", "self", 900, 0), Term("def", "def", 950, 0)]

    assert [term.word for term in drivers(terms, total=1000)] == ["a", "self"]


def test_the_search_reads_a_limited_number_of_rows():
    terms = [Term("a", "a", 900, 0), Term("b", "b", 900, 0), Term("c", "c", 900, 0)]

    assert len(drivers(terms, total=100_000, rows=1000)) == 1


def test_weak_words_order_but_prove_nothing(tree):
    known = search.terms(tree.db, ["rounding"])
    weak = search.terms(tree.db, ["total"])
    paths = Paths({}, {}, {}, {})

    alone = search_content(tree.db, tree.tree, known, paths)
    both = search_content(tree.db, tree.tree, known, paths, weak=weak)

    assert sum(both.text.values()) > sum(alone.text.values())
    assert both.coverage == alone.coverage
    assert {word for words in both.words.values() for word in words} == {"rounding"}


def test_words_of_one_stem_are_one_term(tree):
    found = search.terms(tree.db, ["rounded", "rounding", "zzz"])

    assert sorted(term.stem for term in found) == ["round", "zzz"]


def test_renamed_paths_are_credited_under_the_name_they_have(tree):
    tree.db.execute("update history_paths set successor = 'shop/post.py' where path like '%mail%'")

    (found,) = topics.commits_about(tree.db, ["smtp"], limit=5, widest=30)

    assert (found.subject, found.paths, found.age) == ("Retry the smtp relay", ("shop/post.py",), 1)


def test_a_question_is_remembered_where_that_is_possible(tree):
    questions.remember(tree.db, "why?", now=5.0, paths=["a.py"], notes=[])

    row = tree.db.row("select at, text, paths, notes from questions")
    assert row is not None
    assert tuple(row) == (5.0, "why?", '["a.py"]', "[]")


def test_a_question_that_cannot_be_remembered_stops_nobody():
    database = open_database()
    database.execute("pragma query_only = on")

    assert not questions.remember(database, "why?", now=5.0, paths=[], notes=[])

    database.close()


def test_an_empty_question_retrieves_nothing(tree):
    assert retrieve(tree.db, tree.tree, understand("")).ranked == ()


# --- the model --------------------------------------------------------------------------------


def answered(tree: Searchable, model: FakeModel, *, refusal: str = "") -> Answer:
    return answer(
        asked(tree, "how are totals of the cart rounded"),
        model=model,
        db=tree.db,
        tree_id=tree.tree,
        clock=lambda: 1_000_000.0,
        refusal=lambda *_: refusal,
    )


def calls(tree: Searchable) -> list[tuple[str, str]]:
    return [tuple(row) for row in tree.db.rows("select state, error_kind from calls")]


def test_what_never_changes_is_sent_first_and_the_question_last(tree):
    found = asked(tree, "how are totals of the cart rounded")

    prompt = prompt_for(found, max_tokens=50)

    assert prompt.user.startswith(found.text)
    assert prompt.user.endswith("## Question\nhow are totals of the cart rounded\n")
    assert ("shop/cart.py", Range(3, 11)) in prompt.ranges or prompt.ranges
    assert prompt.system == prompt_for(asked(tree, "mail receipts"), max_tokens=50).system


def test_a_secret_in_the_question_is_not_sent(tree):
    key = "AKIA" + "IOSFODNN7EXAMPLQ"

    prompt = prompt_for(asked(tree, f"does the cart use {key}"), max_tokens=50)

    assert key not in prompt.user
    assert prompt.redactions == 1


def test_citations_that_do_not_exist_are_struck(tree):
    said = answered(tree, FakeModel("See shop/cart.py:9 and shop/cart.py:900, not shop/no.py:1."))

    assert said.citations == ("shop/cart.py:9",)
    assert said.struck == ("shop/cart.py:900", "shop/no.py:1")
    assert "~~shop/cart.py:900~~ (no such line)" in said.text
    assert calls(tree) == [(CallState.SETTLED, "")]


@pytest.mark.parametrize(
    "text",
    [
        *("at 12:30", "localhost:8000", "http://example.com:80/x", "version 1.2:3", "a: 5"),
        *("about line 5", "Python 3, line 2"),
    ],
)
def test_what_only_looks_like_a_citation_is_left_alone(tree, text):
    assert checked(tree.db, tree.tree, text) == (text, (), ())


@pytest.mark.parametrize(
    ("text", "exists"),
    [
        *(("shop/cart.py:1-16", True), ("shop/cart.py:1-99", False), ("shop/cart.py:0", False)),
        *(("shop/cart.py:1,16", True), ("shop/cart.py:1,99", False), ("shop/cart.py:9-3", False)),
        *(("./shop/cart.py:3", True), ("cart.py:3", True), ("none.py:3", False)),
        *(("shop/cart.py#L3", True), ("shop/cart.py#L99", False), ("shop/cart.py:L99", False)),
        *(("shop/cart.py, line 3", True), ("shop/cart.py, lines 3-99", False)),
    ],
)
def test_a_range_exists_when_all_of_it_does(tree, text, exists):
    _, good, struck = checked(tree.db, tree.tree, text)

    assert (bool(good), bool(struck)) == (exists, not exists)


def test_a_file_without_an_ending_is_cited_like_any_other(tree):
    tree.write("Dockerfile", "FROM python\n")

    _, good, struck = checked(tree.db, tree.tree, "see Dockerfile:1 and Dockerfile:9")

    assert (good, struck) == (("Dockerfile:1",), ("Dockerfile:9",))


def test_what_the_index_left_out_is_not_called_missing(tree):
    tree.db.execute("insert into skipped values (?, 'uv.lock', 'lock file')", (tree.tree,))

    assert checked(tree.db, tree.tree, "see uv.lock:3") == ("see uv.lock:3", (), ())


def test_an_answer_that_was_cut_says_so(tree):
    reply = Reply("half an ans", Usage(10, 5), "fake/model", finish="length")

    assert answered(tree, FakeModel(reply)).cut


def test_nothing_is_sent_beyond_the_budget(tree):
    model = FakeModel("never")

    with pytest.raises(BudgetError):
        answered(tree, model, refusal="the budget is used up")

    assert model.prompts == []
    assert calls(tree) == []


def test_a_failed_call_is_in_the_ledger(tree):
    with pytest.raises(ModelServerError):
        answered(tree, FakeModel(ModelServerError("503")))

    assert calls(tree) == [(CallState.FAILED, "server")]


def test_an_empty_answer_is_an_error_that_was_paid_for(tree):
    with pytest.raises(ModelReplyError):
        answered(tree, FakeModel(" \n"))

    assert calls(tree) == [(CallState.SETTLED, "reply")]


def test_files_that_import_each_other_are_lent_weight(tree):
    with tree.db.transaction():
        tree.db.many(
            "insert or ignore into links (tree_id, path, line, target) values (?, ?, ?, ?)",
            [
                (tree.tree, "shop/mail.py", 0, "shop/cart.py"),
                (tree.tree, "shop/cart.py", 0, "docs/guide.md"),
            ],
        )

    found = asked(tree, "round half up")

    assert "imports shop/cart.py" in whys(found, "shop/mail.py")
    assert "imported by shop/cart.py" in whys(found, "docs/guide.md")


def test_several_budgets_are_packed_as_each_would_be_alone(tree):
    both = contexts(place(tree), "totals of the cart", budgets=[100, 1200], scope=Scope(20))

    assert both == [
        asked(tree, "totals of the cart", budget=100),
        asked(tree, "totals of the cart", budget=1200),
    ]
