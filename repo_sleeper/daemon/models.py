"""The models that think: one for thoughts, perhaps another for second looks at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repo_sleeper import config
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.llm.model import Model
from repo_sleeper.sleep.agenda import AgendaItem

ModelMaker = Callable[[Workspace], Model]


def configured_model(workspace: Workspace) -> Model:
    """The model of the settings, in its own process; nothing starts before the first call."""
    from repo_sleeper.llm.client import WorkerModel

    settings = workspace.settings.model
    return WorkerModel(settings, key=config.api_key(workspace.settings, workspace.env))


@dataclass(frozen=True, slots=True)
class Models:
    """Both, the same one where the settings name no other. Each lives until the other is asked.

    So looks that follow each other share a process, and never two of them take 170 MB each.
    """

    first: Model
    second: Model

    def again(self) -> Model:
        """The model that takes second looks."""
        return self._only(self.second, self.first)

    def of(self, item: AgendaItem) -> Model:
        """The model for an item: passes over notes that are there are second looks as well."""
        from repo_sleeper.think import prompts

        if prompts.is_pass(item.step):
            return self.again()
        return self._only(self.first, self.second)

    def close(self) -> None:
        """End whatever process there is."""
        self.first.close()
        if self.second is not self.first:
            self.second.close()

    def _only(self, wanted: Model, other: Model) -> Model:
        if other is not wanted:
            other.close()
        return wanted


def models(workspace: Workspace, first: Model) -> Models:
    """The model that is there, and the one that the settings name for second looks."""
    settings = workspace.settings.model
    if settings.rethink_name in {"", settings.name}:
        return Models(first, first)
    from repo_sleeper.llm.client import WorkerModel

    key = config.api_key(workspace.settings, workspace.env)
    return Models(first, WorkerModel(settings, key=key, again=True))
