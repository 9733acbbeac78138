"""Builds the front ends when a wheel, an sdist or an editable install is made.

`python js/hatch_build.py` does the same by hand: nothing when the bundle is fresh.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEnds(BuildHookInterface[Any]):
    """What hatchling calls before it gathers the files of a distribution."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Make sure that the bundle is there and not older than its sources."""
        build_front_ends(Path(self.root))


def build_front_ends(root: Path) -> None:
    """Run `npm ci` and `npm run build` where they have something to do."""
    age = _bundle_age(root)
    if age == "fresh":
        return
    npm = shutil.which("npm")
    if npm is None and age == "stale":
        # Some installers lose the file times of an sdist, and then its good bundle looks old.
        _say("npm was not found, so the bundle in xaiwidgets/static is used as it is")
        return
    if npm is None:
        message = (
            "xaiwidgets/static holds no front ends and npm was not found to build them: install node 20 or newer, "
            "or install xaiwidgets from a wheel or an sdist, which carry them"
        )
        raise SystemExit(message)
    if not _installed(root / "js"):
        _run(npm, "ci", "--no-audit", "--no-fund", folder=root / "js")
    _run(npm, "run", "build", folder=root / "js")
    if _bundle_age(root) == "missing":
        raise SystemExit("`npm run build` ended well but left no front ends in xaiwidgets/static: see js/build.mjs")


def _bundle_age(root: Path) -> str:
    """Say whether the bundle is `missing`, `stale` (older than what it is made of) or `fresh`."""
    entries = [root / "js/src/core/host.ts", *(root / "js/src/widgets").glob("*.*")]
    built = [root / "xaiwidgets/static" / f"{path.stem}{path.suffix.replace('.ts', '.js')}" for path in entries]
    if not all(path.is_file() for path in built):
        return "missing"
    sources = [path for path in (root / "js/src").rglob("*") if path.is_file()]
    sources += [root / "js/build.mjs", root / "js/package-lock.json", root / "xaiwidgets/words.json"]
    newest = max(path.stat().st_mtime for path in sources if path.exists())
    return "stale" if min(path.stat().st_mtime for path in built) < newest else "fresh"


def _installed(js: Path) -> bool:
    """Say whether `node_modules` is what the lock file asks for; npm leaves its own note there."""
    note = js / "node_modules/.package-lock.json"
    return note.is_file() and note.stat().st_mtime >= (js / "package-lock.json").stat().st_mtime


def _run(npm: str, *arguments: str, folder: Path) -> None:
    done = subprocess.run([npm, *arguments], cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"`npm {' '.join(arguments)}` failed in {folder}:\n{done.stdout}{done.stderr}")


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    build_front_ends(Path(__file__).resolve().parent.parent)
