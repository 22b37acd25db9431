"""What a program takes from outside: environment variables it reads, programs it starts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.wording import MOST, at_line, listed, survey_note

_MOST_PROGRAMS = 4
_NAME = rb"[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = re.compile(
    rb"(?:\benviron\s*(?:\[\s*|\.(?:get|pop)\(\s*)|\b(?:getenv|Getenv|LookupEnv)\(\s*"
    rb"|\benv::var(?:_os)?\(\s*|\boption_env!\(\s*|\bGetEnvironmentVariable\(\s*"
    rb"|\bENV(?:\.fetch)?[\[(]\s*|\bprocess\.env\[\s*|\$_ENV\[\s*|\bDeno\.env\.get\(\s*)"
    rb"(?:[\"'](?P<said>" + _NAME + rb")[\"']|(?P<called>[A-Z][A-Z0-9_]*)\b)"
    rb"|\b(?<![\"'])(?:process\.env|import\.meta\.env|Bun\.env)\.(?P<member>" + _NAME + rb")"
)
_WRITTEN = re.compile(rb"\s*\]?\s*=(?![=>~])")
_PROGRAM = re.compile(
    rb"(?:\bsubprocess\.(?:run|Popen|call|check_call|check_output)\(\s*[\[(]?\s*"
    rb"|(?<![.\w])(?:spawn|spawnSync|execFile|execFileSync|execSync|execa)\(\s*"
    rb"|\bexec\.Command(?:Context\(\s*[\w.()]+,|\()\s*|\bprocess::Command::new\(\s*"
    rb"|\bnew ProcessBuilder\(\s*|\bpopen\(\s*)[\"'`](?P<said>[A-Za-z][\w.+/-]*)[\"'` ]"
)
# Most files have none of these, and to see that is twenty times cheaper than to match.
_VARIABLE_SIGNS = (
    *(b"environ", b"getenv(", b"Getenv(", b"LookupEnv(", b"env::var", b"option_env!", b"ENV["),
    *(b"GetEnvironmentVariable(", b"ENV.fetch", b"process.env", b"meta.env", b".env."),
)
_ENV = (b"env", b"Env", b"ENV")  # each of those has one of these
_PROGRAM_SIGNS = (
    *(b"subprocess.", b"spawn", b"execFile", b"execSync", b"execa(", b"exec.Command"),
    *(b"process::Command", b"ProcessBuilder(", b"popen("),
)
_BUILT_IN = frozenset({"MODE", "DEV", "PROD", "SSR", "BASE_URL"})  # of bundlers, not of a person
_OF_CARGO = ("CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_", "CARGO_PKG_", "OUT_DIR")
_COMMENTS = (b"#", b"//", b"*", b"/*", b">>>", b"--")
_TRIPLE = (b'"""', b"'''")


class Read(NamedTuple):
    """A name taken from outside at a line."""

    name: str
    path: str
    line: int
    quote: str


def environment(contents: Mapping[str, bytes]) -> list[Note]:
    """Variables first, those read in most places first; then programs."""
    likely = {path: contents[path] for path in contents if _has_any(contents[path], _ENV)}
    variables = _by_name(_found(likely, _VARIABLE, _VARIABLE_SIGNS))
    programs = _by_name(_found(contents, _PROGRAM, _PROGRAM_SIGNS))
    started = [_note(name, programs[name], is_program=True) for name in _best(programs)]
    read = [_note(name, variables[name], is_program=False) for name in _best(variables)]
    started = started[:_MOST_PROGRAMS]
    return [*read[: MOST - len(started)], *started]


def _found(
    contents: Mapping[str, bytes], pattern: re.Pattern[bytes], signs: Iterable[bytes]
) -> Iterator[Read]:
    wanted = tuple(signs)
    for path in sorted(contents):
        data = contents[path]
        if _has_any(data, wanted):
            yield from _in_file(path, data, pattern)


def _has_any(data: bytes, signs: Iterable[bytes]) -> bool:
    return any(sign in data for sign in signs)


def _in_file(path: str, data: bytes, pattern: re.Pattern[bytes]) -> Iterator[Read]:
    for match in pattern.finditer(data):
        start = data.rfind(b"\n", 0, match.start()) + 1
        end = data.find(b"\n", start)
        quote = data[start : end if end >= 0 else len(data)]
        if quote.lstrip().startswith(_COMMENTS) or _is_in_docstring(path, data, start):
            continue
        name = _named(data, match)
        if not name or name.endswith("_") or _is_built_in(name):  # a part of one, put together
            continue
        if not _WRITTEN.match(data, match.end()):
            line = data.count(b"\n", 0, start)
            yield Read(name, path, line, quote.decode("utf-8", "replace").strip("\r"))


def _is_built_in(name: str) -> bool:
    """Whether the tool that builds the program sets it, and nobody else."""
    return name in _BUILT_IN or name.startswith(_OF_CARGO)


def _named(data: bytes, match: re.Match[bytes]) -> str:
    """The name as written, or as a constant of the same file has it."""
    groups = match.groupdict()
    constant = groups.get("called")
    if constant is None:
        return (groups["said"] or groups["member"]).decode()
    said = re.search(rb"\b" + constant + rb"\b[^=\n]{0,30}=\s*[\"'](" + _NAME + rb")[\"']", data)
    return said[1].decode() if said else ""


def _is_in_docstring(path: str, data: bytes, place: int) -> bool:
    if not path.endswith(".py"):
        return False
    return any(data.count(quotes, 0, place) % 2 for quotes in _TRIPLE)


def _by_name(found: Iterable[Read]) -> dict[str, list[Read]]:
    """Each name with its places, a line that reads it twice once."""
    reads: dict[str, list[Read]] = defaultdict(list)
    for one in dict.fromkeys(found):
        reads[one.name].append(one)
    return dict(reads)


def _best(reads: Mapping[str, list[Read]]) -> list[str]:
    return sorted(reads, key=lambda name: (-len({one.path for one in reads[name]}), name))


def _note(name: str, reads: list[Read], *, is_program: bool) -> Note:
    first = reads[0]
    verb = "is started" if is_program else "is read from the environment"
    others = [f"{one.path}:{one.line + 1}" for one in reads[1:]]
    more = f" Also in {listed(others)}." if others else ""
    needed = "is installed" if is_program else "is set"
    return survey_note(
        NoteKind.ENVIRONMENT,
        about=("program" if is_program else "variable", name),
        title=f"{name} {verb} in {first.path}:{first.line + 1}",
        body=f"What happens here depends on whether {name} {needed} where it runs.{more}",
        evidence=[at_line(one.path, one.line, one.quote) for one in reads[:3]],
    )
