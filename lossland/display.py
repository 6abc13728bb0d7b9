"""Rich display in notebooks: pictures, formulas and HTML, implemented in `lossland.notebook`."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

LONGEST = 100  # letters of a field


class Displayed:
    """Base class of objects with rich display. `lossland.notebook`, in a higher layer, is imported on demand."""

    def __repr__(self) -> str:
        """Return a dataclass with its fields, in one line: arrays as their types and shapes."""
        if not is_dataclass(self):
            return super().__repr__()
        parts = ", ".join(f"{item.name}={_brief(getattr(self, item.name))}" for item in fields(self) if item.repr)
        return f"{type(self).__name__}({parts})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str | bytes]:
        """Return all representations by MIME type."""
        import lossland

        return lossland.notebook.bundle(self)

    def _repr_png_(self) -> bytes | None:
        """Return a picture, as the bytes of a PNG file."""
        import lossland

        return lossland.notebook.png(self)

    def _repr_latex_(self) -> str | None:
        """Return a formula, as LaTeX."""
        import lossland

        return lossland.notebook.latex(self)

    def _repr_html_(self) -> str | None:
        """Return picture and text, as HTML."""
        import lossland

        return lossland.notebook.html(self)


def _brief(value: object) -> str:
    """Return a value's text, for an array its type and shape."""
    shape = getattr(value, "shape", None)
    if shape:
        return f"{getattr(value, 'dtype', type(value).__name__)}{tuple(shape)}"
    text = repr(value)
    return text if len(text) <= LONGEST and "\n" not in text else f"{type(value).__name__}(…)"
