"""Rich display in notebooks: pictures, formulas and HTML, implemented in `lossland.notebook`."""

from __future__ import annotations


class Displayed:
    """Base class of objects with rich display. `lossland.notebook`, in a higher layer, is imported on demand."""

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
