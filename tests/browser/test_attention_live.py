"""AttentionGrid over a real language model, in a real JupyterLab: what a person looks for, asks and changes."""

import re

import pytest
from harness import attention, jupyter_page
from harness.attention import (
    HUE,
    SETTLED,
    coloured,
    first_head,
    head_at,
    matrix_of,
    press,
    said,
    settle,
    word,
)
from harness.jupyter_host import DARK, LIGHT
from harness.jupyter_page import ask, output
from playwright.sync_api import expect

TEXT = "Vernon Dursley was a director. Petunia Dursley was thin. Vernon Durs"
# Heads of SmolLM2 that look at what came after an earlier "Vernon" or "D".
INDUCTION = {(18, 6), (17, 3), (17, 4), (17, 5)}

SETUP = f"""
{SETTLED}
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from xaiwidgets import samples
lm = samples.smollm2()
"""
SHOW = f"g = xw.AttentionGrid(lm, {TEXT!r}, generate=3)\ng"
# As fast as a page can.
HURRY = """widget => {
    const next = widget.querySelector("button[aria-label='Next head']");
    for (let i = 0; i < 100; i++) next.click();
}"""


@pytest.fixture(scope="module")
def page(lab):
    """One notebook for the module: the model takes seconds to load."""
    page = lab.open([SETUP, SHOW])
    settle(page, "g")
    return page


def reset(page, **traits):
    ask(page, "0", first="g.step = 0")
    attention.reset(page, "g", text=TEXT, **traits)
    return output(page, 1).locator(".xai").first


def test_the_grid_of_a_language_model(page, screenshot):
    widget = reset(page, layer=18, head=6, query=12)
    expect(widget.get_by_role("heading", name="Layer 18 · head 6")).to_be_visible()
    expect(widget.get_by_text("Raw attention is not attribution")).to_be_visible()
    screenshot(page, "attention-lab-light")
    expect(coloured(widget)).not_to_have_count(0)
    widget.get_by_role("button", name="q·k").click()
    strongest = ask(page, "int(g.attentions.weights(18, 6)[12].argmax())")
    token = ask(page, f"g.attentions.axes['tokens']['tokens'][{strongest}]")
    weight = ask(page, f"float(g.attentions.weights(18, 6)[12, {strongest}])")
    expect(widget.locator(".xai-panel")).to_contain_text(re.compile(rf"× {token.strip('Ġ')}.*{weight:.3f}", re.DOTALL))
    widget.get_by_role("button", name="Matrix").click()


def test_order_by_induction_finds_the_induction_heads(page, screenshot):
    widget = reset(page)
    widget.get_by_label("Order").select_option("induction")
    settle(page, "g")
    assert first_head(widget) in INDUCTION
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        assert head_at(widget) in INDUCTION
    screenshot(page, "attention-lab-induction")
    before = widget.get_by_text("of 270 heads").inner_text()
    widget.get_by_role("slider", name="Show only heads").fill("0.9")
    expect(widget.get_by_text("of 270 heads")).not_to_have_text(before)
    widget.get_by_role("button", name="Largest first").click()
    expect(widget.get_by_role("button", name="Smallest first")).to_be_visible()


def test_heads_where_one_token_looks_at_another(page):
    widget = reset(page)
    widget.get_by_label("From token").fill("Petunia")
    widget.get_by_label("To token").fill("director")
    widget.get_by_label("To token").press("Enter")
    page.wait_for_timeout(500)
    settle(page, "g")
    assert ask(page, "[g.looks, g.order]") == [["Petunia", "director"], "looks"]
    strongest = ask(
        page,
        "max((max(float(g.attentions.weights(l, h)[q, director]) for q in petunia), l, h)"
        " for l in range(30) for h in range(9))",
        first="""
tokens = g.attentions.axes["tokens"]["tokens"]
spelled = [token.replace("Ġ", "") for token in tokens]
director = spelled.index("director")
petunia = range(spelled.index("Pet"), spelled.index("Pet") + 3)
""",
    )
    assert first_head(widget) == tuple(strongest[1:])
    expect(widget.locator(".xai-strip .xai-found")).to_have_text(["director", "Pet", "un", "ia"])
    widget.get_by_label("From token").fill("xyzzy")
    widget.get_by_label("From token").press("Enter")
    settle(page, "g")
    expect(widget.locator(".xai-strip .xai-found")).to_have_text(["director"])


def test_a_pinned_head_stays_while_another_is_opened_and_the_text_is_edited(page, screenshot):
    widget = reset(page, layer=18, head=6)
    widget.get_by_role("button", name="Pin this head for comparison").click()
    settle(page, "g")
    assert ask(page, "g.pinned") == [18, 6]
    widget.get_by_role("button", name="Next head").click()
    settle(page, "g")
    expect(matrix_of(widget, 1)).to_be_visible()
    expect(widget.locator(".xai-compare")).to_contain_text("Layer 18 · head 6 · pinned")
    screenshot(page, "attention-lab-compare")
    widget.get_by_role("button", name="Difference").click()
    expect(widget.locator(".xai-compare")).to_contain_text("Opened minus pinned")
    widget.get_by_role("button", name="Difference").click()

    word(widget, "thin").dblclick()
    field = widget.get_by_role("textbox", name="text")
    expect(field).to_be_focused()
    field.fill("Harry Potter was a doctor. Harry Pot")
    page.keyboard.press("Escape")
    settle(page, "g")
    assert ask(page, "g.text") == "Harry Potter was a doctor. Harry Pot"
    expect(word(widget, "doctor")).to_have_count(1)
    expect(widget.locator(".xai-heads")).to_have_attribute("aria-busy", "false")
    # What was pinned is still of the old text.
    expect(press(widget, ["Home", "ArrowDown"], index=1)).to_contain_text("ern → V")
    expect(press(widget, ["Home", "ArrowDown"], index=0)).to_contain_text("arry → H")
    widget.get_by_role("button", name="Unpin").click()
    settle(page, "g")
    assert ask(page, "g.pinned") == []
    expect(matrix_of(widget, 1)).to_be_hidden()


