"""The evaluation as one picture that can be pasted anywhere: a self-contained SVG; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from repo_sleeper.evaluate.queries import Slice
from repo_sleeper.evaluate.report import HEADLINE, budgets_in, cell, questions_in, title
from repo_sleeper.evaluate.results import Ranker, Replay

_COLOURS = {
    Ranker.SLEEPER: "#0b62c4",
    Ranker.FUSION: "#6b7785",
    Ranker.HISTORY: "#b2733b",
    Ranker.CONTENT: "#3d8a5f",
    Ranker.PATH: "#c9a227",
    Ranker.RECENCY: "#b9c0c8",
    Ranker.MAP: "#8c5aa8",
}
_WIDTH, _HEIGHT = 860, 360
_LEFT, _TOP, _BOTTOM = 44, 48, 290
_BARS_END, _CURVE_START, _CURVE_END = 560, 620, 836
_CURVE = "SymRecall"


def svg(replays: Sequence[Replay]) -> str:
    """Files found on the left, symbols shown under a budget on the right."""
    body = [
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 22, title(replays), size=14, weight="bold"),
        *_axis(_LEFT, _BARS_END),
        *_bars(replays),
        *_axis(_CURVE_START, _CURVE_END),
        *_curves(replays),
        *_legend(replays),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" role="img">'
    )
    return "\n".join([head, f"<title>{escape(title(replays))}</title>", *body, "</svg>\n"])


def _axis(left: float, right: float) -> Iterator[str]:
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        yield (
            f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" '
            f'stroke="#e3e6ea" stroke-width="1"/>'
        )
        yield _text(left - 6, y + 4, f"{tenth / 10:.1f}", anchor="end")


def _bars(replays: Sequence[Replay]) -> Iterator[str]:
    parts = [part for part in Slice if questions_in(replays, part)]
    room = (_BARS_END - _LEFT) / max(len(parts), 1)
    wide = room * 0.8 / len(Ranker)
    for place, part in enumerate(parts):
        start = _LEFT + room * (place + 0.1)
        for number, ranker in enumerate(Ranker):
            value = cell(replays, ranker, part, HEADLINE[part])
            if value is not None:
                yield _bar(start + number * wide, wide, value, ranker)
        name = f"{HEADLINE[part]}, {part.value} ({questions_in(replays, part)})"
        yield _text(start + room * 0.4, _BOTTOM + 18, name, anchor="middle")


def _bar(x: float, wide: float, value: float, ranker: Ranker) -> str:
    top = _y(value)
    return (
        f'<rect x="{x:.1f}" y="{top:.1f}" width="{wide * 0.86:.1f}" '
        f'height="{_BOTTOM - top:.1f}" fill="{_COLOURS[ranker]}">'
        f"<title>{escape(ranker.value)}: {value:.3f}</title></rect>"
    )


def _curves(replays: Sequence[Replay]) -> Iterator[str]:
    budgets = budgets_in(replays)
    step = (_CURVE_END - _CURVE_START - 20) / max(len(budgets) - 1, 1)
    places = {budget: _CURVE_START + 10 + step * number for number, budget in enumerate(budgets)}
    for ranker in Ranker:
        points = [
            (x, _y(value))
            for budget, x in places.items()
            if (value := cell(replays, ranker, Slice.ALL, f"{_CURVE}@{budget}")) is not None
        ]
        if points:
            yield from _curve(points, _COLOURS[ranker])
    for budget, x in places.items():
        yield _text(x, _BOTTOM + 18, str(budget), anchor="middle")
    middle = (_CURVE_START + _CURVE_END) / 2
    yield _text(middle, _TOP - 8, "changed symbols shown, by tokens", anchor="middle")


def _curve(points: Sequence[tuple[float, float]], colour: str) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def _legend(replays: Sequence[Replay]) -> Iterator[str]:
    x = float(_LEFT)
    for ranker in Ranker:
        if cell(replays, ranker, Slice.ALL, "R@5") is None:
            continue
        y = _HEIGHT - 22
        yield f'<rect x="{x:.1f}" y="{y - 9}" width="10" height="10" fill="{_COLOURS[ranker]}"/>'
        yield _text(x + 14, y, ranker.value)
        x += 26 + 6.6 * len(ranker.value)


def _text(  # noqa: PLR0913 -- how a piece of text looks, each by name
    x: float, y: float, text: str, *, size: int = 11, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="#1f2933">{escape(text)}</text>'
    )


def _y(value: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * min(max(value, 0.0), 1.0)
