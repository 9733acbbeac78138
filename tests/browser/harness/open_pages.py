"""Knows which pages are open and how each is closed together with its kernel."""

import contextlib
from collections.abc import Callable, Iterator

from playwright.sync_api import Page

OpenPages = dict[Page, Callable[[], None]]


@contextlib.contextmanager
def closing_new(pages: OpenPages) -> Iterator[None]:
    """Close afterwards what was opened meanwhile; pages that were open before stay."""
    before = set(pages)
    try:
        yield
    finally:
        for page in set(pages) - before:
            pages.pop(page)()
