"""A quoted text leads to the place that says it, in whatever language, literal or comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.recall.context import Scope, context
from repo_sleeper.recall.question import understand
from repo_sleeper.recall.quotes import quotes_in, search_quotes
from repo_sleeper.recall.retrieve import Found, retrieve
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from tests.searchable import Searchable, shop

# Each says the message once, in a literal, and the words of it more often than that apart.
LITERALS = {
    "settle.py": 'def settle(order):\n    raise ValueError(f"cannot settle {order} twice today")\n',
    "settle.go": "package shop\n\nfunc settle(o string) error {\n"
    '\treturn fmt.Errorf("cannot settle %s twice today", o)\n}\n',
    "settle.c": 'int settle(int o) {\n  fprintf(stderr, "cannot settle %d twice today\\n", o);\n'
    "  return 1;\n}\n",
    "settle.js": "function settle(o) {\n  throw new Error(`cannot settle ${o} twice today`)\n}\n",
    "settle.ts": "export function settle(o: string): never {\n"
    "  throw new Error('cannot settle ' + o + ' twice today')\n}\n",
    "settle.rb": 'def settle(order)\n  raise "cannot settle #{order} twice today"\nend\n',
    "Settle.java": "class Settle {\n  void settle(String o) {\n"
    '    throw new Bad("cannot settle " + o + " twice today");\n  }\n}\n',
    "settle.rs": 'fn settle(o: &str) {\n    panic!("cannot settle {} twice today", o);\n}\n',
    "Settle.php": "<?php\nfunction settle($o) {\n"
    "  throw new Bad(sprintf('cannot settle %s twice today', $o));\n}\n",
    "Settle.kt": 'fun settle(o: String) {\n  error("cannot settle $o twice today")\n}\n',
    "Settle.cs": "class Settle {\n  void Run(string o) {\n"
    '    throw new Bad($"cannot settle {o} twice today");\n  }\n}\n',
    "settle.sh": 'settle() {\n  echo "cannot settle $1 twice today" >&2\n}\n',
}
COMMENTS = {
    "settle.py": "def settle(order):\n    # never settle an order after midnight\n    pay(order)\n",
    "settle.go": "package shop\n\n// never settle an order\n// after midnight\nfunc settle() {}\n",
    "settle.c": "/* never settle an order\n * after midnight */\nint settle(void) { return 1; }\n",
    "settle.ts": "/** Never settle an order after midnight. */\nexport function settle() {}\n",
    "settle.rb": "# never settle an order after midnight\ndef settle\nend\n",
    "Settle.java": "class Settle {\n  // never settle an order after midnight\n  int day;\n}\n",
    "settle.rs": "/// Never settle an order after midnight.\nfn settle() {}\n",
}
WORDS = "# settle an order: what it cannot do twice, today or after midnight\n"


def apart(ending: str) -> str:
    """The same words in names, where they prove something, but never side by side."""
    names = ("settle_today", "cannot_twice", "order_never", "twice_settle", "midnight_after")
    body = "".join(f"def {name}(order, today, twice):\n    {WORDS}" for name in names)
    return body if ending == "py" else f"{WORDS * 3}"


@pytest.fixture
def tree(db: Database, tmp_path: Path) -> Searchable:
    made = shop(db, tmp_path / "work")
    made.write("shop/order_settle_today.py", apart("py"))
    return made


def found(tree: Searchable, query: str) -> Found:
    return retrieve(tree.db, tree.tree, understand(query))


def packed(tree: Searchable, query: str) -> str:
    at = Tree(tree.db, tree.tree, tree.root)
    return context(at, query, budget=1_200, scope=Scope(5)).text


@pytest.mark.parametrize("name", LITERALS)
@pytest.mark.parametrize(
    "query",
    [
        'where does "cannot settle 17 twice today" come from?',
        "why do users see 'cannot settle x17 twice today'?",
        "12:04:55 [ERROR] cannot settle 17 twice today",
        "BadError: cannot settle 17 twice today",
    ],
    ids=["quoted", "single quotes", "a line of a log", "an error"],
)
def test_a_message_leads_to_its_literal(tree: Searchable, name: str, query: str) -> None:
    tree.write(f"src/{name}", LITERALS[name])

    assert found(tree, query).ranked[0].path == f"src/{name}"
    (line,) = (line for line in LITERALS[name].splitlines() if "cannot settle" in line)
    assert line.strip() in packed(tree, query)


@pytest.mark.parametrize("name", COMMENTS)
def test_a_quoted_comment_leads_to_where_it_stands(tree: Searchable, name: str) -> None:
    tree.write(f"src/{name}", COMMENTS[name])
    query = 'who wrote "never settle an order after midnight"?'

    assert found(tree, query).ranked[0].path == f"src/{name}"
    assert "after midnight" in packed(tree, query)


def test_what_repeats_a_message_comes_after_what_says_it(tree: Searchable) -> None:
    tree.write("src/settle.py", LITERALS["settle.py"])
    test = "from src.settle import settle\n\n" + "".join(
        f'def test_settle_{number}():\n    assert "cannot settle {number} twice today"\n'
        for number in range(5)
    )
    tree.write("tests/test_settle.py", test)
    quote = '"cannot settle 3 twice today"'

    assert found(tree, f"where does {quote} come from?").ranked[0].path == "src/settle.py"
    assert found(tree, f"which tests expect {quote}?").ranked[0].path == "tests/test_settle.py"


def test_a_quoted_text_that_is_there_is_reason_enough_to_answer(tree: Searchable) -> None:
    tree.write("src/a.py", "def f():\n    print('done with it all')\n")

    query = "how come it says 'done with it all' on my screen every other Tuesday in winter?"

    assert found(tree, query).confidence == 1.0
    assert found(tree, query).reasons["src/a.py"]["quote"] == 'says "done with it all"'


@pytest.mark.parametrize("budget", [200, 300, 1_200])
def test_the_line_that_says_a_message_is_shown_before_other_code(
    tree: Searchable, budget: int
) -> None:
    steps = "".join(f"    step_{number}(order)  # settle, today or twice\n" for number in range(60))
    fails = '    raise ValueError(f"cannot settle {order} twice today")\n'
    tree.write("shop/settle.py", f"def settle(order):\n{steps}{fails}{steps}")
    at = Tree(tree.db, tree.tree, tree.root)

    query = "where does 'cannot settle 7 twice today' come from"
    text = context(at, query, budget=budget, scope=Scope(5)).text

    first = text.partition("## Code\n")[2].partition("</file>")[0]
    assert first.startswith('<file path="shop/settle.py"')
    assert f"  62| {fails}" in first


def test_what_a_file_says_word_for_word_is_one_reason(tree: Searchable) -> None:
    tree.write("src/a.py", "def f():\n    print('cannot settle twice today')\n")

    reasons = found(tree, "where does 'cannot settle twice today' come from?").reasons["src/a.py"]

    assert "quote" in reasons
    assert "wording" not in reasons


def test_what_many_places_say_is_no_quotation_of_one(tree: Searchable) -> None:
    for number in range(13):
        tree.write(f"many/{number}.py", f"def f{number}():\n    return 'not implemented yet'\n")

    assert found(tree, 'where is "not implemented yet"?').quoted == ()


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ('why "no such file"?', ["no such file"]),
        ("it says 'can't open it', then ends", ["can't open it"]),
        ("don't say it isn't so", []),
        ("“no such file” and `a few`", ["no such file", "a few"]),
        ("what does `Cart.total` do", []),
        ('"one" and "two"', []),
        ("'' \"\" ``", []),
    ],
)
def test_quotes_are_of_several_words(text: str, quotes: list[str]) -> None:
    assert quotes_in(text) == quotes


def test_words_that_stand_together_everywhere_take_none_from_what_is_said_once(
    tree: Searchable,
) -> None:
    for number in range(20):
        tree.write(f"shop/p{number}.py", "x = 1  # in the\n")
    tree.write("shop/once.py", "y = 2  # the basket\n")

    found = search_quotes(tree.db, tree.tree, understand('fix "in the basket"'))

    assert found.reasons == {"shop/once.py": {"quote": 'says "the basket"'}}


def test_what_was_indexed_first_does_not_decide_where_a_common_phrase_is_said(
    db: Database, tmp_path: Path
) -> None:
    """The same words stand in the tests more often than anybody reads, and in the program."""
    program = [(f"shop/p{number}.py", "x = 1  # pragma no branch\n") for number in range(9)]
    checks = [(f"tests/test_{n}.py", f"y = {n}  # pragma no branch\n") for n in range(600)]

    def found(name: str, files: list[tuple[str, str]]) -> dict[str, float]:
        tree = Searchable(db, tmp_path / name)
        for path, text in files:
            tree.write(path, f"{text}# {name}\n")
        return dict(search_quotes(db, tree.tree, understand('"pragma no branch" in p1')).scores)

    assert found("one", [*program, *checks]) == found("other", [*checks, *program])
