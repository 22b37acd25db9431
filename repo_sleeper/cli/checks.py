"""The checks of `sleeper doctor`; none of them changes anything."""

from __future__ import annotations

import os
import platform
import site
import sysconfig
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from repo_sleeper import config, git, trust
from repo_sleeper.cli import daemon_view, limits_view, output, place
from repo_sleeper.daemon import disk, idleness, machine, process
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.spending import Pause
from repo_sleeper.errors import SleeperError
from repo_sleeper.index import languages
from repo_sleeper.integrations import git_hook
from repo_sleeper.llm.prices import slip_in
from repo_sleeper.store import extent, pause, upkeep
from repo_sleeper.store.database import REBUILD

Standing = Literal["good", "note", "bad"]
SIGNS: Mapping[Standing, str] = {"good": "✓", "note": "!", "bad": "✗"}

_OLDEST_GIT = (2, 32, 0)  # the first that honours GIT_CONFIG_GLOBAL
# Releases that were published by a thief of credentials; the second acts without being imported.
_STOLEN = frozenset({"1.82.7", "1.82.8"})
_STOLEN_FILE = "litellm_init.pth"
_FREE = "free some space"
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_watches")


class Check(NamedTuple):
    """One thing that was looked at, how it stands, and what to do if it is not well."""

    what: str
    standing: Standing
    told: str
    hint: str = ""


def all_checks() -> list[Check]:
    """Everything, in the order in which it would be needed."""
    found = [_guarded("machine", _machine), _guarded("git", _git)]
    found += [_guarded("grammars", _grammars), _guarded("litellm", litellm)]
    try:
        workspace = place.here()
    except SleeperError as error:
        return [*found, Check("repository", "bad", str(error), error.hint)]
    for name, check in _OF_A_REPOSITORY:
        found.append(_guarded(name, lambda check=check: check(workspace)))  # type: ignore[misc]
    return found


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except SleeperError as error:
        return Check(name, "bad", str(error), error.hint)
    except upkeep.DamageError as error:
        return Check(name, "bad", f"the store is damaged: {error}", REBUILD)


# --- the machine ------------------------------------------------------------------------------


def _machine() -> Check:
    told = f"Python {platform.python_version()} · SQLite {upkeep.sqlite_version()}"
    if not upkeep.has_full_text_search():
        return Check("machine", "bad", f"{told} without FTS5", "use a Python built with it")
    return Check("machine", "good", f"{told} (FTS5)")


def _git() -> Check:
    version = git.git_version()
    told = ".".join(str(number) for number in version)
    if version < _OLDEST_GIT:
        oldest = ".".join(str(number) for number in _OLDEST_GIT)
        return Check("git", "bad", told, f"git {oldest} or newer is needed")
    if broken := git.self_test():
        return Check(
            "git", "bad", f"{told}: {broken}", "use another git; nothing is sent until then"
        )
    return Check("git", "good", told)


def _grammars() -> Check:
    packages = {one.package for one in languages.LANGUAGES}
    broken = sorted(package for package in packages if find_spec(package) is None)
    if broken:
        return Check(
            "grammars", "bad", f"not installed: {', '.join(broken)}", "reinstall repo-sleeper"
        )
    return Check("grammars", "good", f"{len(languages.LANGUAGES)} languages, all on disk")


def litellm(folders: list[Path] | None = None) -> Check:
    """Whether the installed litellm is one of the stolen releases, without importing it."""
    places = _site_folders() if folders is None else folders
    planted = [folder / _STOLEN_FILE for folder in places if (folder / _STOLEN_FILE).exists()]
    if planted:
        return Check(
            "litellm", "bad", f"{planted[0]} steals credentials", "remove it, then change your keys"
        )
    try:
        version = metadata.version("litellm")
    except metadata.PackageNotFoundError:
        return Check("litellm", "note", "not installed: no model can be asked")
    if version in _STOLEN:
        return Check(
            "litellm", "bad", f"{version} steals credentials", "remove it, then change your keys"
        )
    return Check("litellm", "good", version)


def _site_folders() -> list[Path]:
    found = {*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("purelib")}
    return sorted(Path(folder) for folder in found)


# --- the repository ---------------------------------------------------------------------------


def _store(workspace: Workspace) -> Check:
    with closing(workspaces.read_store(workspace)) as db:
        damage = upkeep.damage(db)
        files = 0 if damage else extent.counts(db, place.tree_of(db, workspace)).files
    if damage:
        return Check("store", "bad", f"damaged: {damage}", REBUILD)
    size = workspace.database_file.stat().st_size / 1e6
    return Check("store", "good", f"sound, {size:.1f} MB, {output.count(files, 'file')}")


def _disk(workspace: Workspace) -> Check:
    free = machine.free_bytes(workspace.repo.common_dir)
    told = f"{free / 1e6:,.1f} MB free"
    if free < disk.SPARE_BYTES:
        return Check("disk", "bad", f"full: {told}, so nothing more can be written", _FREE)
    if free < idleness.ROOM:
        return Check("disk", "note", f"{told}: no model is asked for notes on so little", _FREE)
    return Check("disk", "good", told)


