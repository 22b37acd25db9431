"""What only the texts tell: oversized functions, dead code, the environment, marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.store.survey import Definition
from repo_sleeper.survey.dead import dead_looking, is_private
from repo_sleeper.survey.environment import environment
from repo_sleeper.survey.files import is_generated
from repo_sleeper.survey.oversized import is_inner_test, oversized, own_lines
from repo_sleeper.survey.reading import Texts
from repo_sleeper.survey.todos import todos


def definition(path: str, name: str, lines: int = 100, **about: str) -> Definition:
    return Definition(
        path=path,
        language=about.get("language", "python"),
        name=name.rpartition(".")[2],
        qualified=name,
        kind=about.get("kind", "function"),
        range=Range(0, lines),
        node_hash=7,
        signature=about.get("signature", f"def {name}()"),
    )


# --- oversized --------------------------------------------------------------------------------


def test_only_lines_of_code_of_its_own_are_counted() -> None:
    source = [
        "def f():",
        '    """Says',
        "    much.",
        '    """',
        "    # why",
        "",
        "    x = 1",
        "    def g():",
        "        return 2",
        "    return x",
    ]

    assert own_lines(source, Range(0, 10), [Range(0, 10), Range(7, 9)]) == [
        "def f():",
        "x = 1",
        "return x",
    ]
    assert own_lines(source[:6], Range(0, 10), []) == ["def f():"]


def test_a_template_is_no_code() -> None:
    go = ["func f() {", "  p(`one", "two", '`+"  `$x"+`', "three", "`, name)", "}"]

    assert len(own_lines(go, Range(0, 7), [])) == 3


@pytest.mark.parametrize(
    "source",
    [
        ['  p(r#"one', 'two "x"', '"#);'],
        ['  p(R"x(one', "two", ')x");'],
        ["  cat <<EOF", "two", "EOF"],
        ["  run(<<~SQL)", "two", "  SQL"],
        ["  $x = <<<EOT", "two", "EOT;"],
    ],
    ids=["Rust", "C++", "shell", "Ruby", "PHP"],
)
def test_a_text_with_an_end_of_its_own_is_no_code(source: list[str]) -> None:
    assert own_lines([*source, "go()"], Range(0, 4), []) == [source[0].strip(), "go()"]


def test_a_shift_opens_no_text() -> None:
    assert len(own_lines(["x = 1 << MAX", "y = x<<BITS;", 'r#"one"#'], Range(0, 3), [])) == 3


LOGIC = ["for item in items:", "if item > limit:", "total += item", "log(total)"] * 25


def test_large_functions_of_busy_files_come_first() -> None:
    found = [definition("quiet.py", "a"), definition("busy.py", "b"), definition("c.py", "c", 50)]

    notes = oversized(
        found, lambda _: LOGIC, lambda _: [], file_lines={"busy.py": 400}, churn={"busy.py": 9.0}
    )

    assert [note.title for note in notes] == [
        "b in busy.py has 100 lines of code",
        "a in quiet.py has 100 lines of code",
    ]
    assert "that is 25 % of its file" in notes[0].body
    assert notes[0].evidence[0].hash == "7"


def test_one_function_for_each_language_is_told_once() -> None:
    found = [definition(f"locales/{name}.py", "error") for name in ("de", "fr")]
    found += [definition("locales/de.py", "plural"), definition("core/errors.py", "error")]

    notes = oversized(found, lambda _: LOGIC, lambda _: [], file_lines={}, churn={})

    assert {note.title.partition(" has ")[0] for note in notes} == {
        "error in core/errors.py",
        "error in locales/de.py",
        "plural in locales/de.py",
    }


def told(source: list[str]) -> list[str]:
    long = replace(definition("a.py", "a"), range=Range(0, len(source)))
    notes = oversized([long], lambda _: source, lambda _: [], file_lines={}, churn={})
    return [note.title.rpartition(" has ")[2] for note in notes]


