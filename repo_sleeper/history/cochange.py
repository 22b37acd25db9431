"""Which paths change together, and how surely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import permutations

from repo_sleeper.domain.history import CoChange


def confidences(
    baskets: Iterable[Collection[str]], *, support: int = 3, largest: int = 30
) -> list[CoChange]:
    """Every ordered pair of paths that at least `support` commits changed together.

    A commit of more than `largest` paths is a sweep: it says nothing about any two of them.
    """
    touches: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for basket in baskets:
        touches.update(basket)
        if len(basket) <= largest:
            together.update(permutations(sorted(basket), 2))
    return [
        CoChange(path, other, together=count, touches=touches[path])
        for (path, other), count in sorted(together.items())
        if count >= support
    ]
