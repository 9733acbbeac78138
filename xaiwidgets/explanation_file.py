"""An explanation as a file: the arrays as they are, everything else as JSON; nothing is pickled."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError

if TYPE_CHECKING:
    import os

T = TypeVar("T")

FORMAT = 1

_NAMED = ("input", "details")
"""The attributes that hold arrays beside JSON values."""


def written(e: Any, path: str | os.PathLike[str]) -> Path:
    """Write an explanation to one .npz file. Returns the path written."""
    target = Path(path)
    if target.suffix != ".npz":
        target = target.with_name(target.name + ".npz")
    arrays = {"values": e.values, "error": e.error}
    named = {name: getattr(e, name) for name in _NAMED}
    for name, entries in named.items():
        arrays |= {f"{name}.{key}": value for key, value in entries.items() if isinstance(value, np.ndarray)}
    rest = {
        item.name: getattr(e, item.name)
        for item in dataclasses.fields(e)
        if item.name not in {"values", "error", "outputs", "faithfulness", *_NAMED}
    }
    for name, entries in named.items():
        rest[name] = {key: value for key, value in entries.items() if not isinstance(value, np.ndarray)}
    rest["outputs"] = None if e.outputs is None else dataclasses.asdict(e.outputs)
    rest["faithfulness"] = None if e.faithfulness is None else e.faithfulness.to_json()
    rest["format"] = FORMAT
    # Text is stored as UTF-8 bytes: a numpy unicode array would take four bytes a character.
    meta = np.frombuffer(json.dumps(rest, ensure_ascii=False).encode(), dtype=np.uint8)
    with target.open("wb") as file:
        np.savez_compressed(file, meta=meta, **arrays)
    return target


def stored(path: str | os.PathLike[str], read: Callable[[dict[str, Any]], T]) -> T:
    """What `read` makes of the attributes in a file that `written` wrote.

    Args:
        path: of the file.
        read: gets the attributes by name; "outputs" and "faithfulness" are JSON values still.

    Raises:
        InputError: when the file is not one of ours.
    """
    try:
        # NumPy would leave the file open when it is no archive.
        with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            rest = json.loads(bytes(file["meta"]).decode())
            arrays = {key: file[key] for key in file.files if key != "meta"}
        if rest.pop("format") == FORMAT:
            return read(_attributes(rest, arrays))
    except FileNotFoundError:
        raise
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, BadZipFile, zlib.error) as problem:
        msg = f"{path} is not an explanation saved by xaiwidgets ({problem}); give a file that Explanation.save wrote."
        raise InputError(msg) from problem
    msg = f"{path} was saved in another format than this version reads ({FORMAT}); load it with that version."
    raise InputError(msg)


def _attributes(rest: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    for name in _NAMED:
        within = f"{name}."
        rest.setdefault(name, {})
        rest[name] |= {key.removeprefix(within): value for key, value in arrays.items() if key.startswith(within)}
    for name in ("features", "notes", "targets"):
        rest[name] = tuple(rest[name])
    return {**rest, "values": arrays["values"], "error": arrays["error"]}
