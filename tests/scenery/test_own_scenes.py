"""What is wrong in a scene of one's own is told in one sentence with file and line, before anything is drawn."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

import lossland as ll
from lossland.errors import UserError, is_users, sentence
from lossland.scenery import library, parameters, words

HEAD = """import lossland as ll
from lossland import layers, parameters, plots


class Mine(ll.Scene):
    def readouts(self, now):
        return {"a": 1.0}

"""
FRAME = HEAD + "    def frame(self, now):\n        "  # the next line is the 10th
DRAWN = FRAME + "return ll.Frame([])\n\n    "  # the next line is the 12th
NUMBER = count()


def told(folder: Path, text: str, said: str = "") -> str:
    """Return the one sentence that a scene file ends with when all of it is asked for."""
    file = folder / f"mine{next(NUMBER)}.py"
    file.write_text(text)
    file.with_suffix(".md").write_text(said or "Words.")

    def ask() -> None:
        made = library.scene(str(file))
        made.frame(0.5)
        made.readouts(0.5)
        made.handles(0.5)

    with pytest.raises(Exception) as raised:  # noqa: PT011  # whatever it is, a user gets a sentence
        ask()
    assert is_users(raised.value)
    return sentence(raised.value).replace(file.stem, "mine")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, "mine.py, line 5: Mine needs a method frame(self, now) that returns the picture of a moment."),
        (
            HEAD + "    def farme(self, now):\n        return ll.Frame([])\n",
            "mine.py, line 5: Mine needs a method frame(self, now) that returns the picture of a moment. "
            "Is it the one called farme?",
        ),
        (FRAME + "pass\n", "mine.py, line 9: frame of Mine must return a Frame, not None."),
        (
            DRAWN.replace('return {"a": 1.0}', "pass"),
            "mine.py, line 6: readouts of Mine must return a dictionary of numbers by name, not None.",
        ),
        (
            DRAWN.replace('"a": 1.0', "3: 1.0"),
            "mine.py, line 6: readouts of Mine must return a dictionary of numbers by name, not {3: 1.0}.",
        ),
        (
            DRAWN + "def handles(self, now):\n        pass\n",
            "mine.py, line 12: handles of Mine must return a list of Handles, not None.",
        ),
        (
            DRAWN + "@property\n    def clock(self):\n        return 4.0\n",
            "mine.py, line 5: The clock of Mine must be a Clock, not 4.0.",
        ),
        (FRAME + "return ll.Frame([layers.Points([[0, 0, 0]], style='blob')])\n",
         "mine.py, line 10: Points has no style 'blob'. There are dot, disc, sphere, ring."),
        (FRAME + "return ll.Frame([], [layers.Chart('a', [], kind='lines')])\n",
         "mine.py, line 10: Chart has no kind 'lines'. Did you mean 'line'?"),
        (FRAME + "layers.Image([[0.0]], (0, 0, 0), (1, 0, 0), (0, 1, 0), shades='sined')\n",
         "mine.py, line 10: Image has no shades 'sined'. Did you mean 'signed'?"),
        (FRAME + "layers.Label((0, 0, 0), 'a', 'acent')\n",
         "mine.py, line 10: There is no colour 'acent'. Did you mean 'accent'?"),
        (FRAME + "layers.Arrows([[0, 0, 0]], [[1, 0, 0]], ['acent'])\n",
         "mine.py, line 10: There is no colour 'acent'. Did you mean 'accent'?"),
        (FRAME + "layers.Facts('a', [('#12345', 'x', 'y', 'z')])\n",
         "mine.py, line 10: A colour is written #RRGGBB, not '#12345'."),
        (FRAME + "ll.Frame([layers.Axes(), [layers.Axes()]])\n",
         "mine.py, line 10: A Frame needs one flat list of layers, but its element 1 is a list: "
         "write * before it, as in [*first, *second]."),
        (FRAME + "ll.Frame([], layers.Title('a'))\n",
         "mine.py, line 10: A Frame needs a list of notes, not Title(text='a', latex='', lines=())."),
        (FRAME + "plots.Plot().curve(([1, 2, 3], [1, 2]))\n",
         "mine.py, line 10: A curve needs x (n,) and y (n,), not (3,) and (2,)."),
        (FRAME + "plots.Plot().curve(([1, 2], [1, 2], [1, 2]))\n",
         "mine.py, line 10: A curve needs a function of x, or the points (x, y), not ([1, 2], [1, 2], [1, 2])."),
        (FRAME + "plots.Plot().curve(lambda x: x[:3])\n",
         "mine.py, line 10: A function of a Plot gets an array (252,) and returns one like it, not (3,)."),
        (FRAME + "plots.Plot().points([1, 2, 3], [1, 2])\n",
         "mine.py, line 10: Points need x (n,) and y (n,), not (3,) and (2,)."),
        (FRAME + "ll.words('? of ?.2f', 1, 2)\n", "mine.py, line 10: There is no format '?.2f' in '? of ?.2f'"),
        (FRAME + "ll.words('?d steps', 1)\n", "mine.py, line 10: There is no format '?d' in '?d steps'"),
        (FRAME + "ll.words('?.f', 1)\n", "mine.py, line 10: There is no format '?.f' in '?.f'"),
        (FRAME + "ll.tex('x = ?12', 1)\n", "mine.py, line 10: There is no format '?12' in 'x = ?12'"),
        (FRAME + "ll.tex('x = ?', ('acent', 1))\n",
         "mine.py, line 10: There is no colour 'acent'. Did you mean 'accent'?"),
        (FRAME + "ll.tex('A = ?', (('i',), [[1, 2], [3, 4]]))\n",
         "mine.py, line 10: A matrix of 2 columns needs as many colours, not 1."),
        (DRAWN + "@ll.kept\n    def a(self, b):\n        return 1\n\n    def click(self, position):\n        pass\n\n"
         "    def handles(self, now):\n        return self.a([1])\n",
         "mine.py, line 20: Results of a are kept for its arguments, so these must be hashable: give numbers, texts or "
         "tuples of them, not [1]."),
    ],
)  # fmt: skip
def test_what_a_scene_gives_is_checked(tmp_path: Path, text: str, says: str) -> None:
    assert told(tmp_path, text).startswith(says)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("clock = 4.0", "line 5: The clock of Mine must be a Clock such as ll.Clock(4.0), not 4.0."),
        ("def click(self):\n        pass",
         "line 12: click of Mine is called as click(position); write it as def click(self, position)."),
        ("def pick(self, layer):\n        pass",
         "line 12: pick of Mine is called as pick(layer, element); write it as def pick(self, layer, element)."),
        ("chapter = 'Matrics'", "line 5: There is no chapter 'Matrics' for Mine. Did you mean 'Matrices'?"),
        ("rows = ('V1', 'V7')", "line 5: The rows of Mine are codes such as ('V1', 'S22'), and 'V7' is none."),
        ("rows = 'V1'", "line 5: The rows of Mine are codes such as ('V1', 'S22'), and 'V1' is none."),
        ("sign = 'V1'", "line 5: The sign of Mine is a list of strokes from ll.signs, not 'V1'."),
        ("presets = {'a': {'rat': 0.5}}\n    rate = parameters.Number(0.5, 0, 1)",
         "line 5: The preset 'a' of Mine sets 'rat', which is no parameter. Did you mean 'rate'?"),
        ("presets = {'a': 0.5}",
         "line 5: The preset 'a' of Mine must be a dictionary of values by parameter, not 0.5."),
        ("captions = {'far': 'what'}", "line 5: Mine has a caption for 'far', which is none of its presets."),
        ("a = parameters.Number(5, 0, 1)", "line 12: The default of Number must be a number from 0 to 1, not 5."),
        ("a = parameters.Number(1, 2, 0)", "line 12: The bounds of Number must rise, not go from 2 to 0."),
        ("a = parameters.Number(1, 0, 2, log=True)",
         "line 12: The bounds of a logarithmic Number must be above 0, not 0."),
        ("a = parameters.Integer(1.5, 0, 2)",
         "line 12: The default of Integer must be a whole number from 0 to 2, not 1.5."),
        ("a = parameters.Toggle('maybe')", "line 12: The default of Toggle must be on or off, not 'maybe'."),
        ("a = parameters.Choice('rd', ('red', 'blue'))",
         "line 12: The default of Choice must be one of red, blue, not 'rd'. Did you mean 'red'?"),
        ("a = parameters.Numbers('1, 9', 0, 5, 3)",
         "line 12: The default of Numbers must be from 1 to 3 numbers from 0 to 5 with commas between, not '1, 9'."),
        ("a = parameters.PlanePoint((1, 2, 3))",
         "line 12: The default of PlanePoint must be 2 numbers with commas between, each from -5 to 5, not (1, 2, 3)."),
        ("a = parameters.GroundPoint((1,))",
         "line 12: The default of GroundPoint must be 2 numbers with commas between, each from -1e+06 to 1e+06, "
         "not (1,)."),
        ("a = parameters.SpacePoint((1, 2))",
         "line 12: The default of SpacePoint must be 3 numbers with commas between, each from -5 to 5, not (1, 2)."),
        ("a = parameters.PlanePoint((9, 2))",
         "line 12: The default of PlanePoint must be 2 numbers with commas between, each from -5 to 5, not (9, 2)."),
        ("a = parameters.Matrix([[1, 2], [3]])",
         "line 12: The default of Matrix must be rows of one length, not [[1, 2], [3]]."),
        ("a = parameters.Matrix([[1, 20]])",
         "line 12: The default of Matrix must be a 1x2 matrix of numbers from -10 to 10 such as 1,20; the "
         "number in row 1, column 2 is 20."),
        ("a = parameters.Matrix([[1, 2]], columns=('i', 'j'))",
         "line 12: Only the columns of a 2x2 or 3x3 Matrix have handles, and then each of them."),
    ],
)  # fmt: skip
def test_what_a_scene_declares_is_checked_where_it_stands(tmp_path: Path, body: str, says: str) -> None:
    assert f"mine.py, {says}" in told(tmp_path, DRAWN + body + "\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("## Presets\n\n- nera: what\n", "line 3: The scene has no preset 'nera'. Did you mean 'near'?"),
        ("## Presets\n\n- near what\n", "line 3: Entries are written as '- preset: what it shows'."),
        ("A.\n\n### Snippet\n\n```python\n```\n", "line 3: The heading '### Snippet' must be '## Snippet'."),
        ("#Formulas\n", "line 1: The heading '#Formulas' must be '## Formulas'."),
        ("## Formulas\n\n- $a$: what\n\n- b: what\n", "line 5: Entries are written as '- $LaTeX$: what it means'."),
        ("A.\n\n## Snippet\n\nprint(1)\n", "line 3: The snippet must be a block between ```python and ```."),
        ("A.\n\n## Formulae\n", "line 3: There is no heading 'Formulae', only Presets, Formulas, Snippet"),
    ],
)
def test_the_words_beside_a_scene_are_checked(tmp_path: Path, text: str, says: str) -> None:
    scene = DRAWN + "presets = {'near': {}}\n"
    assert told(tmp_path, scene, text).startswith(f"mine.md, {says}")
    with pytest.raises(UserError, match=r"^mine\.md, line"):
        words.read(text, "mine.md", ("near",))


class Sized(ll.Scene):
    """A scene with a parameter whose name can be misspelt."""

    rate = parameters.Number(0.5, 0.0, 1.0)
    ratio = 1.0

    def changed(self, name: str) -> None:
        """Keep something beside the parameters."""
        self.count, self._rates, self.ratio = 3, [self.rate], 2.0


def test_a_parameter_that_is_misspelt_cannot_be_set() -> None:
    made = Sized(rate=0.25)
    assert (made.count, made._rates, made.ratio) == (3, [0.25], 2.0)
    with pytest.raises(UserError, match=r"Sized has no parameter 'rates'\. Did you mean 'rate'\? .*declare it in"):
        made.rates = 0.5  # pyright: ignore[reportAttributeAccessIssue]
    assert made.rate == 0.25


def test_letters_after_a_number_that_mean_themselves() -> None:
    assert ll.words("?x faster in ?.1s, ?px, ?th, is it ?.", 2, 0.5, 3, 4, 5) == "2x faster in 0.5s, 3px, 4th, is it 5."
    assert ll.tex("?x + ?y = ?e^?", 1, 2, 3, 4) == "1x + 2y = 3e^4"
