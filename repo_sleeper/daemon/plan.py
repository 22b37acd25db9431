"""The order of work, kept from thought to thought: drawing it up looks at the whole repository."""

from __future__ import annotations

from collections.abc import Sequence

from repo_sleeper.config import Settings
from repo_sleeper.daemon import rounds
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store.database import Database

# A thought changes the value of few others. So much of the agenda is taken before it is drawn up
# again, that this costs a thought the same in a repository of any size.
_PART = 100
_FEWEST = 32
_SPARE = 50  # kept besides, for what turns out to be too dear

_STATE = """
select t.head || ':' || t.reconciled_at || ':' || (select coalesce(max(id), 0) from questions)
from trees t where t.id = ?"""


class Plan:
    """What comes next. Drawn up again once files, commits, questions or settings are different."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._items: list[AgendaItem] = []
        self._left = 0
        self.is_kept = False  # what came next was said by an order of before

    def items(self, db: Database, settings: Settings, tree_id: int) -> Sequence[AgendaItem]:
        """The next items, best first; empty when nothing is left to think about."""
        now = (tree_id, settings, db.value(_STATE, (tree_id,)))
        self.is_kept = now == self._made_for and self._left > 0 and bool(self._items)
        if not self.is_kept:
            found = rounds.agenda(db, settings, tree_id)
            self._made_for, self._left = now, max(len(found) // _PART, _FEWEST)
            self._items = found[: self._left + _SPARE]
        return self._items

    def take(self, item: AgendaItem) -> None:
        """This was thought about, and all before it was too dear: neither comes again."""
        self._items = self._items[self._items.index(item) + 1 :]
        self._left -= 1

    def forget(self) -> None:
        """Something is not as it was thought to be: draw it up again."""
        self._made_for = ()