def test_another_source_is_shown_with_its_sign(page, screenshot):
    widget = reset(page, layer=18, head=6)
    widget.get_by_label("Source").select_option("gradient")
    page.wait_for_timeout(300)
    settle(page, "g")
    assert ask(page, "[g.source, g._head['source'], g._head['signed']]") == ["gradient", "gradient", True]
    expect(widget.locator(".xai-panel")).to_contain_text("Gradient × attention")
    expect(widget.locator(".xai-panel .xai-scale").first).to_contain_text("−")
    expect(widget.get_by_text("Raw attention is not attribution")).to_be_hidden()
    screenshot(page, "attention-lab-gradient")
    query, key, value = ask(
        page,
        "[*map(int, place), float(values[place])]",
        first="""
values = g._attending._maps["self", "gradient"].block(18, slice(6, 7))[0].numpy()
place = np.unravel_index(np.abs(values).argmax(), values.shape)
""",
    )
    tip = press(widget, ["Home", *["ArrowDown"] * query, *["ArrowRight"] * key])
    # With as many digits as the finest map that has come deserves; about, until the exact number is there.
    expect(tip).to_have_text(re.compile(r"→[^≈≤]+[+−]\d\.\d{4,}$"))
    digits = re.search(r"[+−]\d\.\d+$", tip.inner_text())[0].replace("−", "-")
    assert float(digits) == pytest.approx(value, abs=0.501 * 10.0 ** -len(digits.partition(".")[2]))
    hue = matrix_of(widget).locator(".xai-spot").evaluate(HUE)
    assert (hue[0] > hue[2]) == (value > 0)


def test_ablation_is_stopped_and_goes_on(page, screenshot):
    widget = reset(page)
    widget.get_by_label("Source").select_option("ablation")
    state = widget.locator(".xai-state")
    expect(state).to_have_attribute("data-state", "running")
    expect(widget.locator(".xai-readout")).to_contain_text(re.compile(r"[1-9]\d* evaluations"))
    widget.get_by_role("button", name="Stop").click()
    expect(state).to_have_attribute("data-state", "stopped")
    ask(page, "g.wait()")
    page.wait_for_timeout(200)
    before = widget.locator(".xai-readout").inner_text()
    known = "sum(1 for value in np.frombuffer(bytes(g._ablation['values']['data']), 'f4') if value == value)"
    stopped = ask(page, known)
    assert 0 < stopped < 270
    page.wait_for_timeout(300)
    assert ask(page, known) == stopped
    widget.get_by_role("button", name="Resume").click()
    expect(widget.locator(".xai-readout")).not_to_have_text(before)
    assert ask(page, known) > stopped
    screenshot(page, "attention-lab-ablation")
    widget.get_by_role("button", name="Stop").click()
    expect(state).to_have_attribute("data-state", "stopped")


def test_scrubbing_goes_through_what_the_model_wrote(page):
    widget = reset(page, layer=18, head=6)
    count, prompt = ask(page, "[len(g.attentions.axes['tokens']['tokens']), g.attentions.axes['tokens']['prompt']]")
    assert count == prompt + 3
    slider = widget.get_by_role("slider", name=re.compile("token", re.IGNORECASE)).first
    slider.focus()
    page.keyboard.press("ArrowRight")
    settle(page, "g")
    assert ask(page, "[g.step, g.query]") == [1, prompt]
    expect(widget.locator(".xai-strip .xai-explained")).to_have_text("ley")


def test_of_a_hundred_quick_switches_the_last_wins(page):
    widget = reset(page, layer=0, head=0)
    widget.evaluate(HURRY)
    expect(widget.get_by_role("heading", name="Layer 11 · head 1")).to_be_visible()
    settle(page, "g")
    assert ask(page, "[g.layer, g.head, g._head['layer'], g._head['head']]") == [11, 1, 11, 1]
    expect(widget.locator(".xai-panel")).not_to_have_class(re.compile("xai-stale"))
    exact = ask(page, "float(g.attentions.weights(11, 1)[9, 4])")
    expect(press(widget, ["Home", *["ArrowDown"] * 9, *["ArrowRight"] * 4])).to_contain_text(said(exact))


def test_dark(page, screenshot):
    widget = reset(page, layer=18, head=6, query=12, order="induction")
    jupyter_page.set_theme(page, DARK)
    try:
        page.wait_for_timeout(300)
        screenshot(page, "attention-lab-dark")
        colour = word(widget, "thin").evaluate("e => getComputedStyle(e).color")
        assert min(int(part) for part in re.findall(r"\d+", colour)[:3]) > 150
    finally:
        jupyter_page.set_theme(page, LIGHT)