@pytest.mark.parametrize(
    "table",
    [
        [f"""'if {number}', "and 'or",""" for number in range(200)],
        [line for n in range(50) for line in (f"'k{n}': {{", "'for': a if b else c,", "},")],
        [f"Kind::K{number} => if x {{ 1 }} else {{ 2 }}," for number in range(100)],
        [line for n in range(50) for line in (f"case {n}:", f"return step_{n}(a, b);")],
        [line for n in range(50) for line in (f"if name == 'k{n}':", f"return K{n}")],
        [line for n in range(50) for line in (f"if (k == {n}) {{", f"return K{n};", "}")],
        [f"self.k{number} = options.k{number} or {number}" for number in range(100)],
    ],
    ids=["texts", "tables in a table", "arms", "cases", "pairs", "blocks", "defaults"],
)
def test_a_table_or_a_series_of_like_statements_may_be_as_long_as_it_likes(
    table: list[str],
) -> None:
    assert told(table) == []
    assert told([*table, *LOGIC[:8]]) == []
    assert told([*LOGIC, *table]) != []


def test_the_rows_of_a_table_are_no_lines_of_code_and_few_arguments_are() -> None:
    assert told([*LOGIC, *["'row',"] * 50]) == ["100 lines of code"]
    assert told([*LOGIC, *["argument,"] * 9]) == ["109 lines of code"]


def test_cases_that_branch_are_no_table() -> None:
    cases = [line for n in range(9) for line in (f"case {n}:", *LOGIC[:4], *LOGIC[:4])]

    assert told(cases) == ["81 lines of code"]


def test_where_branches_are_few_for_its_length_it_is_flat() -> None:
    steps = [f"step_{number}({number * 'a, '}b)" for number in range(95)]

    assert told([*steps, *LOGIC[:8]]) == []
    assert told([*steps, *LOGIC[:16]]) == ["111 lines of code"]


def test_tests_inside_a_file_are_known_by_their_module() -> None:
    assert is_inner_test("tests.cart_is_empty")
    assert not is_inner_test("Cart.tests")


# --- dead-looking -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (definition("a.py", "_total"), True),
        (definition("a.py", "Cart._total", kind="method"), True),
        (definition("a.py", "total"), False),
        (definition("a.py", "__total__"), False),
        (definition("a.py", "_x"), False),
        (definition("a.go", "total", language="go", signature="func total()"), True),
        (definition("a.go", "Total", language="go"), False),
        (definition("a.go", "init", language="go"), False),
        (definition("a.rs", "total", language="rust", signature="fn total()"), True),
        (definition("a.rs", "total", language="rust", signature="pub fn total()"), False),
        (definition("a.rs", "Cart.total", language="rust", signature="fn total()"), False),
        (definition("a.c", "total", language="c", signature="static int total()"), True),
        (definition("a.h", "total", language="c", signature="static int total()"), False),
        (definition("a.c", "total", language="c", signature="int total()"), False),
        (definition("a.ts", "total", language="typescript", signature="function total()"), True),
        (definition("a.ts", "total", language="typescript", signature="export function t"), False),
        (definition("a.ts", "total", language="typescript", signature="total: (a)"), False),
        (definition("A.java", "A.total", language="java", signature="private int total()"), True),
        (definition("A.java", "A.total", language="java", signature="int total()"), False),
        (definition("a.rb", "total", language="ruby"), False),
    ],
)
def test_only_what_nobody_outside_can_use_is_private(found, expected) -> None:
    assert is_private(found) is expected


def dead(found: Definition, text: str, **others: str) -> list[str]:
    contents = {found.path: text.encode()}
    contents |= {f"{name}.txt": other.encode() for name, other in others.items()}
    return [note.title for note in dead_looking([found], Texts(contents))]


TOTAL = definition("shop/cart.py", "_total", 2)


def test_a_private_name_that_stands_nowhere_else_looks_dead() -> None:
    assert dead(TOTAL, "def _total():\n    pass\n", notes="_totals my_total") == [
        "_total in shop/cart.py looks unused (2 lines)"
    ]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("def _total():\n    pass\nTABLE = [_total]\n", ""),
        ("def _total():\n    pass\n", "see _total"),
        ("@route\ndef _total():\n    pass\n", ""),
    ],
    ids=["named again beside it", "named in a text", "decorated"],
)
def test_what_may_be_used_does_not_look_dead(text: str, other: str) -> None:
    assert dead(TOTAL, text, other=other) == []