def _limits(workspace: Workspace) -> Check:
    """What could not be read as well as the rest: no fault, but nothing to keep quiet about."""
    try:
        db = workspaces.read_store(workspace)
    except SleeperError:
        return Check("limits", "note", "not known without a store")  # which has a line of its own
    with closing(db):
        if upkeep.damage(db):
            return Check("limits", "note", "not known: the store is damaged")
        found = limits_view.limits(db, place.tree_of(db, workspace), workspace.repo)
    return Check("limits", "note" if found else "good", "; ".join(found) or "none: all was read")


def _listing(workspace: Workspace) -> Check:
    found = git.listing(workspace.repo)
    return Check("files", "good", f"git lists {len(found.tracked) + len(found.untracked):,}")


def _languages(workspace: Workspace) -> Check:
    wanted = workspace.settings.index.languages
    if slips := languages.unknown(wanted):
        hint = f"index.languages may name {', '.join((*languages.BY_NAME, *languages.CONTAINERS))}"
        return Check("languages", "bad", f"not known: {', '.join(slips)}", hint)
    return Check("languages", "good", ", ".join(wanted) or "all of them")


def _permissions(workspace: Workspace) -> Check:
    loose = [
        file.name
        for file in sorted(workspace.state_dir.glob("*"))
        if file.is_file() and file.stat().st_mode & 0o077
    ]
    if workspace.state_dir.exists() and workspace.state_dir.stat().st_mode & 0o077:
        loose.append(str(workspace.state_dir))
    if loose:
        hint = f"chmod -R go= {workspace.state_dir}"
        return Check("privacy", "note", f"others may read {', '.join(loose)}", hint)
    return Check("privacy", "good", "only you can read the store")


def _daemon(workspace: Workspace) -> Check:
    found = process.state(workspace)
    if not found.running:
        return Check("daemon", "note", daemon_view.sentence(found))
    troubles = daemon_view.troubles(found)
    told = "; ".join(troubles) or daemon_view.sentence(found)
    if not daemon_view.is_well(found):
        return Check("daemon", "bad", told)
    return Check("daemon", "note" if troubles else "good", told)


def _watching(workspace: Workspace) -> Check:
    if not _INOTIFY.exists():
        return Check("watching", "good", "by the operating system")
    allowed = int(_INOTIFY.read_text("ascii"))
    folders = _folders(workspace.repo.root, allowed)
    if folders >= allowed:
        return Check(
            "watching",
            "note",
            f"more folders than the {allowed:,} watches allowed: changes are found by looking",
            "sudo sysctl fs.inotify.max_user_watches=524288",
        )
    return Check(
        "watching", "good", f"{output.count(folders, 'folder')}, {allowed:,} watches allowed"
    )


def _folders(root: Path, most: int) -> int:
    count = 0
    for _, folders, _ in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        count += len(folders)
        if count >= most:
            break
    return count


def _model(workspace: Workspace) -> Check:
    settings = workspace.settings.model
    if workspace.model_forbidden:
        return Check("model", "good", "none in this repository: nothing leaves the machine")
    if not settings.name:
        return Check("model", "good", "none: structure only, nothing leaves the machine")
    if variable := config.missing_key(workspace.settings, workspace.env):
        hint = (
            f"export {variable}, then `sleeper daemon restart`: it has the variables of its start"
        )
        return Check("model", "bad", f"{settings.name} has no key: {variable} is not set", hint)
    paused = _paused(workspace)
    if paused is not None:
        told = f"{settings.name}, paused: {paused.message}"
        return Check("model", "bad", told, "when that is mended, `sleeper think` tries again")
    if slip := slip_in(settings.name):
        hint = "`sleeper init --model PROVIDER/NAME` names another, such as openai/gpt-5-mini"
        return Check("model", "note", f"{settings.name}: {slip}", hint)
    return Check("model", "good", settings.name)


def _paused(workspace: Workspace) -> Pause | None:
    """What only a person can end; nothing where there is no store to say so."""
    try:
        with closing(workspaces.read_store(workspace)) as db:
            return pause.paused(db)
    except (SleeperError, upkeep.DamageError):
        return None  # the store has a line of its own


def _hook(workspace: Workspace) -> Check:
    told = git_hook.state(workspace.repo)
    standing: Standing = "good" if told.startswith("installed") else "note"
    return Check("hook", standing, told)


def _trust(workspace: Workspace) -> Check:
    if trust.is_trusted(workspace.repo):
        return Check("trust", "good", "the repository's settings count")
    if not (workspace.repo.root / trust.SETTINGS_FILE).exists():
        told = f"there is no {trust.SETTINGS_FILE}; no model is asked before this place is trusted"
        return Check("trust", "note", told, "`sleeper init`, or `sleeper trust`")
    why = trust.why_untrusted(workspace.repo)
    return Check("trust", "note", f"its settings do not count: {why}", trust.advice(workspace.repo))


_OF_A_REPOSITORY: tuple[tuple[str, Callable[[Workspace], Check]], ...] = (
    ("files", _listing),
    ("languages", _languages),
    ("store", _store),
    ("disk", _disk),
    ("limits", _limits),
    ("privacy", _permissions),
    ("daemon", _daemon),
    ("watching", _watching),
    ("model", _model),
    ("hook", _hook),
    ("trust", _trust),
)
