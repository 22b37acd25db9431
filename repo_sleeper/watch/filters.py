"""Which files are not worth reading, told from their path and size alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.redact import is_secret_path

_VENDORED = """
    .bundle .cargo .eggs .gradle .nox .pnpm .terraform .tox .venv .yarn Carthage Godeps Pods
    __pycache__ bower_components jspm_packages node_modules site-packages third-party third_party
    thirdparty vendor vendored venv virtualenv
"""
_LOCK_FILES = """
    .terraform.lock.hcl bun.lock bun.lockb cargo.lock composer.lock conan.lock deno.lock flake.lock
    gemfile.lock go.sum go.work.sum gradle.lockfile mix.lock npm-shrinkwrap.json package-lock.json
    package.resolved packages.lock.json paket.lock pdm.lock pipfile.lock pnpm-lock.yaml podfile.lock
    poetry.lock pubspec.lock requirements.lock uv.lock yarn.lock
"""
_BINARY = """
    3gp 7z a aac aar ai apk avi avif bin blend bmp bz2 class cur dat db deb dex dll dmg doc docx
    dylib ear eot eps exe fbx flac flv gif glb gz h5 heic icns ico idx iso jar jpeg jpg jks keystore
    ko lib lz4 lzma m4a m4v mkv mo mov mp3 mp4 mpeg mpg msi npy npz o obj odp ods odt ogg onnx opus
    otf p12 pack parquet pdb pdf pfx pickle pkl png ppt pptx psd pt pth pyc pyd pyo rar rlib rpm
    safetensors so sqlite sqlite3 swf tar tflite tgz tif tiff ttc ttf wasm wav webm webp whl wmv
    woff woff2 xcf xls xlsx xz zip zst
"""
_GENERATED = """
    .designer.cs .freezed.dart .g.cs .g.dart .map .pb.cc .pb.go .pb.h .snap _pb.d.ts _pb.js _pb.rb
    _pb2.py _pb2.pyi _pb2_grpc.py _pb2_grpc.pyi
"""
_MINIFIED = """
    .min.js -min.js .min.mjs -min.mjs .min.css -min.css
"""
_VENDORED_FOLDERS = frozenset(_VENDORED.split())
_LOCK_NAMES = frozenset(_LOCK_FILES.split())
_BINARY_ENDINGS = frozenset(_BINARY.split())
_GENERATED_ENDINGS = tuple(_GENERATED.split())
_MINIFIED_ENDINGS = tuple(_MINIFIED.split())


def skip_by_name(
    path: str, size: int, *, max_bytes: int, ignore: Sequence[str]
) -> SkipReason | None:
    """Why a regular file need not even be opened, or None."""
    folders, _, name = path.rpartition("/")
    if is_secret_path(path):
        return SkipReason.SECRET
    if ignore and is_ignored(path, tuple(ignore)):
        return SkipReason.SETTINGS
    if folders and is_vendored(folders):
        return SkipReason.VENDORED
    return _skip_by_file_name(name.lower()) or (SkipReason.TOO_LARGE if size > max_bytes else None)


def _skip_by_file_name(name: str) -> SkipReason | None:
    if name in _LOCK_NAMES:
        return SkipReason.LOCK_FILE
    if name.rpartition(".")[2] in _BINARY_ENDINGS and "." in name:
        return SkipReason.BINARY
    if name.endswith(_MINIFIED_ENDINGS):
        return SkipReason.MINIFIED
    return SkipReason.GENERATED if name.endswith(_GENERATED_ENDINGS) else None


@lru_cache(maxsize=16_384)
def is_vendored(folder: str) -> bool:
    """Whether a folder is someone else's code, or lies inside such a folder."""
    return not _VENDORED_FOLDERS.isdisjoint(folder.split("/"))


def is_ignored(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern of the settings names this path.

    A pattern without a slash matches any file or folder of that name, one with a slash matches
    from the root; a folder takes everything in it along. `*` stops at nothing.
    """
    return any(pattern.match(path) for pattern in _compiled(patterns))


@lru_cache(maxsize=32)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_expression(pattern)) for pattern in patterns)


def _expression(pattern: str) -> str:
    bare = pattern.strip("/")
    parts = bare.removeprefix("**/").split("/**/")  # where no folder need be, as to git
    glob = "/(?:.*/)?".join(map(_translated, parts))
    anywhere = "/" not in pattern.strip().rstrip("/") or bare.startswith("**/")
    return f"{'(?:.*/)?' if anywhere else ''}{glob}(?:/.*)?\\Z"


def _translated(glob: str) -> str:
    return translate(glob).removesuffix(r"\Z").removesuffix(r"\z")
