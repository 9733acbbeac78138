"""One Chromium and one server of each kind for the session; a test leaves its pages closed, the network alone."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import chromium, jupyter_host, voila_host
from harness.jupyter_host import JupyterHost
from harness.open_pages import OpenPages, closing_new
from harness.voila_host import VoilaHost
from harness.watch import Watch, watch
from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
WAIT_SECONDS = 30


@pytest.fixture(scope="session")
def context() -> Iterator[BrowserContext]:
    """Chromium, with one profile for all pages so that its cache stays warm."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MISSING, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        context.set_default_timeout(WAIT_SECONDS * 1000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context
        context.close()
        browser.close()


@pytest.fixture(scope="session")
def seen(context: BrowserContext) -> Watch:
    """What the pages asked of the network and wrote on the console."""
    return watch(context)


@pytest.fixture(scope="session")
def pages() -> OpenPages:
    return {}


@pytest.fixture(scope="session")
def lab(
    context: BrowserContext, seen: Watch, pages: OpenPages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JupyterHost]:
    with jupyter_host.lab(context, pages=pages, world=tmp_path_factory.mktemp("lab")) as host:
        yield host


@pytest.fixture(scope="session")
def notebook7(
    context: BrowserContext, seen: Watch, pages: OpenPages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JupyterHost]:
    with jupyter_host.notebook7(context, pages=pages, world=tmp_path_factory.mktemp("notebook7")) as host:
        yield host


@pytest.fixture(scope="session")
def voila(
    context: BrowserContext, seen: Watch, pages: OpenPages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VoilaHost]:
    with voila_host.voila(context, pages=pages, world=tmp_path_factory.mktemp("voila")) as host:
        yield host


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page without a network, in which nothing glides."""
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    context.set_offline(True)
    yield page
    context.set_offline(False)
    page.close()


@pytest.fixture(scope="module", autouse=True)
def _closes_the_pages_of_a_module(pages: OpenPages) -> Iterator[None]:
    with closing_new(pages):
        yield


@pytest.fixture(autouse=True)
def _closes_its_pages(pages: OpenPages) -> Iterator[None]:
    with closing_new(pages):
        yield


@pytest.fixture(autouse=True)
def _asks_nothing_of_the_network(seen: Watch) -> Iterator[None]:
    """Fail a test whose pages asked another machine for something, Voilà's own icon font aside."""
    before = len(seen.foreign_requests)
    yield
    asked = [url for url in seen.foreign_requests[before:] if not url.startswith(voila_host.ICON_FONT)]
    assert not asked, f"pages asked the network for {asked}"


@pytest.fixture(scope="session")
def screenshot() -> Callable[[Page, str], Path]:
    """Save what a page shows under screenshots/, for people to look at."""

    def save(page: Page, name: str) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path)
        return path

    return save


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Save what every open page showed when a test failed."""
    report = yield
    if report.failed and call.when == "call":
        for number, page in enumerate(getattr(item, "funcargs", {}).get("pages", {})):
            with contextlib.suppress(Error):
                page.screenshot(path=SCREENSHOTS / "failed" / f"{item.name}-{number}.png")
    return report
