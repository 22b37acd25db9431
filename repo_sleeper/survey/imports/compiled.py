"""Go packages, Rust modules and crates, C and C++ includes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from repo_sleeper.survey.imports.modules import Modules, closest

_ROOT_FILES = ("mod.rs", "lib.rs", "main.rs")
_MOST_ALIKE = 4  # headers of one name: of more of them none is meant more than another
# A repository may have a file of the same name; `#include` then means it only from beside.
_SYSTEM = frozenset(
    {"alloca.h", "assert.h", "complex.h", "ctype.h", "dirent.h", "dlfcn.h", "errno.h", "fcntl.h"}
    | {"fenv.h", "float.h", "getopt.h", "glob.h", "inttypes.h", "iso646.h", "limits.h", "locale.h"}
    | {"malloc.h", "math.h", "memory.h", "netdb.h", "poll.h", "pthread.h", "regex.h", "sched.h"}
    | {"semaphore.h", "setjmp.h", "signal.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h"}
    | {"stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h", "syslog.h"}
    | {"termios.h", "tgmath.h", "threads.h", "time.h", "uchar.h", "unistd.h", "wchar.h"}
    | {"wctype.h", "windows.h"}
)


def go(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """A Go import names a folder: of its files those that define what is used."""
    del names
    folder = _go_folder(modules, module)
    if folder is not None:
        files = [one for one in modules.folders.get(folder, ()) if _is_go(one)]
        yield from modules.wanted_of(path, files)


def _go_folder(modules: Modules, module: str) -> str | None:
    for name, folder in modules.manifests.go_modules:
        if module == name:
            return folder
        if module.startswith(f"{name}/"):
            return posixpath.join(folder, module[len(name) + 1 :])
    if modules.manifests.go_modules or "." not in module.partition("/")[0]:
        return None  # Go's own packages have no dot in their first part
    parts = module.split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((end for end in ends if any(map(_is_go, modules.folders.get(end, ())))), None)


def _is_go(path: str) -> bool:
    return path.endswith(".go") and not path.endswith("_test.go")


def rust(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """A path of modules from the crate, from here, or from another crate of the workspace."""
    first, *rest = module.split("::")
    start = _rust_start(modules, path, first)
    if start is None:
        return
    folder, root = start
    while rest[:1] == ["super"]:
        folder, root, rest = posixpath.dirname(folder), "", rest[1:]
    within, file = _walked(modules, folder, rest)
    found = [_walked(modules, within, [name])[1] for name in names]
    yield from (one for one in found if one)
    left = [name for name, one in zip(names, found, strict=True) if not one]
    if left or not names:
        yield from _rust_definers(modules, left or rest[-1:], folder, file or root)


def _rust_start(modules: Modules, path: str, first: str) -> tuple[str, str] | None:
    """The folder that a path of modules starts in, and the file that stands for the folder."""
    folder = posixpath.dirname(path)
    if posixpath.basename(path) not in _ROOT_FILES:
        folder = posixpath.splitext(path)[0]
    if first == "crate":
        return _crate_root(modules, path)
    if first == "self":
        return folder, path
    if first == "super":
        above = posixpath.dirname(folder)
        return above, modules.first(_files_of(above))
    if first in modules.manifests.crates:
        root = modules.manifests.crates[first]
        return posixpath.dirname(root), modules.first([root])
    if modules.first(
        [posixpath.join(folder, f"{first}.rs"), posixpath.join(folder, first, "mod.rs")]
    ):
        return posixpath.join(folder, first), modules.first(
            _files_of(posixpath.join(folder, first))
        )
    return None


def _crate_root(modules: Modules, path: str) -> tuple[str, str] | None:
    folder = posixpath.dirname(path)
    while True:
        root = modules.first([posixpath.join(folder, name) for name in ("lib.rs", "main.rs")])
        if root:
            return folder, root
        if posixpath.basename(folder) == "tests":
            return folder, ""  # each file of it is a crate, or a module of one
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _files_of(stem: str) -> list[str]:
    return [
        f"{stem}.rs",
        *(posixpath.join(stem, name) for name in _ROOT_FILES),
    ]


def _walked(modules: Modules, folder: str, parts: Sequence[str]) -> tuple[str, str]:
    """As far into the modules as there are files: the folder and the file of the last one."""
    file = ""
    for part in parts:
        stem = posixpath.join(folder, part)
        found = modules.first([f"{stem}.rs", f"{stem}/mod.rs"])
        if not found:
            break
        folder, file = stem, found
    return folder, file


def _rust_definers(modules: Modules, names: Sequence[str], folder: str, file: str) -> Iterator[str]:
    """Where names come from: the file of the module, or one of the crate that it re-exports."""
    for name in names:
        if file and name in modules.defined.get(file, ()):
            yield file
            continue
        inside = [one for one in modules.definers.get(name, ()) if one.startswith(f"{folder}/")]
        if len(inside) == 1:
            yield inside[0]
        elif file:
            yield file
    if file and not names:
        yield file


def include(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """Beside the file, else wherever a folder of includes would make the path end like this.

    `<x.h>` is never the file beside: it is in a folder of includes, or not of this tree.
    """
    del names
    name = module.strip("<>")
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    found = modules.first([name] if module.startswith("<") else [beside, name])
    if name in _SYSTEM:
        found = found if not module.startswith("<") else ""
    elif not found:
        found = _ending_like(modules, path, posixpath.normpath(name))
    if found:
        yield found


def _ending_like(modules: Modules, path: str, name: str) -> str:
    while name.startswith("../"):
        name = name[3:]
    same_name = modules.by_basename.get(posixpath.basename(name), ())
    found = [one for one in same_name if one.endswith(f"/{name}")]
    inside = [one for one in found if "/include/" in f"/{one}"] or found
    return closest(path, inside) if len(inside) <= _MOST_ALIKE else ""
