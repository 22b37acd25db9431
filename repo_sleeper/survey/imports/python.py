"""Python: `import a.b`, `from a import b`, `from .. import c`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from repo_sleeper.survey.imports.modules import Modules


def python(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """`from pkg import name` means the module pkg.name if there is one, else pkg itself."""
    if module.startswith("."):
        yield from _relative(modules, path, module, names)
        return
    found = [modules.nearest(path, f"{module}.{name}") for name in names]
    yield from (target for target in found if target)
    if not names or not all(found):
        whole = modules.nearest(path, module)
        if whole:
            yield whole


def _relative(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    name = module.lstrip(".")
    folder = posixpath.dirname(path)
    for _ in range(len(module) - len(name) - 1):
        folder = posixpath.dirname(folder)
    base = posixpath.join(folder, *name.split(".")) if name else folder
    found = [_at(modules, posixpath.join(base, one)) for one in names]
    yield from (target for target in found if target)
    if not names or not all(found):
        whole = _at(modules, base)
        if whole:
            yield whole


def _at(modules: Modules, stem: str) -> str:
    return modules.first([f"{stem}.py", f"{stem}/__init__.py", f"{stem}.pyi", f"{stem}.pyx"])
