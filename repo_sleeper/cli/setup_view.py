"""What `sleeper init` says of the model that may think, what it may cost, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from repo_sleeper import config, trust
from repo_sleeper.daemon.workspace import Workspace, read_store
from repo_sleeper.words import dollars


def spending(workspace: Workspace, values: Mapping[str, object]) -> list[str]:
    """Which model may think and what was set with it: told as wide as it holds."""
    told = [f"model     {_model(workspace)}"]
    everywhere = f"for every repository (in {config.user_config_file()})"
    if "model.api_base" in values:
        told.append(f"endpoint  {values['model.api_base'] or 'the usual one'}, {everywhere}")
    if "budget.usd_per_day" in values:
        cap = dollars(workspace.settings.budget.usd_per_day)
        told.append(f"cap       ${cap} a day, {everywhere}, each on its own")
    return [*told, *_price(workspace)]


def _model(workspace: Workspace) -> str:
    name = workspace.settings.model.name
    if workspace.model_forbidden:
        return "none in this repository: structure only, nothing leaves this machine"
    if workspace.untrusted:
        return f"none while {trust.SETTINGS_FILE} does not count"
    if not name:
        return "none: structure only, nothing leaves this machine"
    origin = config.origins(workspace.repo, env=workspace.env)["model.name"]
    if origin != "user":
        return f"{name} (from the {origin})"
    file = config.user_config_file()
    return f"{name}, for every repository but those with --no-model (in {file})"


def _price(workspace: Workspace) -> list[str]:
    if not workspace.settings.model.name:
        return []
    from repo_sleeper.cli import cost_view  # brings all of spending

    if cost_view.is_price_known(workspace.settings):
        return []
    from repo_sleeper.llm.prices import slip_in

    # Better told now than at night.
    slip = slip_in(workspace.settings.model.name)
    return [f"price     {cost_view.UNKNOWN}", *([f"provider  {slip}"] if slip else [])]


def how_to_go_on(workspace: Workspace) -> str:
    """What happens now, and the commands to begin with."""
    if workspace.untrusted:
        thinks = (
            f"No model is asked while {trust.SETTINGS_FILE} does not count "
            f"({workspace.untrusted}): {trust.advice(workspace.repo)}."
        )
    else:
        thinks = _who_thinks(workspace)
    return (
        f'\n{thinks}\n\n  sleeper ask "where is ...?"   a question\n'
        "  sleeper status                how things are\n"
        "  sleeper init --remove         take all of this away again"
    )


def _who_thinks(workspace: Workspace) -> str:
    model, quiet = workspace.settings.model.name, workspace.settings.idle.quiet_s
    if model and (variable := config.missing_key(workspace.settings, workspace.env)):
        return (
            f"It cannot think with {model} yet: {variable} is not set. Export it, then "
            "`sleeper daemon restart`."
        )
    if model and (why := _stopped(workspace)):
        again = "Once that is mended, `sleeper think` tries again."
        return f"It does not think with {model}: {why}.\n{again}"
    if model:
        return f"It thinks with {model} when you have been away for {quiet:.0f} s."
    if workspace.model_forbidden:
        return "No model is asked here until `sleeper init --model NAME` says otherwise."
    return (
        "No model is set: nothing leaves this machine. `sleeper init --model NAME` sets one,\n"
        "for every repository; `sleeper init --no-model` keeps this one without."
    )


def _stopped(workspace: Workspace) -> str:
    """What stopped the model and only a person can end."""
    from repo_sleeper.store import pause  # only where there is a model

    with closing(read_store(workspace)) as db:
        stopped = pause.paused(db)
    return "" if stopped is None else stopped.message
