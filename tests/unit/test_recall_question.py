from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.recall.question import held, understand
from repo_sleeper.recall.written import Place


def test_words_are_split_lowered_and_each_kept_once():
    question = understand("Why does getHTTPUrl drop the URL of a redirect_target?")

    assert question.words == ("http", "url", "redirect", "target")


def test_verbs_of_commit_subjects_count_only_when_there_is_nothing_else():
    assert understand("Fix rounding").words == ("rounding",)
    assert understand("fix bug").words == ("fix", "bug")


def test_numbers_of_issues_are_no_words():
    assert understand("Handle zstd responses (#3412)").words == ("zstd", "responses")


@pytest.mark.parametrize("text", ["what is it?", "the of and", "?!", "", "a"])
def test_only_stop_words_are_nothing_to_look_for(text):
    assert understand(text).is_empty


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("where is `total` set", ("total",)),
        ('what does "Cart.total" do', ("total", "Cart")),
        ("who calls round_half_up()", ("round_half_up",)),
        ("shop::Cart::total", ("total", "Cart")),
        ("CookieJar is empty", ("CookieJar",)),
        ("it's the user's basket", ()),
        ("`a b c`", ()),
    ],
)
def test_names_are_what_is_quoted_or_looks_like_code(text, names):
    assert understand(text).names == names


def test_neighbouring_words_make_guesses_in_every_usual_spelling():
    guesses = understand("round half up").guesses

    assert {"round_half", "RoundHalf", "roundHalf", "roundhalf"} <= set(guesses)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("see shop/cart.py:12 please", (Place("shop/cart.py", 12),)),
        ("in ./shop/cart.py", (Place("shop/cart.py"),)),
        (r"in shop\cart.py", (Place("shop/cart.py"),)),
        ("at total (src/cart.ts:4:11)", (Place("src/cart.ts", 4),)),
        ("cart.py and cart.py:7", (Place("cart.py", 7),)),
        ("everything in src/shop", (Place("src/shop"),)),
        ("at pay (/srv/shop/lib/pay.js:19:12)", (Place("srv/shop/lib/pay.js", 19),)),
        (r"at C:\shop\pay.js:19", (Place("shop/pay.js", 19),)),
        ("Error in /srv/shop/Pay.php on line 120", (Place("srv/shop/Pay.php", 120),)),
        ("cart.rb, line 7", (Place("cart.rb", 7),)),
        ("   in /_/src/Cart.cs:line 41", (Place("_/src/Cart.cs", 41),)),
        ("e: file:///srv/shop/Cart.kt:45:12 Unresolved", (Place("srv/shop/Cart.kt", 45),)),
        ("./serve.sh: line 12: total: command not found", (Place("serve.sh", 12),)),
        ("src/[slug]/page.ts:4 and", (Place("src/[slug]/page.ts", 4),)),
        ("pages/@[user]/[...rest].tsx", (Place("pages/@[user]/[...rest].tsx"),)),
        ("bin/serve: line 12: total: not found", (Place("bin/serve", 12),)),
        ("see https://example.org/shop/cart.html", ()),
        ("no place", ()),
    ],
)
def test_places_are_written_paths(text, places):
    assert understand(text).places == places


def test_a_python_stack_trace_gives_its_frames():
    trace = 'File "/app/shop/cart.py", line 9, in total\n    raise ValueError'

    question = understand(trace)

    assert question.places[0] == Place("app/shop/cart.py", 9)
    assert "total" in question.names


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("why is save! slow", ("save!",)),
        ("who calls Cart.save!", ("save!",)),
        ("does empty? look at items", ("empty?",)),
        ("who sets path=", ("path=",)),
        ("is it empty?", ()),
        ("is it empty? And why", ()),
        ("total != 1, rate=1.5, it == 2", ()),
    ],
)
def test_words_with_a_mark_after_them_may_be_names(text, marked):
    assert understand(text).marked == marked
    assert understand("`save!` and `empty?`").names == ("save!", "empty?")


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("where is total defined?", "total"),
        ("Where's the function total", "total"),
        ("what does the method total do", "total"),
        ("where is the Cart class implemented", "Cart"),
        ("find the definition of total", "total"),
        ("how does checkout work?", "checkout"),
        ("where is get defined", "get"),
        ("what is it?", ""),
        ("where is the tax rate defined", ""),
        ("who calls total", ""),
        ("Fix total", ""),
    ],
)
def test_one_word_that_a_question_is_about_may_be_a_name(text, sought):
    question = understand(text)

    assert question.sought == sought
    assert not sought or set(question.words) <= {sought.lower()}


