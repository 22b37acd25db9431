"""Takes out what a terminal obeys or a reader cannot see."""

from __future__ import annotations

from repo_sleeper.redact.lazily import pattern

_UNSEEN = pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U0010ff00-\U0010ffff]"
)


def clean(text: str) -> str:
    """The text with everything a terminal obeys or a reader cannot see shown as U+FFFD.

    Newline and tab stay; so do the two selectors that choose how an emoji looks.
    """
    return _UNSEEN.sub("\ufffd", text.replace("\r\n", "\n"))
