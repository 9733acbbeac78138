"""What happens to a live widget when the world around it changes: stop, busy kernel, delete, restart, reopen."""

import json
import re
import time

import pytest
from harness import jupyter_page
from harness.jupyter_page import ask
from playwright.sync_api import expect

SETUP = """
import threading, time
import xaiwidgets as xw

def slow(texts):
    time.sleep(0.03 * len(texts))
    return [[float(len(text)), 1.0] for text in texts]

def jobs():
    time.sleep(0.1)  # a thread that has just said "done" takes a moment to end
    return sum(thread.name == "xaiwidgets-job" for thread in threading.enumerate())
"""
SLOW = """
s = xw.TokenHighlight(xw.TextClassifier.from_callable(slow), "one two three four five six seven",
                      method="permutation_shap", tolerance=1e-9, budget=100_000)
s
"""
FINISHED = 'f = xw.TokenHighlight(["a", "fine", "film"], [0.1, 2.0, -1.0])\nf'
# Resolves when the state says so; `make bench` has the milliseconds.
CLICK_STOP = """widget => new Promise(resolve => {
    const stop = [...widget.querySelectorAll("button")].find(button => button.textContent === "Stop");
    const state = widget.querySelector(".xai-state");
    const look = () => state.dataset.state === "stopped" ? resolve() : setTimeout(look, 2);
    stop.click();
    look();
})"""


def widget_of(page, index):
    return jupyter_page.output(page, index).locator(".xai").first


def running(widget):
    expect(widget.locator(".xai-state")).to_have_attribute("data-state", "running")
    expect(widget.locator(".xai-readout")).to_contain_text("evaluations")


def test_stop_and_resume(lab):
    page = lab.open([SETUP, SLOW])
    widget = widget_of(page, 1)
    running(widget)
    for _ in range(3):
        widget.evaluate(CLICK_STOP)
        before = ask(page, "s.explanation.evaluations")
        assert ask(page, "jobs()") == 0
        widget.get_by_role("button", name="Resume").click()
        running(widget)
        page.wait_for_timeout(300)
        assert ask(page, "s.explanation.evaluations") > before


def test_stop_is_heard_while_another_cell_runs(lab):
    page = lab.open([SETUP, SLOW, "time.sleep(6)"], run=False)
    jupyter_page.run_cell(page, 0)
    jupyter_page.run_cell(page, 1)
    widget = widget_of(page, 1)
    running(widget)
    jupyter_page.run_cell(page, 2, wait=False)
    page.wait_for_timeout(500)
    start = time.monotonic()
    widget_of(page, 1).evaluate(CLICK_STOP)
    assert time.monotonic() - start < 3
    assert page.evaluate("window.xwRun.done") is False


def test_a_deleted_cell_leaves_no_thread(lab):
    page = lab.open([SETUP, SLOW, "0"])
    running(widget_of(page, 1))
    assert ask(page, "jobs()") == 1
    jupyter_page.delete_cell(page, 1)
    page.wait_for_timeout(1000)
    assert ask(page, "jobs()") == 0


def test_a_restart_says_to_run_the_cell_again(lab, screenshot):
    page = lab.open([SETUP, SLOW])
    running(widget_of(page, 1))
    jupyter_page.restart_kernel(page)
    widget = widget_of(page, 1)
    expect(widget.get_by_role("alert").filter(has_text="run the cell again")).to_be_visible()
    expect(widget.get_by_role("combobox")).to_be_disabled()
    expect(widget.locator(".xai-w", has_text=re.compile("^three$"))).to_be_visible()
    screenshot(page, "highlight-restarted")


def test_a_reopened_notebook_shows_the_last_picture(lab):
    page = lab.open([SETUP, FINISHED])
    # `make setup` switches this on in its own environment; elsewhere a person does, in the Settings menu.
    assert page.evaluate("window.jupyterapp.commands.isToggled('@jupyter-widgets/jupyterlab-manager:saveWidgetState')")
    expect(widget_of(page, 1).locator(".xai-pos")).to_have_count(2)
    page.wait_for_timeout(500)
    jupyter_page.save(page)
    name = lab.name_of(page)
    assert "film" in json.loads((lab.server.folder / name).read_text())["metadata"]["widgets"].__str__()
    again = lab.open_saved(name)
    widget = widget_of(again, 1)
    expect(widget.locator(".xai-w", has_text=re.compile("^film$"))).to_have_class(re.compile("xai-neg"))
    expect(widget.locator(".xai-pos")).to_have_count(2)


@pytest.mark.parametrize("host_name", ["lab", "notebook7"])
def test_a_model_that_raises_says_so_and_keeps_the_picture(request, host_name):
    host = request.getfixturevalue(host_name)
    breaks = """
calls = []
def breaks(texts):
    calls.extend(texts)
    if len(calls) > 5:
        raise ValueError("the endpoint is gone")
    return [[float(len(text)), 0.0] for text in texts]
b = xw.TokenHighlight(xw.TextClassifier.from_callable(breaks), "one two three four five six seven", method="occlusion")
b
"""
    page = host.open([SETUP, breaks])
    widget = widget_of(page, 1)
    expect(widget.get_by_role("alert").filter(has_text="the endpoint is gone")).to_be_visible()
    assert widget.locator(".xai-pos, .xai-neg").count() >= 1
    assert widget.locator(".xai-pending").count() >= 1
    assert ask(page, "jobs()") == 0
