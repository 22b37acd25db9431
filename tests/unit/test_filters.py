"""Which files are not worth reading, told from their path and size alone."""

from __future__ import annotations

import pytest

from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.watch.filters import is_ignored, skip_by_name


def skip(path: str, size: int = 10, ignore: tuple[str, ...] = ()) -> SkipReason | None:
    return skip_by_name(path, size, max_bytes=1_000, ignore=ignore)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("shop/cart.py", None),
        ("vendor", None),
        ("shop/vendors/cart.py", None),
        ("web/node_modules/left-pad/index.js", SkipReason.VENDORED),
        ("third_party/zlib/inflate.c", SkipReason.VENDORED),
        ("yarn.lock", SkipReason.LOCK_FILE),
        ("app/Gemfile.lock", SkipReason.LOCK_FILE),
        ("logo.PNG", SkipReason.BINARY),
        ("png", None),
        ("static/jquery.min.js", SkipReason.MINIFIED),
        ("api/shop_pb2.py", SkipReason.GENERATED),
        ("static/app.js.map", SkipReason.GENERATED),
        (".env", SkipReason.SECRET),
        ("deploy/id_rsa", SkipReason.SECRET),
    ],
)
def test_a_name_tells_what_need_not_be_opened(path: str, reason: SkipReason | None) -> None:
    assert skip(path) is reason


def test_a_file_past_the_limit_is_too_large() -> None:
    assert skip("data.py", 1_000) is None
    assert skip("data.py", 1_001) is SkipReason.TOO_LARGE


def test_settings_can_leave_files_out() -> None:
    assert skip("docs/old/a.md", ignore=("legacy", "docs/old")) is SkipReason.SETTINGS
    assert skip("docs/new/a.md", ignore=("docs/old",)) is None


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.sql", "db/dump.sql", True),
        ("*.sql", "db/dump.sqlite", False),
        ("legacy", "src/legacy/a.py", True),
        ("legacy", "src/legacy.py", False),
        ("legacy/", "src/legacy/a.py", True),
        ("/src/*.py", "src/a.py", True),
        ("src/*.py", "lib/src/a.py", False),
        ("**/gen/*.go", "a/b/gen/x.go", True),
        ("**/gen/*.go", "gen/x.go", True),
        ("docs/**/key.py", "docs/key.py", True),
        ("docs/**/key.py", "docs/a/b/key.py", True),
        ("docs/**/key.py", "docs/monkey.py", False),
        ("docs/**", "docs/a/key.py", True),
        ("**/a/**/b", "x/a/b", True),
    ],
)
def test_a_pattern_means_what_it_means_to_git(pattern: str, path: str, *, matches: bool) -> None:
    assert is_ignored(path, (pattern,)) is matches
