"""The badge in a real JupyterLab: a true map is green, a shuffled one red, and both say why."""

import re

import pytest
from harness import jupyter_page
from harness.jupyter_host import DARK, LIGHT
from harness.jupyter_page import ask
from playwright.sync_api import expect

SETUP = """
import dataclasses, time
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
WORDS = "a slow film with a gripping end that nobody in the old cinema will soon forget or forgive".split()
WEIGHTS = {"slow": -1.5, "gripping": 3.0, "nobody": -1.0, "forget": -2.0, "end": 1.0, "cinema": 0.5}
TEXT = " ".join(WORDS)

def scores(texts):
    time.sleep(0.002 * len(texts))
    totals = [sum(WEIGHTS.get(word, 0.0) for word in text.split()) for text in texts]
    return [[-total, total] for total in totals]

clf = xw.TextClassifier.from_callable(scores, ["negative", "positive"])

def checked(widget):
    while widget.faithfulness is None:
        time.sleep(0.01)
    return widget.faithfulness.verdict
"""
LIVE = 'w = xw.TokenHighlight(clf, TEXT, target="positive")\nw'
SHUFFLED = """
e = xw.explain(clf, TEXT, target="positive")
e = dataclasses.replace(e, values=np.random.default_rng(3).permutation(e.values))
xw.TokenHighlight(e.with_faithfulness(xw.faithfulness(clf, TEXT, e)))
"""


@pytest.fixture(scope="module")
def page(lab):
    return lab.open([SETUP, LIVE, SHUFFLED])


def chip(page, index):
    return jupyter_page.output(page, index).locator(".xai-trust")


def test_a_live_picture_is_checked_and_turns_green(page, screenshot):
    assert ask(page, "checked(w)") == "better than chance"
    badge = chip(page, 1)
    expect(badge).to_have_attribute("data-kind", "better")
    expect(badge).to_have_text(re.compile(r"^✓better than chance · 99\.\d %$"))
    expect(badge).to_have_attribute("title", re.compile("correlation 1.00"))
    screenshot(page, "badge-light")


def test_an_edit_takes_it_away_until_the_new_picture_is_checked(page):
    ask(page, "checked(w)", first="w.text = TEXT + ' cinema'")
    expect(chip(page, 1)).to_have_attribute("data-kind", "better")
    ask(page, "checked(w)", first="w.text = TEXT")


def test_a_shuffled_map_is_red_and_says_why_at_a_click(page):
    badge = chip(page, 2)
    expect(badge).to_have_attribute("data-kind", "none")
    expect(badge).to_contain_text("✕no better than chance")
    badge.focus()
    page.keyboard.press("Enter")
    why = jupyter_page.output(page, 2).locator(".xai-trust-why")
    expect(why).to_contain_text("The score did not move as these values say")
    expect(badge).to_have_attribute("aria-expanded", "true")


def test_dark_and_narrow(page, screenshot):
    jupyter_page.set_theme(page, DARK)
    badge = chip(page, 2)
    page.wait_for_timeout(600)
    background, ink = badge.evaluate(
        "e => [getComputedStyle(document.querySelector('.xai')).getPropertyValue('--xai-paper'),"
        " getComputedStyle(e).color]"
    )
    assert background
    assert min(int(part) for part in re.findall(r"\d+", ink)[:3]) > 150
    screenshot(page, "badge-dark")
    page.set_viewport_size({"width": 620, "height": 900})
    box, frame = badge.bounding_box(), jupyter_page.output(page, 2).locator(".xai").bounding_box()
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    screenshot(page, "badge-narrow")
    page.set_viewport_size({"width": 1280, "height": 900})
    jupyter_page.set_theme(page, LIGHT)
