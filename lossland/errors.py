"""The two ways a command can fail on purpose: the input was wrong, or the machine was."""

LONGEST = 100  # letters of a value within a sentence


class UserError(ValueError):
    """The input was wrong. One sentence that says what was wrong and what to do; commands exit with 2."""


class MachineError(RuntimeError):
    """The machine or a file failed. One sentence with what to do; commands exit with 1."""


def shown(value: object) -> str:
    """Return a value as a sentence shows it, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of 5000 digits, a list a thousand deep
        text = f"such a {type(value).__name__}"
    return cut(text)


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text without what goes beyond ``most`` letters."""
    return text if len(text) <= most else f"{text[:most]}…"


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return ``" Did you mean 'adam'?"`` for the closest known name, or an empty string."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
