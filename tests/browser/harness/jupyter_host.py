"""JupyterLab and Notebook 7, served for a test session."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from . import jupyter_page, notebook_file
from .open_pages import OpenPages
from .server import Server, running

LIGHT = "JupyterLab Light"
DARK = "JupyterLab Dark"

_OPTIONS = [
    "--allow-root",
    "--no-browser",
    "--ServerApp.port={port}",
    "--ServerApp.port_retries=0",
    "--ServerApp.root_dir={folder}",
    "--IdentityProvider.token=",
]


@dataclass(frozen=True)
class JupyterHost:
    """A host to open notebooks in; what can be done to an open one is in `jupyter_page`."""

    name: str
    server: Server
    context: BrowserContext
    address: str
    pages: OpenPages

    def open(self, cells: list[str] | Path, *, theme: str = LIGHT, run: bool = True) -> Page:
        """Open a notebook made of these code cells, or a copy of a notebook file, and run it to its end."""
        return self.open_saved(notebook_file.place(self.server.folder, cells), theme=theme, run=run)

    def open_saved(self, name: str, *, theme: str = LIGHT, run: bool = False) -> Page:
        """Open a notebook that already lies in the server's folder."""
        page = self.context.new_page()
        self.pages[page] = lambda: self._close(page)
        page.goto(self.server.url + self.address.format(name=name))
        jupyter_page.wait_until_ready(page)
        jupyter_page.set_theme(page, theme)
        if run:
            jupyter_page.run_all(page)
        return page

    def name_of(self, page: Page) -> str:
        """Return the file name of the notebook in a page, for `open_saved`."""
        return page.url.partition("?")[0].rpartition("/")[2]

    def _close(self, page: Page) -> None:
        jupyter_page.shut_down_kernel(page)
        page.close()


@contextlib.contextmanager
def lab(context: BrowserContext, *, pages: OpenPages, world: Path) -> Iterator[JupyterHost]:
    command = [sys.executable, "-m", "jupyterlab", *_OPTIONS, "--LabApp.expose_app_in_browser=True"]
    with running(command, world=world, ready="/api/status") as server:
        yield JupyterHost("lab", server, context, "/lab/tree/{name}?reset", pages)


@contextlib.contextmanager
def notebook7(context: BrowserContext, *, pages: OpenPages, world: Path) -> Iterator[JupyterHost]:
    command = [sys.executable, "-m", "notebook", *_OPTIONS, "--JupyterNotebookApp.expose_app_in_browser=True"]
    with running(command, world=world, ready="/api/status") as server:
        yield JupyterHost("notebook7", server, context, "/notebooks/{name}", pages)
