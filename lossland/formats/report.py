"""The report of a benchmark: one self-contained HTML file, which any browser opens without a network.

The page computes its charts from the embedded numbers whenever its filters change (``page/report.js``). They are drawn
by plotly.js, which comes with the ``plotly`` package and is embedded in the file.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lossland
from lossland.errors import UserError
from lossland.files import written
from lossland.formats.jsontext import plain, rounded
from lossland.world.theme import LANES, Theme, themes

PAGE = Path(__file__).parent / "page"
LEFT_OUT = ("targets", "ert_of_targets", "tuning", "runs", "rule", "loss_quantiles")  # the page does not show them
DIGITS = 5  # significant digits of the page's numbers
MISSING = "There is no report.html: it needs Plotly, which comes with `pip install 'lossland[report]'`."


def can_report() -> bool:
    """Return whether Plotly is installed."""
    return find_spec("plotly") is not None


def write_report(path: Path, results: Mapping[str, Any]) -> None:
    """Write the report of results, given as in results.json. Raises UserError where Plotly is missing."""
    text = report(results)
    with written(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def report(results: Mapping[str, Any]) -> str:
    """Return the report as HTML."""
    if not can_report():
        raise UserError(MISSING)
    from plotly.offline import get_plotlyjs  # pyright: ignore[reportMissingImports]

    rows = [{key: value for key, value in row.items() if key not in LEFT_OUT} for row in results["results"]]
    data = {
        **results,
        "results": [{**row, "sensitivity": _rates_and_scores(row["sensitivity"])} for row in rows],
        "made": lossland.__version__,
        "themes": {theme.name: _colors(theme) for theme in themes()},
    }
    text = json.dumps(rounded(plain(data), DIGITS), separators=(",", ":")).replace(
        "</", "<\\/"
    )  # must not end the script element
    packed = base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()
    page = (PAGE / "report.html").read_text(encoding="utf-8")
    parts = {"{{data}}": text, "{{plotly}}": packed, "{{script}}": (PAGE / "report.js").read_text(encoding="utf-8")}
    for mark, part in parts.items():
        page = page.replace(mark, part)
    return page


def _rates_and_scores(sensitivity: Mapping[str, object]) -> dict[str, object]:
    return {key: sensitivity[key] for key in ("rates", "score")}


def _colors(theme: Theme) -> dict[str, object]:
    """Return a theme's colours for the page."""
    roles = ("text", "dim", "faint", "hair", "panel", "accent")
    return {
        **{role: theme.hex(role) for role in roles},
        "lanes": [theme.hex(f"lane.{k}") for k in range(LANES)],
        "heights": [list(stop) for stop in theme.height_stops],
    }
