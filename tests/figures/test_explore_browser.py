"""The explorer in a real browser: Chromium, driven by Selenium, where both are installed."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from continuation.ensemble import ensemble, grid
from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    follow,
    phase_plane,
)
from continuation.landscape.network import Axis
from continuation.storage import BasinsResult, BranchResult, GraphResult, PhaseResult, Result
from figures.explore.documents import document
from figures.explore.ensembles import ensemble_document
from figures.explore.page import write_page
from symbolic import overparameterised, single_unit

AXES = (Axis("x"), Axis("y"))
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
CHART = "panels.find(p => p.id === '{}').chart"
SETS = CHART + ".picture.marks.filter(m => m.kind === 'points' && m.label).at(-1)"
WHOLE = 2500
"""Height of a window in which every panel is drawn."""


def lacking():
    """What there is not of that which drives a browser; empty if all is there."""
    for program in ("chromium", "chromedriver"):
        path = shutil.which(program)
        if path is None:
            return f"{program} is not installed"
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode:
            return f"{program} does not start"
    return ""


@pytest.fixture(scope="module")
def driver():
    pytest.importorskip("selenium", reason="selenium is not installed")
    if lacking():
        pytest.skip(lacking())
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ARGUMENTS:
        options.add_argument(argument)
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    browser.set_page_load_timeout(120)
    browser.set_script_timeout(60)
    yield browser
    browser.quit()


class Shown:
    """A page in the browser."""

    def __init__(self, driver, documents, folder, width=1280, height=WHOLE):
        self.driver = driver
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get(write_page(documents, "Explorer", folder / "page.html").as_uri())
        assert float(self.run("return document.documentElement.dataset.ready")) > 0.0

    def run(self, script):
        return self.driver.execute_script(script)

    def after(self, script):
        """Do something and wait until it is drawn."""
        self.driver.execute_async_script(
            f"{script}; const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => done()))"
        )

    def wait(self, milliseconds):
        self.driver.execute_async_script(f"setTimeout(arguments[0], {milliseconds})")

    def press(self, key):
        event = f"new KeyboardEvent('keydown', {{key: {json.dumps(key)}, bubbles: true}})"
        self.after(f"document.body.dispatchEvent({event})")

    def nodes(self, panel):
        """Coordinates of the markers of all sets in a panel, by set."""
        found = self.run(
            f"const t = {SETS.format(panel)}; return t.pick.map((set, k) => [set, t.x[k], t.y[k]])"
        )
        return {one[0]: one[1:] for one in found}

    def look(self, panel):
        """All that is drawn in a panel, as one text."""
        return self.run(f"return document.querySelector('#{panel} .plot').innerHTML")

    def click(self, panel, set_):
        """Click the middle of a set's marker with the mouse."""
        self.click_mark(panel, SETS.format(panel), f"one => one === {set_}")

    def click_mark(self, panel, mark, chosen):
        """Click the place of a mark whose pick is the chosen one."""
        x, y = self.run(
            f"const t = {mark}, k = t.pick.findIndex({chosen});"
            f"const box = document.querySelector('#{panel} .plot').getBoundingClientRect();"
            f"const {{x, y}} = {CHART.format(panel)}.frame;"
            "return [box.left + x.at(t.x[k]), box.top + y.at(t.y[k])]"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            mouse = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
            self.wait(50)
        self.after("")

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]


