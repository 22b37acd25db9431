"""What a query cannot tell by itself: prototypes, values, braces in imports, generated code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from repo_sleeper.domain.code import ParsedFile, Range
from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.index.contents import skip_by_content
from repo_sleeper.index.macros import without_unknown
from repo_sleeper.index.tags import extract
from repo_sleeper.store import code
from repo_sleeper.store.database import Database
from tests.searchable import Searchable


def read(text: str, language: str) -> ParsedFile:
    return extract(text.encode(), language)


def definitions(text: str, language: str) -> list[str]:
    return [f"{one.kind} {one.qualified}" for one in read(text, language).symbols]


def values(text: str, language: str) -> list[str]:
    return [one.name for one in read(text, language).references if one.kind == "value"]


def imports(text: str, language: str) -> list[tuple[str, str]]:
    return [(one.module, " ".join(one.names)) for one in read(text, language).imports]


HEADER = """\
#ifndef CART_H
#define CART_H
extern "C" {
int total(struct cart *cart);
char **names(void);
extern int open;
}
#if LARGE
static const int sizes[2][2] = {{1}};
#else
void small(void);
#endif
#endif
"""


def test_a_header_is_read_within_its_guard() -> None:
    assert definitions(HEADER, "c") == [
        *("macro CART_H", "declaration total", "declaration names", "variable open"),
        *("variable sizes", "declaration small"),
    ]


def test_what_is_declared_in_a_function_is_local_also_within_a_condition() -> None:
    text = "int f(void) {\n  int g(int);\n#ifdef A\n  int b = 1;\n  void h(void);\n#endif\n}\n"

    assert definitions(text, "c") == ["function f"]


def test_what_a_macro_makes_of_a_branch_is_no_function() -> None:
    assert definitions("BEGIN(x) if (a) { b(); }\nint c(void) { }\n", "c")[-1:] == ["function c"]
    assert "function if" not in definitions("FOR_EACH(x)\nif (a) {\n b();\n}\n", "c")


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("int f(void) { return g(f, &f, other); }", "c", ["f"]),
        ("int f(void);\nstruct t a = {f, .run = f, other};\n", "c", ["f", "f"]),
        ("int f(void);\nint g(void) { t->run = f; run = other; }\n", "c", ["f", "f"][:1]),
        ("import { a } from 'b'\non('x', a, other)\n", "javascript", ["a"]),
        ("function a() {}\nconst b = { run: a, a, c: other }\n", "javascript", ["a"]),
        ("function a() {}\nx.then(a)\n", "typescript", ["a"]),
        ("def a(): ...\nx(a)\nx(other)\n", "python", ["a"]),
        ("from b import a\nx(run=a, other=other)\n", "python", ["a"]),
        ("class A: ...\nisinstance(x, (A, int))\nraise A\n", "python", ["A"]),
        ("def a(): ...\nx = {'a': a, 'b': other}\ny = [a, other]\n", "python", ["a"]),
    ],
)
def test_a_function_that_is_given_by_its_name_is_used(
    text: str, language: str, found: list[str]
) -> None:
    assert sorted(set(values(text, language))) == sorted(set(found))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("use a::b::C;", [("a::b::C", "")]),
        ("use a::{b, C};", [("a", "b C")]),
        ("use a::{self, b as c, d::{E, f::*}, g::H};", [
            *(("a", "self b"), ("a::d", "E"), ("a::d::f", ""), ("a::g", "H")),
        ]),
        ("pub use crate::{\n    x,\n    y::{z},\n};", [("crate", "x"), ("crate::y", "z")]),
        ("use {a::B, c::D};", [("a", "B"), ("c", "D")]),
    ],
)  # fmt: skip
def test_braces_in_the_imports_of_rust(text: str, found: list[tuple[str, str]]) -> None:
    assert imports(text, "rust") == found


def test_braces_in_the_imports_of_scala() -> None:
    assert imports("import a.b.{C, D => E}\n", "scala") == [("a.b", "C D")]


def test_an_include_keeps_the_brackets_that_say_where_it_is_looked_for() -> None:
    assert imports('#include <a.h>\n#include "b.h"\n', "c") == [("<a.h>", ""), ("b.h", "")]


def test_a_namespace_of_a_file_holds_what_follows() -> None:
    text = (
        "global using System;\nnamespace Shop.Tax;\nclass Cart { void Add() { } }\nenum E { A }\n"
    )
    parsed = read(text, "csharp")

    assert definitions(text, "csharp") == [
        *("module Shop.Tax", "class Shop.Tax.Cart", "method Shop.Tax.Cart.Add"),
        *("enum Shop.Tax.E", "constant Shop.Tax.E.A"),
    ]
    assert parsed.symbols[0].range.end == 4
    assert [one.module for one in parsed.imports] == ["System"]


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("class A_API B : C {", "class       B : C {"),
        ("struct LIB_EXPORT B final {", "struct            B final {"),
        ("int a GUARDED_BY(mu);", "int a               ;"),
        ("void f() ABSL_LOCKS_EXCLUDED(mu);", "void f()                        ;"),
        ("class B : C {", "class B : C {"),
        ("class API {", "class API {"),
        ("struct RECT_API r;", "struct RECT_API r;"),
        ("if (a) CHECK(b);", "if (a) CHECK(b);"),
    ],
)
def test_macros_that_hide_a_class_are_taken_out_in_place(text: str, blanked: str) -> None:
    assert without_unknown(text.encode(), "cpp").decode() == blanked


def test_a_modifier_that_is_newer_than_the_grammar_does_not_hide_a_class() -> None:
    text = "actual open class A internal actual constructor(val b: Int) {\n  fun c() = 1\n}\n"

    assert definitions(text, "kotlin") == ["class A", "field A.b", "method A.c"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/parser.c", "/* A Bison parser, made by GNU Bison 3.8.2.  */\n"),
        ("src/lexer.c", '#line 2 "a.c"\n/* A lexical scanner generated by flex */\n'),
    ],
)
def test_what_parser_generators_write_is_generated(path: str, text: str) -> None:
    assert skip_by_content(path, text.encode(), "c") is SkipReason.GENERATED


def test_accessors_of_ruby_are_fields() -> None:
    text = "class A\n  attr_accessor :b, :c\n  puts :d\nend\n"

    assert definitions(text, "ruby") == ["class A", "field A.b", "field A.c"]


RUBY_CALLS = """\
class Worker
  def run(job)
    step until stopped?
    @job = step
    send(:step)
    jobs.each(&:step)
    log(job)
    step = job
  end

  def poll
    fetch until stopped?
    log(fetch)
    send(:fetch)
    jobs.each(&:fetch)
  end

  def fetch; end
  def job; end