def test_a_name_that_may_be_put_together_does_not_look_dead() -> None:
    found = replace(TOTAL, name="_visit_cart", qualified="_visit_cart")

    assert (
        dead(found, "def _visit_cart():\n    pass\n", call='getattr(self, "_visit_" + kind)') == []
    )
    assert len(dead(found, "def _visit_cart():\n    pass\n", call="_visit_all()")) == 1


@pytest.mark.parametrize(
    ("macro", "is_told"),
    [
        ("#define CTL(n) {n##_ctl}", False),
        ("#define CTL(n) {arena_ ## n}", False),
        ("#define CTL(n) {n##_get}", True),
        ("#define CTL(a, n) {a##n}", True),
        ("Of what\n## ctl\n", True),
    ],
)
def test_a_name_that_a_macro_may_put_together_does_not_look_dead(
    macro: str, *, is_told: bool
) -> None:
    signature = "static int arena_dss_ctl()"
    found = definition("a.c", "arena_dss_ctl", 1, language="c", signature=signature)

    assert bool(dead(found, f"{signature} {{}}\n", macros=macro)) is is_told


def test_a_script_that_is_no_module_may_be_used_by_a_page() -> None:
    found = definition("a.js", "total", 1, language="javascript", signature="function total()")

    assert dead(found, "function total() {}\n") == []
    assert len(dead(found, "function total() {}\nimport x from 'x'\n")) == 1


def test_only_the_longest_of_many_are_told() -> None:
    names = [f"_unused{number}" for number in range(20)]
    contents = {f"{name}.py": f"def {name}(): pass\n".encode() for name in names}
    found = [definition(f"{name}.py", name) for name in names]

    assert len(dead_looking(found, Texts(contents))) == 12
    assert dead_looking([definition("gone.py", "_gone")], Texts(contents)) == []


# --- environment ------------------------------------------------------------------------------


def read(text: str, path: str = "a.py") -> list[str]:
    return [note.title for note in environment({path: text.encode()})]


@pytest.mark.parametrize(
    "text",
    [
        'x = os.environ["HOME_DIR"]',
        'x = os.environ.get("HOME_DIR", "")',
        'x = os.getenv("HOME_DIR")',
        "const x = process.env.HOME_DIR",
        "const x = process.env['HOME_DIR']",
        'x := os.Getenv("HOME_DIR")',
        'x, ok := os.LookupEnv("HOME_DIR")',
        'let x = env::var("HOME_DIR");',
        'String x = System.getenv("HOME_DIR");',
        "x = ENV['HOME_DIR']",
        "x = ENV.fetch('HOME_DIR')",
        'var x = Environment.GetEnvironmentVariable("HOME_DIR");',
        "x = import.meta.env.HOME_DIR",
        "if (process.env.HOME_DIR === 'x') y()",
    ],
)
def test_a_variable_is_read(text: str) -> None:
    assert read(text) == ["HOME_DIR is read from the environment in a.py:1"]


def test_a_constant_of_the_file_stands_for_its_value() -> None:
    assert read('NAME = "SHOP"\nx = os.environ.get(NAME)') == [
        "SHOP is read from the environment in a.py:2"
    ]
    assert read("x = os.environ.get(NAME)") == []


@pytest.mark.parametrize(
    "text",
    [
        'exec.Command(path, "version")',  # which program, nobody knows
        'os.environ["HOME_DIR"] = "x"',
        '# os.environ["HOME_DIR"]',
        '"""\nos.environ["HOME_DIR"]\n"""',
        "x = import.meta.env.MODE",
        'x = os.environ["SHOP_" + name]',
        "define: { 'process.env.HOME_DIR': '1', \"import.meta.env.HOME_DIR\": '2' }",
    ],
    ids=[
        *("unknown", "written", "comment", "docstring", "of the bundler", "put together"),
        "what a bundler puts in its place",
    ],
)
def test_nothing_is_read(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'subprocess.run(["git", "status"])',
        'subprocess.check_output("git status", shell=True)',
        'exec.Command("git", "status")',
        'exec.CommandContext(ctx, "git")',
        'process::Command::new("git")',
        "spawn('git', [])",
    ],
)
def test_a_program_is_started(text: str) -> None:
    assert read(text) == ["git is started in a.py:1"]


