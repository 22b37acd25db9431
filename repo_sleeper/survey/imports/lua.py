"""Lua: `require "shop.cart"` wherever a path would make it `shop/cart.lua`."""

from __future__ import annotations

from collections.abc import Iterator

from repo_sleeper.survey.imports.modules import Modules, closest


def lua(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """The nearest file or folder of that name: where Lua looks is said at run time only."""
    del names
    stem = module.replace(".", "/")
    for file in (f"{stem}.lua", f"{stem}/init.lua"):
        same_name = modules.by_basename.get(file.rpartition("/")[2], ())
        found = [one for one in same_name if f"/{one}".endswith(f"/{file}")]
        if found:
            yield closest(path, found)
            return
