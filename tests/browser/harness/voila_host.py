"""Voilà, served for a test session; it runs a notebook anew for each page."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from . import notebook_file
from .open_pages import OpenPages
from .server import Server, running

RUN_SECONDS = 180
# Voilà's page template always asks for these two stylesheets; widgets do without them.
ICON_FONT = "https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@"


@dataclass(frozen=True)
class VoilaHost:
    server: Server
    context: BrowserContext
    pages: OpenPages
    name: str = "voila"

    def open(self, cells: list[str] | Path, *, theme: str = "light") -> Page:
        """Show a notebook made of these code cells, or a copy of a notebook file, as an app."""
        name = notebook_file.place(self.server.folder, cells)
        page = self.context.new_page()
        page.goto(f"{self.server.url}/voila/render/{name}?theme={theme}", timeout=RUN_SECONDS * 1000)
        page.locator("#rendered_cells").wait_for(timeout=RUN_SECONDS * 1000)
        raised = page.locator("[data-mime-type$='stderr']").filter(has_text="Traceback").all_inner_texts()
        assert not raised, "a cell raised " + "\n".join(raised)
        self.pages[page] = lambda: self._close(page)
        return page

    def _close(self, page: Page) -> None:
        page.evaluate(
            """async () => {
                const { baseUrl, kernelId } = JSON.parse(document.getElementById('jupyter-config-data').textContent);
                const form = new FormData();
                form.append('_xsrf', /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? '');
                await fetch(`${baseUrl}voila/api/shutdown/${kernelId}`, { method: 'POST', body: form });
            }"""
        )
        page.close()


@contextlib.contextmanager
def voila(context: BrowserContext, *, pages: OpenPages, world: Path) -> Iterator[VoilaHost]:
    command = [
        sys.executable,
        "-m",
        "voila",
        "{folder}",
        "--port={port}",
        "--no-browser",
        "--show_tracebacks=True",
        '--VoilaConfiguration.extension_denylist=["@jupyter-notebook/lab-extension"]',
    ]
    with running(command, world=world, ready="/") as server:
        yield VoilaHost(server=server, context=context, pages=pages)