end
"""


def test_a_remark_after_a_definition_is_no_part_of_its_signature() -> None:
    text = "CALLERS = [ # :nodoc:\n  1\n]\nMARK = '# no remark' # a remark\n"

    found = read(text, "ruby").symbols

    assert [one.signature for one in found] == ["CALLERS = [", "MARK = '# no remark'"]


def test_ruby_calls_by_name_alone_what_its_file_defines_and_no_variable() -> None:
    found = read(RUBY_CALLS, "ruby").references
    lines = {name: [one.line for one in found if one.name == name] for name in ("fetch", "job")}

    assert lines == {"fetch": [11, 12, 13, 14], "job": []}


RUST_MACROS = """\
mod net {
    /// Waits.
    cfg_net! {
        /// Opens a door.
        pub fn open(a: &str) -> u8 { knock(a) }
        cfg_unix! { impl Door { fn shut(&self) {} } }
    }
}
cfg_if! {
    if #[cfg(unix)] {
        fn unix() {}
    } else {
        struct Other { x: u8 }
    }
}
bitflags! { pub struct Flags: u32 { const A = 1; } }
check! { fn f(x in 0..10) { true } }
table!(fn no() {});
fn main() { quote! { fn made() {} } }
"""


def test_items_in_macros_of_rust_are_read_where_nothing_but_items_is() -> None:
    assert definitions(RUST_MACROS, "rust") == [
        *("module net", "function net.open", "method net.Door.shut", "function unix"),
        *("struct Other", "field Other.x", "function main"),
    ]


def test_items_in_macros_of_rust_have_their_places_comments_and_calls() -> None:
    found = read(RUST_MACROS, "rust")
    opened = next(one for one in found.symbols if one.name == "open")
    knocked = next(one for one in found.references if one.name == "knock")

    assert (opened.range, opened.doc) == (Range(4, 5), "Opens a door.")
    assert opened.signature == "pub fn open(a: &str) -> u8"
    assert (knocked.line, found.symbols[knocked.symbol or 0].name) == (4, "open")
    assert [one.line for one in found.references if one.name == "cfg_net"] == [2]


def test_macros_in_macros_are_read_to_a_depth() -> None:
    def nested(count: int) -> str:
        return "m! { " * count + "fn f() {}" + " }" * count

    assert definitions(nested(4), "rust") == ["function f"]
    assert definitions(nested(9), "rust") == []


def test_only_parameters_that_are_kept_are_fields_of_kotlin() -> None:
    text = "class A(val b: Int = c, d: Int, private var e: Int) { }\n"

    assert definitions(text, "kotlin") == ["class A", "field A.b", "field A.e"]


def test_prototypes_come_after_the_definition(searchable: Searchable) -> None:
    searchable.write("a/cart.h", "int total(void);\n")
    searchable.write("b/cart.c", "int total(void) { return 1; }\n")

    found = code.definitions(searchable.db, searchable.tree, "total")

    assert [(one.path, one.kind.value) for one in found] == [
        ("b/cart.c", "function"),
        ("a/cart.h", "declaration"),
    ]


@pytest.fixture
def searchable(db: Database, tmp_path: Path) -> Searchable:
    return Searchable(db, tmp_path / "work")


def uses(text: str, language: str, kind: str = "call") -> list[str]:
    return [one.name for one in read(text, language).references if one.kind == kind]


def test_namespaces_of_several_names_qualify_as_those_of_one() -> None:
    text = "namespace shop::inner { class Cart {}; }\nnamespace a::b::c { int n; }\n"

    assert definitions(text, "cpp") == [
        *("module shop.inner", "class shop.inner.Cart"),
        *("module a.b.c", "variable a.b.c.n"),
    ]


def test_a_test_of_google_is_called_as_its_report_calls_it() -> None:
    text = "TEST(CartTest, Totals) { total(); }\nTEST_F(Shop, Opens) {}\nMAIN(a, b) {}\n"

    assert definitions(text, "cpp") == [
        *("function CartTest.Totals", "function Shop.Opens", "function MAIN")
    ]


CALLS = """\
void f() {
  shop::inner::total(1);
  a::b::sum<int>(2);
  cart->as<double>();
  new Cart<int>(3);
  new shop::Bill(4);
}
struct D : shop::Base<int>, a::b::Other {};
shop::List<int> all;
"""


def test_templates_and_namespaces_hide_no_use() -> None:
    assert uses(CALLS, "cpp") == ["total", "sum", "as", "Cart", "Bill"]
    assert uses(CALLS, "cpp", "inherit") == ["Base", "Other"]
    assert uses(CALLS, "cpp", "type") == ["List"]


def test_what_a_test_of_bats_runs_and_a_trap_calls_is_called() -> None:
    text = "run total 1\nrun -1 --separate-stderr sum x\ntrap tidy EXIT\ntrap - EXIT\nrun $x\n"

    assert uses(text, "bash") == ["run", "total", "run", "sum", "tidy", "trap", "trap", "run"]


def test_what_is_implemented_by_delegation_is_inherited() -> None:
    assert uses("class Cart : Closeable by other, Shape(1)\n", "kotlin", "inherit") == [
        *("Closeable", "Shape")
    ]


def test_what_require_gives_in_braces_is_taken_from_elsewhere_and_used_as_a_key() -> None:
    text = "const { kTotal, sum: add } = require('./symbols')\ncart[kTotal] = { [kTotal]: n[x] }\n"

    assert uses(text, "javascript", "import") == ["kTotal", "sum"]
    assert values(text, "javascript") == ["kTotal"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "class Cart(Base[int], shop.Other[T], metaclass=M): pass\n"),
        ("java", "class Cart extends shop.Base<T> implements shop.Other { }\n"),
        ("csharp", "record Cart(int x) : Base<T>(x), Shop.Other<T>;\n"),
        ("kotlin", "class Cart : shop.Base<T>(), shop.Other\n"),
        ("scala", "class Cart extends shop.Base[T] with shop.Other\n"),
        ("swift", "class Cart: Shop.Base<T>, Shop.Other {}\n"),
        ("rust", "trait Cart: Base + shop::Other<T> + 'static {}\n"),
        ("rust", "impl Base for Cart {}\nimpl shop::Other<T> for Cart {}\n"),
        ("go", "package a\n\ntype Cart struct {\n\t*shop.Base\n\tOther[int]\n\tnot Field\n}\n"),
        ("go", "package a\n\ntype Cart interface {\n\tshop.Base\n\tOther\n\t~int | Sum\n}\n"),
        ("typescript", "class Cart implements shop.Base<T>, shop.Other {}\n"),
        ("typescript", "interface Cart extends shop.Base<T>, shop.Other {}\n"),
        ("ruby", "class Cart\n  include Shop::Base, Other\nend\n"),
        ("ruby", "Cart = Class.new(Base)\nBill = Class.new(Shop::Other)\n"),
    ],
)
def test_a_parent_may_have_arguments_and_stand_in_a_module(language: str, text: str) -> None:
    assert uses(text, language, "inherit") == ["Base", "Other"]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("rust", "fn f() { assert_eq!(cart.total::<u8>(1), sum(a) + (b)); }\n", "total sum"),
        ("go", "package a\n\nfunc f() { total[int](1); shop.Sum[int](2) }\n", "total Sum"),
        ("kotlin", "fun f() { total<Int>(x); cart.sum<Int>(y); a(::b); c < d }\n", "total sum a b"),
        ("cpp", "void f() { Cart{1}; shop::Bill{2}; List<int>{3}; }\n", "Cart Bill List"),
        ("scala", "object A { new shop.Cart(1); new shop.Bill[Int]() }\n", "Cart Bill"),
    ],
)
def test_calls_that_a_grammar_reads_as_something_else(language: str, text: str, found: str) -> None:
    called = [name for name in uses(text, language) if name != "assert_eq"]

    assert sorted(called) == sorted(found.split())


def test_a_class_of_php_is_used_where_its_name_or_a_constant_of_it_is_asked_for() -> None:
    text = "<?php $a = [Cart::class, \\Shop\\Bill::LARGE, self::SMALL]; $x instanceof Sum;"

    assert sorted(uses(text, "php", "type")) == ["Bill", "Cart", "Sum"]


def test_what_a_sealed_class_permits_it_does_not_inherit() -> None:
    assert uses("sealed class Cart permits Large, Small {}\n", "java", "inherit") == []


def test_each_part_of_a_union_is_a_type_in_use() -> None:
    text = "def bill(cart: Cart | shop.Bill[int] | List[Sum] | None) -> Total | None: ...\n"

    assert sorted(uses(text, "python", "type")) == ["Bill", "Cart", "List", "Total"]


SCALA = """\
case class Cart[T](n: Int = 3, name: String)(using o: Order) extends Base {
  def +(o: Cart[T]): Cart[T] = this
  val rate: Int
}
class Till(val open: Boolean, hidden: Int)
"""


def test_parameters_of_a_case_class_are_its_fields() -> None:
    assert definitions(SCALA, "scala") == [
        *("class Cart", "field Cart.n", "field Cart.name", "method Cart.+", "field Cart.rate"),
        *("class Till", "field Till.open"),
    ]


def test_parameters_that_are_fields_as_well_are_read() -> None:
    text = "class Cart { #n = 3; constructor(private readonly list: List, hidden: number) {} }\n"

    assert definitions(text, "typescript") == [
        *("class Cart", "field Cart.#n", "method Cart.constructor", "field Cart.constructor.list")
    ]
    assert definitions("record Line(int Count, Item Item);\n", "csharp") == [
        *("class Line", "field Line.Count", "field Line.Item")
    ]


def test_a_static_class_is_used_where_its_method_is() -> None:
    text = "class A { void F() { Totals.Of(cart); cart.Sum(); } }\n"

    assert uses(text, "csharp", "type") == ["Totals"]


TYPED = {
    "c": """\
