"""Every question we ask git: plumbing only; nothing of the repository is run, nothing is locked."""

from __future__ import annotations

from repo_sleeper.git.log import commit_ids, commits, cut_off_at, tell
from repo_sleeper.git.plumbing import (
    Listing,
    TrackedFile,
    ask_ahead,
    attributed,
    begun_listing,
    branch,
    changed_paths,
    config_value,
    drop_config,
    git_version,
    head,
    hooks_path,
    is_ancestor,
    is_treeless,
    listing,
    operation_in_progress,
    set_config,
    tracked,
)
from repo_sleeper.git.repository import Repository, discover
from repo_sleeper.git.self_test import self_test

__all__ = [
    "Listing",
    "Repository",
    "TrackedFile",
    "ask_ahead",
    "attributed",
    "begun_listing",
    "branch",
    "changed_paths",
    "commit_ids",
    "commits",
    "config_value",
    "cut_off_at",
    "discover",
    "drop_config",
    "git_version",
    "head",
    "hooks_path",
    "is_ancestor",
    "is_treeless",
    "listing",
    "operation_in_progress",
    "self_test",
    "set_config",
    "tell",
    "tracked",
]
