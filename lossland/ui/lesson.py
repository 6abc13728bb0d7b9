"""The texts of a scene: its lesson (a subset of Markdown, with LaTeX between dollars) and its code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lossland.scenery.scene import Scene
from lossland.ui.icons import Icon
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen
from lossland.ui.widgets import copy_text, icon_button
from lossland.ui.windows import reach, scroll

LINE = 21.0
SIZE = 14.0
CODE_SIZE = 13.0
CODE_LINE = 17.0

_SPAN = re.compile(r"(\*\*.+?\*\*|\*[^*\s][^*]*\*|`[^`]+`|\$[^$]+\$)")
_CODE = re.compile(
    r"(?P<comment>#.*)|(?P<string>[rfb]*(?:\"[^\"]*\"|'[^']*'))|(?P<number>\b\d+\.?\d*(?:e[+-]?\d+)?\b)"
    r"|(?P<word>\b(?:and|as|break|class|def|elif|else|for|from|if|import|in|lambda|not|or|return|while|with)\b)"
)
_CODE_COLORS = {"comment": "dim", "string": "good", "number": "accent", "word": "optimizer.momentum"}


@dataclass(frozen=True)
class Run:
    """A run of text in a line: its x, and its style (a font's name, or ``latex``)."""

    x: float
    text: str
    style: str


@dataclass
class Block:
    """A paragraph, heading or list item: its lines, and the space above it."""

    lines: list[list[Run]] = field(default_factory=list)
    size: float = SIZE
    indent: float = 0.0
    mark: str = ""
    above: float = 8.0


def spans(text: str) -> list[tuple[str, str]]:
    """Split a paragraph into (text, style); styles are regular, bold, italic, mono and latex."""
    found = []
    for part in _SPAN.split(text):
        if part.startswith("**"):
            found.append((part[2:-2], "bold"))
        elif part.startswith("*") and len(part) > 1:
            found.append((part[1:-1], "italic"))
        elif part.startswith("`") and len(part) > 1:
            found.append((part[1:-1], "mono"))
        elif part.startswith("$") and len(part) > 1:
            found.append((part[1:-1], "latex"))
        elif part:
            found.append((part, "regular"))
    return found


def paragraphs(markdown: str) -> list[tuple[str, str]]:
    """Split Markdown into (mark, text); marks are "#", "##", a bullet, "1." ..., or "" for plain paragraphs."""
    found: list[tuple[str, str]] = []
    open_ = False
    for line in markdown.strip().splitlines():
        stripped = line.strip()
        match = re.match(r"(#{1,3}|[-*]|\d+\.)\s+(.*)", stripped)
        if not stripped:
            open_ = False
        elif match:
            mark = "•" if match[1] in "-*" else match[1]
            found.append((mark, match[2]))
            open_ = not mark.startswith("#")
        elif open_:
            found[-1] = (found[-1][0], f"{found[-1][1]} {stripped}")
        else:
            found.append(("", stripped))
            open_ = True
    return found


NUMPY = """\
# How its numbers come about, in NumPy
# alone, with the settings that the scene
# has at first:"""


class Lesson:
    """Draws a scene's lesson with its formulas, and its code."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self._laid: dict[tuple[str, float, float], list[Block]] = {}
        self._told: tuple[object, ...] = ()  # the key of the cached program
        self._program = ""

    # ------------------------------------------------------------------------------------------ lesson
    def draw(self, scene: Scene, x: float, y: float, width: float) -> float:
        """Draw the lesson from y down. Returns the y below it."""
        pen = self.pen
        pen.text(x, y + 10, pen.fitted(scene.title, width, 18, "bold"), 18, "text", "bold")
        y += 26
        for block in self._blocks(scene.lesson, width):
            y = self._block(block, x, y)
        if scene.formulas:
            y += 22
            pen.heading(x, y, "Formulas")
            y += 18
            for latex, meaning in scene.formulas:
                y = self._formula(latex, meaning, x, y, width)
        return y + 12

    def _formula(self, latex: str, meaning: str, x: float, y: float, width: float) -> float:
        pen = self.pen
        mark = pen.type.formula(latex, 15)
        shrink = min(1.0, width * pen.scale / mark.width)
        y += 4
        pen.latex(x, y + max(mark.baseline * shrink / pen.scale, 12), latex, 15, room=width)
        y += max(mark.height * shrink / pen.scale, 18) + 3
        for block in self._blocks(meaning, width, color_key="meaning"):
            block.above = 0.0
            y = self._block(block, x, y, "dim")
        return y + 8

    def _block(self, block: Block, x: float, y: float, color: str = "text") -> float:
        pen = self.pen
        y += block.above
        height = round(LINE * block.size / SIZE)
        if block.mark:
            pen.text(x + 2, y + 3, block.mark, SIZE, "accent", "bold", middle=False)
        for line in block.lines:
            top = y + (height - block.size) // 2
            for run in line:
                place = x + block.indent + run.x
                if run.style == "latex":
                    pen.latex(place, y + height / 2 + 5, run.text, block.size + 1, color)
                elif run.style == "mono":
                    wide = pen.width(run.text.rstrip(), block.size, "mono")
                    pen.box(place - 2, y + 2, wide + 4, height - 4, "text", 0.07, 4)
                    pen.text(place, top, run.text, block.size, color, "mono", middle=False)
                else:
                    pen.text(place, top, run.text, block.size, color, run.style, middle=False)
            y += height
        return y

    def _blocks(self, markdown: str, width: float, color_key: str = "") -> list[Block]:
        key = (markdown + color_key, width, self.pen.scale)
        if key not in self._laid:
            if len(self._laid) > 64:
                self._laid.clear()
            self._laid[key] = [self._lay(mark, text, width) for mark, text in paragraphs(markdown)]
        return self._laid[key]

    def _lay(self, mark: str, text: str, width: float) -> Block:
        if mark.startswith("#"):
            block = Block(size={1: 17.0, 2: 15.0}.get(len(mark), SIZE), above=16.0)
            self._fill(block, [(part, "bold" if style == "regular" else style) for part, style in spans(text)], width)
        else:
            block = Block(mark=mark, indent=18.0 if mark else 0.0, above=4.0 if mark else 9.0)
            self._fill(block, spans(text), width - block.indent)
        return block

    def _fill(self, block: Block, parts: list[tuple[str, str]], width: float) -> None:
        """Break the parts into lines; consecutive words of one style become one run."""
        line, x = list[Run](), 0.0
        for text, style in parts:
            pieces = [text] if style == "latex" else re.findall(r"\s+|\S+", text)
            for piece in pieces:
                wide = self._width(piece, style, block.size)
                if piece.isspace():
                    if not line:
                        continue
                    piece, wide = " ", self._width(" ", style, block.size)
                elif x + wide > width and line:
                    block.lines.append(line)
                    line, x = [], 0.0
                if line and line[-1].style == style and style != "latex":
                    line[-1] = Run(line[-1].x, line[-1].text + piece, style)
                else:
                    line.append(Run(x, piece, style))
                x += wide
        if line:
            block.lines.append(line)

    def _width(self, text: str, style: str, size: float) -> float:
        if style == "latex":
            return self.pen.type.formula(text, size + 1).width / self.pen.scale
        return self.pen.width(text, size, style)

    # ------------------------------------------------------------------------------------------ code
    def code(self, scene: Scene, time: float, area: Rect) -> None:
        """Show the code of a moment in an area that scrolls both ways, with a button that copies it."""
        pen = self.pen
        text = self._code(scene, time)
        pen.text(area.x, area.y + 9, "The numbers of this moment", 13, "dim")
        if icon_button(pen, area.right - 12, area.y + 9, Icon.COPY, "copy-code", "Copy the code", 13, 12):
            copy_text(pen, text + "\n", "the code")
        box = Rect(area.x - 4, area.y + 26, area.width + 8, area.height - 26)
        pen.box(box.x, box.y, box.width, box.height, "#0B0E13" if pen.theme.dark else "#F1F2F4")
        inner = Rect(box.x + 2, box.y + 6, box.width - 4, box.height - 12)
        with scroll(pen, "code", inner, sideways=True) as inside:
            y = inside.y
            lines = text.split("\n")
            for number, line in enumerate(lines):
                self._code_line(number + 1, line, inside.x + 6, y)
                y += CODE_LINE
            longest = max(pen.width(line, CODE_SIZE, "mono") for line in lines)
            reach(pen, y, inside.x + 34 + longest)

    def _code(self, scene: Scene, time: float) -> str:
        """Return the program of a moment, followed by the scene's own NumPy program with its defaults."""
        shown = scene, dict(scene.values), scene.seed, time
        if self._told != shown:
            self._told = shown
            self._program = f"{scene.code(time)}\n\n{NUMPY}\n{scene.snippet}".strip("\n")
        return self._program

    def _code_line(self, number: int, line: str, x: float, y: float) -> None:
        pen = self.pen
        pen.text(x + 16, y + 3, str(number), 11, "dim", "mono", align=1, middle=False)
        x += 26
        letter = pen.width("0", CODE_SIZE, "mono")
        end = 0
        for match in _CODE.finditer(line):
            pen.text(x + letter * end, y + 2, line[end : match.start()], CODE_SIZE, "text", "mono", middle=False)
            color = _CODE_COLORS[match.lastgroup or "word"]
            pen.text(x + letter * match.start(), y + 2, match[0], CODE_SIZE, color, "mono", middle=False)
            end = match.end()
        pen.text(x + letter * end, y + 2, line[end:], CODE_SIZE, "text", "mono", middle=False)
