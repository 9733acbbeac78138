"""Drives an open notebook through `window.jupyterapp`, the same in JupyterLab and Notebook 7; never through menus."""

import ast
import json
from typing import Any

from playwright.sync_api import Locator, Page

READY_SECONDS = 90
RUN_SECONDS = 180

_PANEL = "window.jupyterapp.shell.currentWidget"


def wait_until_ready(page: Page) -> None:
    """Wait for the notebook and its kernel."""
    page.wait_for_function(f"() => window.jupyterapp && {_PANEL}?.context?.isReady", timeout=READY_SECONDS * 1000)
    page.evaluate("() => window.jupyterapp.restored")
    page.evaluate(f"() => {_PANEL}.revealed")
    wait_for_kernel(page)


def wait_for_kernel(page: Page) -> None:
    """Wait until the kernel answers and has nothing left to do."""
    page.evaluate(f"() => {_PANEL}.sessionContext.ready")
    page.wait_for_function(
        f"() => {_PANEL}.sessionContext.session?.kernel?.connectionStatus === 'connected'"
        f" && {_PANEL}.sessionContext.session.kernel.status === 'idle'",
        timeout=READY_SECONDS * 1000,
    )


def command(page: Page, name: str, arguments: dict[str, Any] | None = None) -> Any:
    return page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments or {}])


def run_all(page: Page) -> None:
    """Run every cell, wait for the last and raise what a cell raised."""
    _start(page, "notebook:run-all-cells")
    _finish(page)


def run_cell(page: Page, index: int, *, wait: bool = True) -> None:
    """Run one cell; with `wait=False` return while it is still running."""
    page.evaluate(f"index => {{ {_PANEL}.content.activeCellIndex = index }}", index)
    _start(page, "notebook:run-cell")
    if wait:
        _finish(page)


def delete_cell(page: Page, index: int) -> None:
    page.evaluate(f"index => {{ {_PANEL}.content.activeCellIndex = index }}", index)
    command(page, "notebook:delete-cell")


def restart_kernel(page: Page) -> None:
    page.evaluate(f"() => {_PANEL}.sessionContext.session.kernel.restart()")
    wait_for_kernel(page)


def interrupt_kernel(page: Page) -> None:
    page.evaluate(f"() => {_PANEL}.sessionContext.session.kernel.interrupt()")


def save(page: Page) -> None:
    command(page, "docmanager:save")
    page.wait_for_function(f"() => !{_PANEL}.context.model.dirty")


def set_theme(page: Page, theme: str) -> None:
    """Choose "JupyterLab Light" or "JupyterLab Dark"; the server remembers it for later pages."""
    command(page, "apputils:change-theme", {"theme": theme})
    light = str(theme.endswith("Light")).lower()
    page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)


def cell(page: Page, index: int) -> Locator:
    """Return a cell, scrolled into view, because cells out of sight may not be in the page at all."""
    page.evaluate(f"index => {_PANEL}.content.scrollToItem(index)", index)
    return page.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')


def output(page: Page, index: int) -> Locator:
    """Return the output area of a cell, scrolled into view."""
    return cell(page, index).locator(".jp-Cell-outputArea")


def ask(page: Page, expression: str, *, first: str = "") -> Any:
    """Run the statements `first` in the kernel and return the value of a Python expression that JSON can carry."""
    reply = page.evaluate(
        f"""async ([code, expression]) => {{
            const kernel = {_PANEL}.sessionContext.session.kernel;
            const future = kernel.requestExecute(
                {{ code, store_history: false, user_expressions: {{ answer: expression }} }});
            return (await future.done).content;
        }}""",
        [first, f"__import__('json').dumps({expression})"],
    )
    answer = reply.get("user_expressions", {}).get("answer", reply)
    assert answer["status"] == "ok", f"{expression!r} raised {answer.get('ename')}: {answer.get('evalue')}"
    return json.loads(ast.literal_eval(answer["data"]["text/plain"]))


def shut_down_kernel(page: Page) -> None:
    page.evaluate(f"() => {_PANEL}?.sessionContext?.shutdown()")


def _start(page: Page, name: str) -> None:
    page.evaluate(
        """name => {
            const run = { done: false };
            window.xwRun = run;
            window.jupyterapp.commands.execute(name).finally(() => { run.done = true; });
        }""",
        name,
    )


def _finish(page: Page) -> None:
    page.wait_for_function("() => window.xwRun.done", timeout=RUN_SECONDS * 1000)
    raised = page.evaluate(
        f"""() => {_PANEL}.content.widgets.flatMap(widget => (widget.model.toJSON().outputs ?? [])
            .filter(output => output.output_type === 'error')
            .map(output => `${{output.ename}}: ${{output.evalue}}\\n${{output.traceback.join('\\n')}}`))"""
    )
    assert not raised, "a cell raised " + "\n".join(raised)
