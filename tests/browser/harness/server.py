"""Runs one Jupyter server in a world of its own: its own settings, its own port, its own process group."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 90
STOP_SECONDS = 20


@dataclass(frozen=True)
class Server:
    url: str
    folder: Path
    environment: dict[str, str]


@contextlib.contextmanager
def running(command: list[str], *, world: Path, ready: str) -> Iterator[Server]:
    """Start `command`, in which `{port}` and `{folder}` stand for what is chosen here; stop all of it afterwards.

    Args:
        command: the program and its arguments.
        world: an empty folder for settings, logs and notebooks.
        ready: the path that answers when the server does.
    """
    folder = world / "notebooks"
    folder.mkdir(parents=True)
    port = _free_port()
    environment = _environment(world)
    log = world / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [part.format(port=port, folder=folder) for part in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(process, url + ready, log)
            yield Server(url=url, folder=folder, environment=environment)
        finally:
            _stop(process)
    left = list((world / "runtime").glob("kernel-*.json"))
    assert not left, f"{command[2]} ended without ending its kernels: {left}"


def _environment(world: Path) -> dict[str, str]:
    settings = world / "config" / "labconfig"
    settings.mkdir(parents=True)
    # The news pop-up would ask the network and cover the page.
    (settings / "page_config.json").write_text(
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'
    )
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return {
        **os.environ,
        **{name: str(world / folder) for name, folder in folders.items()},
        "JUPYTER_PREFER_ENV_PATH": "1",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_it_answers(process: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}:\n{log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS} s:\n{log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    """Ask the server to end, which ends its kernels; then end whatever of its group is still there."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
