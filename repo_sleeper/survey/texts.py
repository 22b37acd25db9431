"""What only the texts of a tree tell: they are read once, and let go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from repo_sleeper.domain.notes import Note
from repo_sleeper.store import code, history, path_records
from repo_sleeper.store import survey as rows
from repo_sleeper.store.database import Database
from repo_sleeper.survey.dead import dead_looking
from repo_sleeper.survey.environment import environment
from repo_sleeper.survey.files import SourceFile, is_generated, is_tool
from repo_sleeper.survey.oversized import FEWEST_LINES, is_inner_test, oversized
from repo_sleeper.survey.reading import read_all
from repo_sleeper.survey.todos import todos


def live_files(db: Database, tree_id: int) -> list[SourceFile]:
    """Every indexed file of a tree, in order."""
    return [SourceFile(*row) for row in rows.live_files(db, tree_id)]


def root_of(db: Database, tree_id: int) -> Path:
    """Where the tree is."""
    return next(tree.root for tree in code.trees(db) if tree.id == tree_id)


def text_notes(db: Database, tree_id: int, files: Sequence[SourceFile]) -> list[Note]:
    """Notes of every kind that is read off the texts, the best of each kind first."""
    contents = read_all(root_of(db, tree_id), [file.path for file in files])
    lengths = {f.path: f.lines for f in files if f.is_product and f.path in contents}
    product = contents.only(path for path in lengths if not is_generated(contents[path]))
    churn = history.churn(db)
    long = rows.long_functions(db, tree_id, fewest_lines=FEWEST_LINES)
    # Where not everything could be read, nothing can be said to be nowhere.
    unused = rows.unused_definitions(db, tree_id) if len(contents) == len(files) else []
    return [
        *oversized(
            [one for one in long if one.path in product and not is_inner_test(one.qualified)],
            lambda path: product[path].decode("utf-8", "replace").splitlines(),
            lambda path: rows.function_ranges(db, tree_id, path),
            file_lines=lengths,
            churn=churn,
        ),
        *dead_looking([one for one in unused if one.path in product], contents),
        *environment(product.only(path for path in product if not is_tool(path))),
        *todos(product, churn=churn, ages=path_records.path_ages(db)),
    ]
