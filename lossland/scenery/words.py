"""The texts of a scene, in a file beside it: ``walk.md`` beside ``walk.py``.

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
from collections.abc import Collection
from dataclasses import dataclass, field

from lossland.errors import UserError, nearest, shown

HEADING = re.compile(r"^## +(.*?) *$", re.MULTILINE)
PRESET = re.compile(r"^- (.+?): (.*(?:\n  .*)*)$", re.MULTILINE)
FORMULA = re.compile(r"^- \$(.+?)\$: (.*(?:\n  .*)*)$", re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = ("Presets", "Formulas", "Snippet")
MISSPELT = re.compile(rf"^(?!## )(#+ *)({'|'.join(SECTIONS)}) *$", re.MULTILINE)  # at another level


@dataclass(frozen=True)
class Words:
    """The parts of such a file."""

    lesson: str
    captions: dict[str, str] = field(default_factory=dict)  # preset -> what it shows
    formulas: tuple[tuple[str, str], ...] = ()  # (LaTeX, meaning)
    snippet: str = ""


def read(text: str, name: str, presets: Collection[str]) -> Words:
    """Parse a file's text. Errors (UserError) name the file and the line.

    ``presets`` are the scene's: each entry under that heading must be one of them.
    """
    file = _File(text, name)
    for found in MISSPELT.finditer(text):
        raise file.error(found.start(), f"The heading {shown(found[0])} must be '## {found[2]}'.")
    headings = list(HEADING.finditer(text))
    starts = [*(heading.start() for heading in headings), len(text)]
    sections = {heading[1]: (heading.end(), end) for heading, end in zip(headings, starts[1:], strict=True)}
    for heading in headings:
        if heading[1] not in SECTIONS:
            known = ", ".join(SECTIONS)
            raise file.error(heading.start(), f"There is no heading {heading[1]!r}, only {known} (### may be any).")
    snippet = ""
    if "Snippet" in sections:
        block = BLOCK.search(text, *sections["Snippet"])
        if block is None:
            raise file.error(sections["Snippet"][0], "The snippet must be a block between ```python and ```.")
        snippet = block[1]
    captions = file.entries(PRESET, sections.get("Presets"), "- preset: what it shows")
    for found in captions:
        if found[1] not in presets:
            near = nearest(found[1], tuple(presets))
            raise file.error(found.start(), f"The scene has no preset {found[1]!r}.{near}")
    formulas = file.entries(FORMULA, sections.get("Formulas"), "- $LaTeX$: what it means")
    return Words(
        text[: starts[0]].strip(),
        {found[1]: _joined(found[2]) for found in captions},
        tuple((found[1], _joined(found[2])) for found in formulas),
        snippet,
    )


@dataclass(frozen=True)
class _File:
    """A file's text, with its name for errors."""

    text: str
    name: str

    def error(self, offset: int, what: str) -> UserError:
        """Return an error at an offset of the text."""
        line = self.text.count("\n", 0, offset) + 1
        return UserError(f"{self.name}, line {line}: {what}")

    def entries(self, form: re.Pattern[str], section: tuple[int, int] | None, like: str) -> list[re.Match[str]]:
        """Return the entries of a section (from and to offsets). Raises UserError for anything of another form."""
        if section is None:
            return []
        start, end = section
        found = list(form.finditer(self.text, start, end))
        starts, ends = [start, *(one.end() for one in found)], [*(one.start() for one in found), end]
        for begin, until in zip(starts, ends, strict=True):
            rest = self.text[begin:until]
            if rest.strip():
                raise self.error(begin + len(rest) - len(rest.lstrip()), f"Entries are written as '{like}'.")
        return found


def _joined(text: str) -> str:
    """Join the lines of an entry."""
    return " ".join(text.split())
