"""The harness against a widget that only counts: what fails here is a host or the harness, not xaiwidgets."""

import pytest
from harness import jupyter_page
from harness.jupyter_host import DARK, LIGHT
from playwright.sync_api import expect

COUNTER = '''
import anywidget
import traitlets


class Counter(anywidget.AnyWidget):
    _esm = """
    export default {
        render({ model, el }) {
            const button = document.createElement("button");
            const doubled = document.createElement("output");
            const show = () => {
                button.textContent = `clicked ${model.get("clicks")}`;
                doubled.textContent = `doubled ${model.get("doubled")}`;
            };
            button.addEventListener("click", () => {
                model.set("clicks", model.get("clicks") + 1);
                model.save_changes();
            });
            model.on("change", show);
            el.style.color = "var(--jp-ui-font-color1)";
            el.append(button, doubled);
            show();
        },
    };
    """
    clicks = traitlets.Int(0).tag(sync=True)
    doubled = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("clicks")
    def _double(self, change):
        self.doubled = 2 * change.new


counter = Counter()
counter
'''


def click_three_times(page):
    button = page.get_by_role("button", name="clicked")
    for clicks in range(3):
        expect(button).to_have_text(f"clicked {clicks}")
        button.click()
    expect(page.locator("output", has_text="doubled")).to_have_text("doubled 6")


def brightness_of_text(page):
    """Return 0 (black) to 1 (white)."""
    colour = page.locator("output", has_text="doubled").evaluate("element => getComputedStyle(element).color")
    red, green, blue = (int(part) for part in colour.removeprefix("rgba(").removeprefix("rgb(").split(",")[:3])
    return (red + green + blue) / (3 * 255)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("host_name", ["lab", "notebook7"])
def test_a_click_reaches_the_kernel_and_comes_back(request, screenshot, host_name, theme):
    host = request.getfixturevalue(host_name)
    page = host.open([COUNTER, "counter.clicks"], theme=theme)
    click_three_times(page)
    assert jupyter_page.ask(page, "counter.clicks") == 3
    assert (brightness_of_text(page) > 0.5) == (theme == DARK)
    screenshot(page, f"host-{host_name}-{'dark' if theme == DARK else 'light'}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_voila_round_trip(voila, screenshot, theme):
    page = voila.open([COUNTER], theme=theme)
    click_three_times(page)
    assert (brightness_of_text(page) > 0.5) == (theme == "dark")
    screenshot(page, f"host-voila-{theme}")


def test_a_notebook_lives_through_save_restart_and_delete(lab):
    page = lab.open([COUNTER, "x = 1"])
    click_three_times(page)
    jupyter_page.save(page)
    assert '"cell_type": "code"' in (lab.server.folder / lab.name_of(page)).read_text()

    jupyter_page.restart_kernel(page)
    assert jupyter_page.ask(page, "'counter' in globals()") is False
    jupyter_page.run_cell(page, 1)
    assert jupyter_page.ask(page, "x") == 1

    jupyter_page.delete_cell(page, 0)
    expect(page.locator("output", has_text="doubled")).to_have_count(0)

    again = lab.open_saved(lab.name_of(page))
    expect(jupyter_page.cell(again, 0)).to_contain_text("class Counter")


def test_a_cell_that_raises_is_seen(lab):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        lab.open(["1 / 0"])


def test_the_network_guard_sees_a_request(context, seen):
    page = context.new_page()
    page.set_content("<img src='https://example.invalid/picture.png'>")
    page.wait_for_function("document.querySelector('img').complete")
    page.close()
    assert seen.foreign_requests.pop() == "https://example.invalid/picture.png"


def test_the_console_is_heard(context, seen):
    page = context.new_page()
    page.evaluate("console.error('from the console')")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('from a timer') })")
    assert any("from the console" in text for text in seen.errors_of(page))
    assert any("from a timer" in text for text in seen.errors_of(page))
    page.close()
