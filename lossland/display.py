"""What a notebook asks an object for: pictures, formulas and HTML, made by a room that stands above all of them."""

from __future__ import annotations


class Displayed:
    """Base of whatever shows itself in a notebook. It is made by `lossland.notebook`, asked for at the front door."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str | bytes]:
        """Return all that there is, by its MIME type."""
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
