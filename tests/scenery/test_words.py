"""What is said beside a scene: the parts of its file."""

from __future__ import annotations

import pytest

from lossland.errors import UserError
from lossland.scenery import library, words

TEXT = """
Walk **a**, then b.

### A smaller heading

The end.

## Presets

- far: both of them
  long
- near: short

## Formulas

- $a + b = b + a$: one walk: after the other
- $|a|$: a length

## Snippet

```python
print("sum", 3)
```
"""


def test_the_parts_of_a_file() -> None:
    said = words.read(TEXT, "walk.md", ("far", "near"))
    assert said.lesson == "Walk **a**, then b.\n\n### A smaller heading\n\nThe end."
    assert said.captions == {"far": "both of them long", "near": "short"}
    assert said.formulas == (("a + b = b + a", "one walk: after the other"), ("|a|", "a length"))
    assert said.snippet == 'print("sum", 3)\n'


def test_a_lesson_alone_is_enough() -> None:
    assert words.read("Only words.\n", "walk.md", ()) == words.Words("Only words.")


@pytest.mark.parametrize(
    ("text", "says"),
    [("Hello\n\n## Formula\n", "There is no heading 'Formula'"), ("Hi\n\n## Snippet\n\nprint(1)\n", "block")],
)
def test_a_file_of_another_form_is_refused(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        words.read(text, "walk.md", ())


@pytest.mark.parametrize("name", library.names())
def test_every_scene_says_what_it_shows(name: str) -> None:
    kind = library.scene_class(name)
    assert set(kind.captions) == set(kind.presets)
    assert all(kind.captions.values())