def test_that_something_is_defined_does_not_say_where():
    assert understand("where is the tax rate defined").words == ("tax", "rate")


def test_a_long_word_costs_no_time_to_look_for_a_mark_after():
    assert not understand("x" * 200_000 + " " + "x." * 100_000).marked


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("who calls total?", True),
        ("callers of total", True),
        ("which functions invoke total", True),
        ("find all references to total", True),
        ("total callers", True),
        ("Remove references to total", False),
        ("how is total computed", False),
    ],
)
def test_questions_for_callers_are_understood(text, wanted):
    assert understand(text).wants_callers is wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cart NEAR total", ("cart", "total")),
        ("cart NEAR total NEAR/5 price", ("cart", "total", "price")),
        ("cart AND total OR price", ("cart", "total", "price")),
        ('"cart" NOT total*', ("cart", "total")),
        ("name:cart", ("name", "cart")),
        ("NEAR", ("near",)),
        ("what does NEAR do", ("near",)),
        ("how is NEAR parsed in queries", ("near", "parsed", "queries")),
        ("cart near total", ("cart", "near", "total")),
    ],
)
def test_operators_of_searches_are_no_words_to_look_for_between_others(text, words):
    assert understand(text).words == words


def test_a_long_word_costs_no_time_to_look_for_operators_in():
    assert understand("x" * 200_000 + " " * 200_000).words


def test_questions_for_documentation_are_understood():
    assert understand("where are the docs").wants_prose
    assert not understand("where is the cart").wants_prose


def test_words_are_alike_when_one_begins_with_the_other():
    assert held("Rounding of totals", ["round", "total", "of", "cart"]) == ["round", "total", "of"]
    assert held("red", ["re"]) == []


@given(st.text())
def test_any_text_can_be_understood_twice_alike(text):
    assert understand(text) == understand(text)


def test_a_long_text_takes_no_time_worth_mentioning():
    text = "a/" * 10_000 + "`" * 5_000 + "word_" * 5_000 + '"' * 4_001

    assert understand(text).text == text


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("fix(runtime-core): warn about v-for", ("runtime", "core")),
        ("parser: read blocks", ("parser",)),
        ("read blocks in the parser", ()),
        ("Error: no such block", ()),
        ("ParseError: no such block", ()),
        ("error handling: say which block", ("error", "handling")),
    ],
)
def test_the_area_named_before_a_colon_is_its_scope(text, scope):
    assert understand(text).scope == scope


@pytest.mark.parametrize(
    ("text", "change", "reading"),
    [
        ("Fixed the rounding of totals", True, False),
        ("fix(cart): round once", True, False),
        ("How are totals rounded?", False, True),
        ("why does removing a line fail", False, True),
        ("rounding of totals", False, False),
    ],
)
def test_a_request_for_a_change_is_told_from_a_wish_to_read(text, change, reading):
    found = understand(text)

    assert (found.wants_change, found.wants_reading) == (change, reading)


def test_what_else_is_asked_for_is_known():
    found = understand("add tests, examples and a template for carts")

    assert (found.wants_tests, found.wants_aside, found.wants_pages) == (True, True, True)
    assert not understand("round the totals").wants_tests


def test_what_is_done_is_kept_apart_from_where():
    question = understand("Fix rounding of totals when the file is moved")

    assert question.words == ("rounding", "totals")
    assert question.weak == ("fix", "file", "moved")


def test_each_frame_of_a_trace_is_a_place_of_its_own() -> None:
    trace = 'File "a/b.py", line 3, in one\n  two()\nFile "a/b.py", line 9, in two\n'

    found = understand(trace)

    assert found.places == (Place("a/b.py", 3), Place("a/b.py", 9))
    assert found.names[:2] == ("one", "two")


@pytest.mark.parametrize(
    ("text", "names"), [("jsonify", ("jsonify",)), ("a jsonify", ()), ("is", ()), ("42", ())]
)
def test_a_word_alone_is_a_name(text: str, names: tuple[str, ...]) -> None:
    assert understand(text).names == names
