"""Finds the machine's Chromium or Chrome; run as a script it installs it where it may and fails where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium", "google-chrome", "google-chrome-stable", "chrome", "chromium-browser"]
APPLICATIONS = ["Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium"]
PACKAGES = ["chromium", "fonts-dejavu-core", "fonts-noto-cjk"]
MISSING = (
    "The browser tests need Chromium or Chrome and none was found: install one "
    f"(Debian: sudo apt-get install {' '.join(PACKAGES)}), or name yours with CHROMIUM=/path/to/chromium"
)

# No sandbox, because CI runs as root; the rest keeps Chromium from calling anyone but the page that it shows.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def find() -> str | None:
    """Return the path of a browser that starts, or None."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        candidates += [str(folder / name) for name in APPLICATIONS if (folder / name).is_file()]
    # Ubuntu's chromium-browser can be a script that only asks for a snap, so being there is not enough.
    return next((path for path in candidates if path and _starts(path)), None)


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install() -> None:
    """Install the browser and the fonts (Chinese included) from Debian's packages, when that is ours to do."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    absent = [name for name in PACKAGES if not _has_package(name)]
    if find() and "chromium" in absent:
        absent.remove("chromium")
    if not absent:
        return
    sys.stderr.write(f"Installing {' '.join(absent)}\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *absent]):
        done = subprocess.run(
            ["apt-get", "-q", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.stderr.write(done.stderr)


def _has_package(name: str) -> bool:
    status = subprocess.run(["dpkg", "--status", name], capture_output=True, text=True, check=False).stdout
    return "install ok installed" in status


if __name__ == "__main__":
    _install()
    browser = find()
    if browser is None:
        raise SystemExit(MISSING)
