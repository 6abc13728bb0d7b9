"""What is said of a scene, in a file beside it: ``walk.md`` beside ``walk.py``.

The lesson comes first, in Markdown. Then follow up to three headings, each with its list or block::

    ## Presets

    - far: what the preset named *far* shows

    ## Formulas

    - $a + b = b + a$: what it means

    ## Snippet

    ```python
    print("sum", 1 + 2)
    ```
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lossland.errors import UserError

HEADING = re.compile(r"^## +(.*?) *$", re.MULTILINE)
PRESET = re.compile(r"^- (.+?): (.*(?:\n  .*)*)$", re.MULTILINE)
FORMULA = re.compile(r"^- \$(.+?)\$: (.*(?:\n  .*)*)$", re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = ("Presets", "Formulas", "Snippet")


@dataclass(frozen=True)
class Words:
    """The parts of such a file."""

    lesson: str
    captions: dict[str, str] = field(default_factory=dict)  # preset -> what it shows
    formulas: tuple[tuple[str, str], ...] = ()  # (LaTeX, meaning)
    snippet: str = ""


def read(text: str, name: str) -> Words:
    """Return the parts of a file's text; ``name`` is the file's, for errors (UserError)."""
    lesson, *rest = HEADING.split(text)
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    for heading in sections:
        if heading not in SECTIONS:
            raise UserError(f"{name} has the heading {heading!r}; there are {', '.join(SECTIONS)} (### may be any).")
    block = BLOCK.search(sections.get("Snippet", ""))
    if "Snippet" in sections and block is None:
        raise UserError(f"The snippet in {name} must be a block between ```python and ```.")
    return Words(
        lesson.strip(),
        {preset: _joined(caption) for preset, caption in PRESET.findall(sections.get("Presets", ""))},
        tuple((latex, _joined(meaning)) for latex, meaning in FORMULA.findall(sections.get("Formulas", ""))),
        block[1] if block else "",
    )


def _joined(text: str) -> str:
    """Return an entry of several lines as one."""
    return " ".join(text.split())