struct E1 *f(void) { return (struct E2 *)g(sizeof(struct E3), (E4){0}); }
""",
    "cpp": """\
E1<E2> f() {
  try { E3::g(); } catch (const E4& e) { h(dynamic_cast<E5*>(x), static_cast<a::E6>(y)); }
}
""",
    "csharp": """\
class A<T> where T : E1 { void F(E2? c, E3[] d) { if (c is E4 e) { var f = (E5)c; } } }
class A { bool F(object x) => x is E6; }
""",
    "go": """\
package a
func f(x any) (E1, map[E2]E3) {
    var e *E4
    switch x.(type) { case E5: }
    return x.(*mod.E6)
}
""",
    "java": """\
class A { void f(Object o) throws E1 {
    try { g(); } catch (E2 | E3 e) { if (o instanceof E4) { h((E5) o, E6.class, new E7[1]); } }
} }
""",
    "javascript": """\
if (e instanceof E1 || e instanceof mod.E2) f()
""",
    "php": """\
<?php if ($x instanceof A1E1) { f(A1E2::class, A1E3::NONE); }
""",
    "python": """\
try: pass
except (E1, mod.E2): pass
except mod.E3 as error: raise mod.E4
try: pass
except* E5:
    match 0:
        case mod.E6(x=0): pass
