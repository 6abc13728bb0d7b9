"""The report in a headless Chromium: no errors, filters that filter, readable on a phone. Run by `make test-report`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from lossland.benchmark import summary
from lossland.formats.report import report

pytestmark = pytest.mark.report

DESK, PHONE = (1280, 900), (390, 844)
MOST_BYTES = 5_000_000


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report(summary.read().document), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = import_module("playwright.sync_api")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, page_file: Path) -> Iterator[Open]:
    """Open the report with no network; at the end nothing may have been complained of or asked for."""
    said: list[str] = []
    contexts: list[Any] = []

    def opened(size: tuple[int, int] = DESK, scheme: str = "light") -> Any:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request", lambda asked: said.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
        )
        page.goto(page_file.as_uri())
        page.wait_for_selector("body[data-shown]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def names(page: Any, chart: str) -> list[str]:
    return page.evaluate(f"document.getElementById('{chart}').data[0].y")


def test_the_file_is_small_and_complete(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert "http://" not in text.partition('id="plotly"')[0]
    assert "{{" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_chart_is_drawn_and_nothing_is_wider_than_the_page(
    open_page: Open, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(size, scheme)
    for chart in ("leaderboard", "profiles", "cells", "rates", "ranks"):
        box = page.locator(f"#{chart} .main-svg").first.bounding_box()
        assert box["width"] > 0.7 * min(size[0], 1120)
        assert box["height"] > 200
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    sizes = page.evaluate(
        "[...document.querySelectorAll('main p, td, th, .filters label, .main-svg text')]"
        ".map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    small = [one for one in sizes if one < 11]
    assert len(small) < 0.1 * len(sizes)  # the minor ticks of logarithmic axes


def test_the_leaderboard_is_that_of_the_results(open_page: Open) -> None:
    found, page = summary.read(), open_page()
    assert names(page, "leaderboard") == [found.title(name) for name in found.optimizers]
    scores = page.evaluate("document.getElementById('leaderboard').data[0].x")
    assert scores == pytest.approx([line["score"] for line in found.board.values()], abs=2e-4)
    page.locator("summary").click()
    assert page.locator("#table tbody tr").count() == len(found.optimizers)


def test_a_family_and_a_landscape_leave_only_theirs(open_page: Open) -> None:
    found, page = summary.read(), open_page()
    family = found.family(found.optimizers[0])
    page.select_option("#family", family)
    kin = [name for name in found.optimizers if found.family(name) == family]
    page.wait_for_selector(f'body[data-shown="{len(kin)}"]')
    assert names(page, "leaderboard") == [found.title(name) for name in kin]
    land = found.landscapes[-1]
    page.select_option("#landscape", land)
    page.wait_for_function("document.getElementById('cells').data[0].x.length === 1")
    ordered = sorted(kin, key=lambda name: -found.row(name, land)["score"])
    assert names(page, "leaderboard") == [found.title(name) for name in ordered]
    assert page.evaluate("document.getElementById('cells').data[0].x") == [found.landscape_title(land)]
    page.click("#all")
    page.wait_for_selector(f'body[data-shown="{len(found.optimizers)}"]')


def test_a_dimension_and_a_name_filter_too(open_page: Open) -> None:
    page = open_page()
    page.select_option("#dimension", "2")
    page.fill("#name", "adam")
    page.wait_for_function("document.getElementById('leaderboard').data[0].y.every(one => /adam/i.test(one))")
    page.fill("#name", "no such rule")
    page.wait_for_selector('body[data-shown="0"]')
    assert "Nothing" in page.locator("#found").inner_text()


def test_the_heat_map_shows_each_measure(open_page: Open) -> None:
    found, page = summary.read(), open_page()
    for measure in ("success", "ert", "median_loss", "diverged", "good_rates"):
        page.select_option("#measure", measure)
    page.select_option("#measure", "success")
    first = page.evaluate("document.getElementById('cells').data[0].z[0]")
    lands = page.evaluate("document.getElementById('cells').data[0].x")
    told = {found.landscape_title(land): found.row(found.optimizers[0], land)["success"] for land in found.landscapes}
    assert first == pytest.approx([told[title] for title in lands], abs=1e-5)


def test_a_click_chooses_who_has_a_colour(open_page: Open) -> None:
    page = open_page()
    page.locator("summary").click()
    before = page.evaluate("state.chosen.length")
    page.locator("#table tbody tr").first.click()
    page.wait_for_function(f"state.chosen.length === {before - 1}")


def test_results_of_a_part_are_shown_too(browser: Any, tmp_path: Path) -> None:
    """A benchmark that was stopped: the last optimizer lacks landscapes, so it is in no leaderboard yet."""
    document = json.loads(json.dumps({**summary.read().document, "complete": False}))
    document["results"].pop()
    document["leaderboard"] = [
        one for one in document["leaderboard"] if one["optimizer"] != document["results"][-1]["optimizer"]
    ]
    file = tmp_path / "part.html"
    file.write_text(report(document), encoding="utf-8")
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-shown]")
    assert errors == []
    assert "stopped" in page.locator("#protocol").inner_text()
    page.close()