def test_names_read_in_most_files_come_first_with_their_other_places() -> None:
    contents = {
        "a.py": b'os.getenv("A")',
        "b.py": b'os.getenv("B")\nos.getenv("B")\n',
        "c.py": b'os.getenv("B")',
    }

    first, second = environment(contents)

    assert first.title.startswith("B is read")
    assert "Also in b.py:2, c.py:1." in first.body
    assert second.title.startswith("A is read")


def test_a_line_that_reads_a_name_twice_is_one_place() -> None:
    line = b"home = ENV['A'] ? ENV['A'] : ''\n"

    once, again = environment({"a.rb": line})[0], environment({"a.rb": line * 2})[0]

    assert (once.body.count("Also"), len(once.evidence)) == (0, 1)
    assert again.body.endswith("Also in a.rb:2.")
    assert [one.range.start for one in again.evidence] == [0, 1]


# --- marks ------------------------------------------------------------------------------------


def marked(text: str, ages: Mapping[str, tuple[int, int]] | None = None) -> list[str]:
    notes = todos({"a.py": text.encode()}, churn={}, ages=ages or {})
    return [note.title for note in notes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # TODO: round to whole cents", "TODO in a.py:1: round to whole cents"),
        ("// FIXME(bob): round to whole cents", "FIXME in a.py:1: round to whole cents"),
        ("// TODO (bob) - round to whole cents", "TODO in a.py:1: round to whole cents"),
        ("// BUG. round to whole cents", "BUG in a.py:1: round to whole cents"),
        ("# TODO --round to whole cents", "TODO in a.py:1: --round to whole cents"),
        ("/* XXX round to whole cents */", "XXX in a.py:1: round to whole cents"),
        ("/** TODO round to whole cents */", "TODO in a.py:1: round to whole cents"),
        (";; TODO: round to whole cents", "TODO in a.py:1: round to whole cents"),
        (" * TODO: round to whole cents", "TODO in a.py:1: round to whole cents"),
        ("# TODO round sums\n#  to whole cents", "TODO in a.py:1: round sums to whole cents"),
        (" * TODO round to whole cents", "TODO in a.py:1: round to whole cents"),
        ("x = '#'  # TODO: don't cut the cents", "TODO in a.py:1: don't cut the cents"),
    ],
)
def test_a_mark_is_told_in_its_own_words(text: str, expected: str) -> None:
    assert marked(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "# TODO: fix",
        "TODO = load_all_the_marks_of(path)  # not a mark at all",
        "# nothing to do",
        'print("TODO: write this very soon now")',
        "*.todo=1;38;5;48:*TODO=1;38;5;203:some words of a table",
        "x = y;TODO: words of a string and some more",
        "out.extend('# TODO: %s' % what for what in those)",
        "0;38;5;208:*TODO=1:*.php=0;38;5;48:*.pkg=4;38:*.csv=0:*.ilg=0",
        "# TODO round sums\n# x = 1;",
    ],
)
def test_what_says_nothing_is_not_told(text: str) -> None:
    assert marked(text) == []


def test_defects_come_before_wishes_and_a_file_has_two_at_most() -> None:
    text = "# TODO: one two three four\n" * 2 + "# FIXME: five six seven eight\n"

    assert marked(text) == [
        "FIXME in a.py:3: five six seven eight",
        "TODO in a.py:1: one two three four",
    ]


def test_how_long_it_has_stood_is_said_as_far_as_it_is_known() -> None:
    def body(first: int, last: int) -> str:
        text = b"# TODO: one two three four"
        return todos({"a.py": text}, churn={}, ages={"a.py": (first, last)})[0].body

    assert body(0, 86_400).startswith("There since 1970-01-02 at the latest")
    assert body(0, 5).startswith("There since 1970-01-01. ")


def test_what_a_program_wrote_is_known_by_its_beginning() -> None:
    assert is_generated(b"/* A Bison parser, made by GNU Bison 3.8. */")
    assert is_generated(b"// Code generated by protoc. DO NOT EDIT.")
    assert not is_generated(b"def f():\n" * 200 + b"# @generated")


def test_texts_are_one_piece_of_which_each_can_be_had() -> None:
    texts = Texts({"a.py": b"one", "b.py": b"two"})

    assert texts == {"a.py": b"one", "b.py": b"two"}
    assert texts.whole == b"one\ntwo\n"
    assert texts.only(["b.py"]) == {"b.py": b"two"}
    assert "a.py" not in texts.only(["b.py"])