""",
    "ruby": """\
begin
  raise E1, "no"
rescue E2, Mod::E3 => e
  case e when E4 then e.is_a?(E5) end
end
""",
    "rust": """\
fn f() -> Result<(), E1> { let a: Vec<E2> = E3::new(); match a { E4::B(c) => c as E5 } }
""",
    "scala": """\
object A { def f(x: Any) = x match { case e: E1 => x.asInstanceOf[E2] } }
""",
    "swift": """\
func f() throws { throw E1.empty }
let a = b as? E2
""",
    "typescript": """\
let a: E1 | E2[]
const b = x as E3
if (x instanceof E4) f()
""",
}


@pytest.mark.parametrize("language", TYPED)
def test_a_type_is_used_wherever_one_is_written(language: str) -> None:
    text = TYPED[language]
    written = re.findall(r"\b(?:A1)?E\d\b", text)

    assert written
    assert set(written) <= set(uses(text, language, "type"))


def test_a_class_that_a_pattern_takes_apart_is_called() -> None:
    text = "object A { def f(x: Any) = x match { case Point(a, b) => a } }\n"

    assert uses(text, "scala", "call") == ["Point"]


def test_a_comment_above_a_class_is_of_the_class_alone() -> None:
    found = read("/** A cart. */\ndata class Cart(val n: Int)\n", "kotlin")

    assert [one.doc for one in found.symbols] == ["A cart.", ""]


def test_a_global_table_of_lua_is_a_definition() -> None:
    assert definitions("Cart = {}\nCart.n = 1\ncount = 2\n", "lua") == ["variable Cart"]


def test_attributes_above_a_definition_are_not_its_signature() -> None:
    text = "class A {\n  [Range(1, 9)]\n  [Key]\n  public int N { get; } = 3;\n}\n"

    assert [one.signature for one in read(text, "csharp").symbols] == [
        *("class A", "public int N { get; } = 3;")
    ]


@pytest.mark.parametrize(
    ("text", "language", "signature"),
    [
        ("interface A {\n  @Throws(E::class)\n  fun total()\n}\n", "kotlin", "fun total()"),
        ("interface A {\n  @Old @New\n  int total();\n}\n", "java", "int total();"),
        ("interface A {\n  @Old int total();\n}\n", "java", "@Old int total();"),
        ("class A {\n  @Old\n  public int n = 1;\n}\n", "java", "public int n = 1;"),
        ("protocol A {\n  @objc\n  func total() -> Int\n}\n", "swift", "func total() -> Int"),
    ],
)
def test_annotations_on_lines_of_their_own_are_not_the_signature(
    text: str, language: str, signature: str
) -> None:
    assert read(text, language).symbols[-1].signature == signature
