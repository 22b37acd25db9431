"""What goes to a model and what comes back, in tokens and money."""

from __future__ import annotations

from typing import NamedTuple

from repo_sleeper.domain.code import Range


class Usage(NamedTuple):
    """Tokens of one call as the provider reports them, clamped.

    `cached` and `written` are parts of `sent`: what the provider still had, and what it keeps.
    """

    sent: int = 0
    received: int = 0
    cached: int = 0
    written: int = 0


class Price(NamedTuple):
    """US dollars per million tokens; None means nobody knows, never free.

    `cached` and `written` count as `sent` where they are not known: read from a provider's cache,
    and written into it. `longer` is what all tokens of a call cost once more than so many are sent,
    the smallest size first.
    """

    sent: float | None = None
    received: float | None = None
    cached: float | None = None
    written: float | None = None
    longer: tuple[tuple[int, Price], ...] = ()

    @property
    def known(self) -> bool:
        """Whether a cost in money can be stated at all."""
        return self.sent is not None and self.received is not None

    def cost(self, usage: Usage) -> float:
        """US dollars for these tokens; 0.0 when the price is unknown."""
        sent, received, cached, written, _ = self.at(usage.sent)
        if sent is None or received is None:
            return 0.0
        fresh = max(usage.sent - usage.cached - usage.written, 0) * sent
        kept = usage.cached * (sent if cached is None else cached)
        kept += usage.written * (sent if written is None else written)
        return (fresh + kept + usage.received * received) / 1_000_000

    def at(self, sent: int) -> Price:
        """That of a call which sends so many tokens."""
        passed = [price for tokens, price in self.longer if sent > tokens]
        return passed[-1] if passed else self._replace(longer=())

    def dearer(self, other: Price) -> Price:
        """The higher of two in each way; what one of them does not know counts for nothing."""
        sizes = sorted({tokens for price in (self, other) for tokens, _ in price.longer})
        longer = ((size, _higher(self.at(size + 1), other.at(size + 1))) for size in sizes)
        return _higher(self, other)._replace(longer=tuple(longer))

    def most(self, usage: Usage) -> float:
        """The most that so many tokens can cost, whatever share of them is cached or written."""
        plain = usage._replace(cached=0, written=0)
        shares = (plain, plain._replace(cached=usage.sent), plain._replace(written=usage.sent))
        return max(self.cost(share) for share in shares)


def _higher(one: Price, other: Price) -> Price:
    return Price(
        sent=_highest(one.sent, other.sent),
        received=_highest(one.received, other.received),
        cached=_highest(one.cached, other.cached),
        written=_highest(one.written, other.written),
    )


def _highest(*known: float | None) -> float | None:
    return max((one for one in known if one is not None), default=None)


class Prompt(NamedTuple):
    """What is sent: one system text and one user text, already redacted.

    `ranges` says which lines of which files the user text shows; `redactions` how many secrets
    were taken out. So many characters of the user text as `shared` says begin the prompts that
    follow as well.
    """

    system: str
    user: str
    max_tokens: int
    ranges: tuple[tuple[str, Range], ...] = ()
    redactions: int = 0
    shared: int = 0

    @property
    def estimated_tokens(self) -> int:
        """What it will rather be than not: a third of the UTF-8 bytes, rounded up."""
        return -(-self._size // 3) + 16

    @property
    def most_tokens(self) -> int:
        """What it can be at worst: no tokenizer makes more tokens than bytes.

        The rest is for what a provider's chat format and its JSON mode add to our words.
        """
        return self._size + 512

    @property
    def _size(self) -> int:
        return len(self.system.encode()) + len(self.user.encode())


class Reply(NamedTuple):
    """What came back, verbatim but for characters that cannot be stored.

    `usage` is None when the provider did not say or said nonsense; then the whole reservation
    is what the call cost. `tier` is the service that the provider says it gave, and `price` what
    its tokens cost; None for the price that was reserved at.
    """

    text: str
    usage: Usage | None
    model: str
    finish: str = "stop"
    seconds: float = 0.0
    tier: str = ""
    price: Price | None = None
