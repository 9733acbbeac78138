"""Remembers what pages ask of the network and what they complain about."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

LOCAL_HOSTS = {"127.0.0.1", "localhost"}
LOCAL_SCHEMES = {"about", "blob", "data", "file"}


@dataclass
class Watch:
    """What was seen since the browser started; tests look at the part that is theirs."""

    foreign_requests: list[str] = field(default_factory=list)
    errors: list[tuple[Page | None, str]] = field(default_factory=list)

    def errors_of(self, page: Page) -> list[str]:
        return [text for where, text in self.errors if where == page]


def watch(context: BrowserContext) -> Watch:
    seen = Watch()

    def on_url(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in LOCAL_SCHEMES and parts.hostname not in LOCAL_HOSTS:
            seen.foreign_requests.append(url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.errors.append((message.page, message.text))

    def on_exception(error: WebError) -> None:
        seen.errors.append((error.page, str(error.error)))

    context.on("request", lambda request: on_url(request.url))
    context.on("page", lambda page: page.on("websocket", lambda socket: on_url(socket.url)))
    context.on("console", on_console)
    context.on("weberror", on_exception)
    return seen