def test_slider_clicks_and_keys_move_all_panels(driver, shown, tmp_path):
    page = Shown(driver, [shown], tmp_path)
    panels = ["landscape", "graph", "function", "branches", "timeline", "training"]
    assert page.run("return panels.filter(p => p.chart?.picture).map(p => p.id)") == panels
    first = {panel: page.nodes(panel) for panel in panels[:2]}
    page.after("const s = $('slider'); s.value = 0; s.dispatchEvent(new Event('input'))")
    assert f"{shown['limits'][0]:g}" in page.run("return $('value').value")
    for panel, before in first.items():
        now = page.nodes(panel)
        assert set(now) == set(shown["frames"][0]["set"])
        both = now.keys() & before.keys()
        assert max(np.abs(np.subtract(now[k], before[k])).max() for k in both) > 1e-3
    page.press("ArrowRight")
    assert page.run("return state.frame") == 1

    linked = ["landscape", "graph", "function", "branches", "timeline"]
    before = [page.look(panel) for panel in linked]
    attractor = shown["intervals"][0]["attractors"][0]
    page.click("graph", attractor)
    assert page.run("return state.selected") == attractor
    after = [page.look(panel) for panel in linked]
    assert [a != b for a, b in zip(after, before, strict=True)] == [True] * len(linked)
    name = f"{attractor + 1} {shown['sets'][attractor]}"
    told = page.run("return [$('tip').hidden, $('tip').textContent]")
    place = shown["frames"][1]["set"].index(attractor)
    assert told[0] is False
    assert name in told[1]
    assert f"loss {shown['frames'][1]['loss'][place]:.5g}" in told[1]
    assert page.run("return document.querySelector('#list .chosen button').textContent") == name
    assert page.run("return document.querySelector('#details h2').textContent") == name
    page.press("Escape")
    assert page.run("return state.selected") is None
    assert [page.look(panel) for panel in linked] == before
    assert page.complaints() == []


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180), (390, 800)])
def test_nothing_is_wider_than_the_screen(driver, shown, tmp_path, width, height):
    page = Shown(driver, [shown], tmp_path, width, height)
    assert page.run("return document.documentElement.scrollWidth") <= width
    wide = page.run(
        "return [...document.querySelectorAll('.panel')].filter(p =>"
        " p.getBoundingClientRect().right > innerWidth).map(p => p.id)"
    )
    assert wide == []


@pytest.mark.slow
def test_light_and_dark_have_their_own_colours(driver, shown, tmp_path):
    page = Shown(driver, [shown], tmp_path)
    seen = []
    for _ in range(2):
        seen.append(page.run("return [css('--back'), css('--ink'), colour('overfitting')]"))
        page.press("d")
    assert all(a != b for a, b in zip(*seen, strict=True))
    assert page.complaints() == []


