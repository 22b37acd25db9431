"""How often a path changed, recent changes counting most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def decayed_churn(
    touches: Mapping[str, Sequence[int]], *, half_life: int = 100
) -> dict[str, float]:
    """For each path the sum over its changes, each halved for every `half_life` commits of age."""
    return {path: sum(0.5 ** (age / half_life) for age in ages) for path, ages in touches.items()}
