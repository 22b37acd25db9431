"""Every setting with its default."""

from __future__ import annotations

from typing import NamedTuple

_USUAL_KINDS = ("architecture", "likely-bug", "debugging-strategy")
THOUGHT_KINDS = (*_USUAL_KINDS, "optimization")


class ModelSettings(NamedTuple):
    """Which model is asked, where it is, and for how long."""

    name: str = ""
    """What litellm calls the model; empty means structure only."""

    ask_name: str = ""
    """Another model of the same provider for `sleeper ask`."""

    rethink_name: str = ""
    """Another model of the same provider for second looks: rethinking, checking likely bugs."""

    api_base: str = ""
    """The endpoint, when it is not the provider's own."""

    key_env: str = ""
    """The variable that holds the key, when it is not the customary one."""

    deadline_s: float = 120.0
    """How long one answer may take, start to end."""

    max_output_tokens: int = 2000
    """The longest answer."""

    sent_price: float | None = None
    """US dollars per million tokens sent, when the built-in list is wrong or silent."""

    received_price: float | None = None
    """The same for tokens received."""

    cached_price: float | None = None
    """The same for sent tokens the provider had cached."""

    service_tier: str = ""
    """What thoughts ask the provider for; flex is slower and costs less where it exists."""

    https_proxy: str = ""
    """The proxy that calls go through; the environment's is not looked at."""

    ca_bundle: str = ""
    """A file of certificates to trust instead of the usual ones."""

    local_only: bool = False
    """Refuse every model that is not on this machine."""


class BudgetSettings(NamedTuple):
    """Caps on what is spent; 0 stops all calls."""

    usd_per_day: float = 0.50
    usd_per_month: float = 5.00
    tokens_per_day: int = 500_000
    tokens_per_month: int = 5_000_000
    calls_per_day: int = 200
    calls_per_month: int = 2_000
    usd_per_call: float = 0.25
    tokens_per_call: int = 100_000
    usd_per_subject: float = 0.50
    tokens_per_subject: int = 400_000
    calls_per_subject: int = 40

    fruitless_calls: int = 30
    """After so many thoughts in a row that leave no note, a person must look."""


class IdleSettings(NamedTuple):
    """When the daemon may think."""

    quiet_s: float = 120.0
    """Seconds without a change or a question before it counts as idle."""

    max_load: float = 0.7
    """Load per core above which it waits."""

    on_battery: bool = False
    """Whether it thinks on battery."""

    hours: str = ""
    """When it may think, in local time; empty means always."""

    terminals: bool = True
    """Whether typing in any of the person's terminals counts as being at work."""

    reconcile_s: float = 60.0
    """Seconds between two looks at the whole tree, events or not."""


class IndexSettings(NamedTuple):
    """What is read."""

    max_file_kb: int = 1024
    """Larger files are skipped."""

    ignore: tuple[str, ...] = ()
    """Globs of paths to leave alone, on top of git's ignore rules."""

    languages: tuple[str, ...] = ()
    """Languages to index; empty means all."""


class HistorySettings(NamedTuple):
    """How far back commits are read."""

    max_commits: int = 20_000


class AskSettings(NamedTuple):
    """What a question gets."""

    tokens: int = 1200
    """The longest context."""

    files: int = 20
    """How many files are ranked."""

    remember: bool = True
    """Keep questions, so that what is asked about is thought about."""


class ThinkSettings(NamedTuple):
    """What is thought about."""

    enabled: bool = True
    """Whether the model is asked anything while idle."""

    kinds: tuple[str, ...] = _USUAL_KINDS
    """The kinds of notes to make; "optimization" costs a third more and is made where named."""

    check_bugs: bool = True
    """Whether likely bugs get a second look and one that tries to refute them."""

    input_tokens: int = 6000
    """The longest prompt of one thought."""

    samples: int = 1
    """Independent looks at each subject; notes that agree become one, surer note."""

    passes: int = 1
    """Looks at each subject that see the notes so far; one that changes nothing is the last."""


class Settings(NamedTuple):
    """All settings, resolved: flag over environment over repository over user over default."""

    model: ModelSettings = ModelSettings()
    budget: BudgetSettings = BudgetSettings()
    idle: IdleSettings = IdleSettings()
    index: IndexSettings = IndexSettings()  # type: ignore[assignment]  # hides tuple.index
    history: HistorySettings = HistorySettings()
    ask: AskSettings = AskSettings()
    think: ThinkSettings = ThinkSettings()