@pytest.mark.slow
def test_all_is_reached_with_the_keyboard(driver, shown, tmp_path):
    """Tab comes to the slider, every event and every set; Enter does what a click does."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def type_(*keys):
        ActionChains(driver).send_keys(*keys).perform()
        page.after("")

    page = Shown(driver, [shown], tmp_path)
    events, sets = len(shown["events"]), len(shown["sets"])
    visited = []
    for _ in range(3 + events + sets):
        type_(Keys.TAB)
        visited.append(page.run("return document.activeElement.id || "
                                "document.activeElement.closest('#ticks, #list')?.id"))  # fmt: skip
    assert visited == ["theme", "play", "slider", *["ticks"] * events, *["list"] * sets]
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    type_(Keys.ENTER)
    assert page.run("return state.selected") == sets - 1
    page.run("$('slider').focus()")
    before = page.run("return state.frame")
    type_(Keys.ARROW_LEFT)
    assert page.run("return state.frame") == before - 1
    page.run("document.querySelector('#ticks button').focus()")
    type_(Keys.ENTER)
    event = shown["events"][0]
    assert shown["frames"][page.run("return state.frame")]["p"] >= event["p"]
    assert event["text"] in page.run("return $('news').textContent")
    assert page.complaints() == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_in_the_scheme_of_the_system(driver, shown, tmp_path, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    page = Shown(driver, [shown], tmp_path)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert page.run("return document.documentElement.dataset.theme") == scheme
    assert page.complaints() == []


@pytest.mark.slow
def test_a_finger_on_a_tablet_selects_a_set(driver, shown, tmp_path):
    touch = "Emulation.setTouchEmulationEnabled"
    driver.execute_cdp_cmd(touch, {"enabled": True, "maxTouchPoints": 5})
    page = Shown(driver, [shown], tmp_path, 820, WHOLE)
    small = page.run("return [...document.querySelectorAll('#ticks button, #list button')]"
                     ".filter(b => b.getBoundingClientRect().height < 24).length")  # fmt: skip
    assert small == 0
    x, y, pick = page.run(
        f"const t = {SETS.format('graph')}, {{x, y}} = {CHART.format('graph')}.frame;"
        "const box = document.querySelector('#graph .plot').getBoundingClientRect();"
        "return [box.left + x.at(t.x[0]), box.top + y.at(t.y[0]), t.pick[0]]"
    )
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait(500)
    assert page.run("return state.selected") == pick
    assert page.complaints() == []
    driver.execute_cdp_cmd(touch, {"enabled": False})


@pytest.mark.slow
def test_a_trajectory_is_played_through_log_time(driver, shown, tmp_path):
    page = Shown(driver, [shown], tmp_path)
    film = shown["intervals"][page.run("return frameOf(state).interval")]["films"][0]
    page.after("$('moment').value = 5; $('moment').dispatchEvent(new Event('input'))")
    place = page.run(f"return {CHART.format('training')}.picture.marks.find(m => m.size === 13)")
    assert (place["x"], place["y"]) == ([film["t"][5]], [film["loss"][5]])
    page.after("$('run').click()")
    page.wait(500)
    assert page.run("return state.moment") > 5
    page.after("stop()")
    assert page.complaints() == []


@pytest.mark.slow
def test_every_kind_of_file_opens(driver, tmp_path):
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    sets = find_critical_sets(loss, noise=0.1)
    graph = connect(loss, sets, noise=0.1)
    point = next(found for found in sets if not found.at_infinity)
    basins = estimate_basins(loss, noise=0.1, n=20, sets=sets)
    unit = Loss(single_unit(), Dataset.sample(single_unit(), 20, 0))
    of_unit = find_critical_sets(unit, noise=0.1)
    phase = phase_plane(unit, of_unit, noise=0.1, resolution=41)
    told = {"noise": 0.1, "seed": 0}
    results = [
        Result(loss, told, AXES, sets),
        GraphResult(loss, told, AXES, sets, graph=graph),
        BranchResult(loss, told, AXES, sets, branch=follow(loss, point, "noise", (0.05, 0.3))),
        BasinsResult(loss, told, AXES, sets, basins=basins),
        PhaseResult(unit, told, AXES, of_unit, phase=phase),
    ]
    page = Shown(driver, [document(one, one.kind) for one in results], tmp_path)
    for k, one in enumerate(results):
        page.after(f"open({k})")
        page.wait(300)
        assert page.run("return state.doc.kind") == one.kind
        empty = "p.chart && p.chart.spots.length + p.chart.held.size === 0"
        assert page.run(f"return panels.filter(p => {empty}).map(p => p.id)") == []
        assert page.complaints() == []


@pytest.mark.slow
def test_a_click_leads_from_a_share_to_one_data_set(driver, tmp_path):
    settings = grid("single_unit", n=[10, 20], noise=[0.1, 0.2])
    table = ensemble("sets", settings, data_sets=2, store=tmp_path / "e")
    row = table.isel(row=1)
    model, seed = single_unit(), int(row["seed"])
    loss = Loss(model, Dataset.sample(model, int(row["n"]), seed))
    told = {"noise": float(row["noise"]), "seed": seed}
    sets = find_critical_sets(loss, noise=told["noise"])
    one = document(Result(loss, told, AXES, sets), "one.nc")
    page = Shown(driver, [ensemble_document(tmp_path / "e"), one], tmp_path)
    cells = CHART.format("surface") + ".picture.marks[0]"
    page.click_mark("surface", cells, f"one => one.cell === {int(row['cell'])}")
    assert page.run("return $('answers').rows.length") == 3
    page.after("$('answers').rows[2].click()")
    assert str(seed) in page.run("return $('one').textContent")
    page.after("$('through').click()")
    assert page.run("return state.doc.name") == "one.nc"
    assert page.complaints() == []


@pytest.mark.slow
def test_texts_of_files_are_shown_and_never_run(driver, shown, tmp_path):
    hostile = "</script><img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"
    names = [f"{name} {hostile}" for name in shown["sets"]]
    told = {**shown, "name": hostile, "facts": [[hostile, hostile]], "notes": [hostile]}
    told |= {"sets": names, "data": {**shown["data"], "names": [hostile, hostile]}}
    page = Shown(driver, [told, told], tmp_path)
    page.press("ArrowDown")
    assert page.run("return window.hit === undefined")
    assert page.run("return document.querySelectorAll('img').length") == 0
    assert hostile in page.run("return $('tabs').textContent")
    assert hostile in page.run("return document.querySelector('#list').textContent")
    assert page.complaints() == []
