"""``lossland doctor``: what this machine offers, and whether it computes correctly."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lossland.cli import WRONG_INPUT
from lossland.cli.options import add_gl, add_json
from lossland.cli.output import print_json, print_table

if TYPE_CHECKING:
    from lossland.compute.selftest import Check

EXAMPLES = """
  lossland doctor
  lossland doctor --selftest
  lossland doctor --gl software
  lossland doctor --json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--selftest",
        action="store_true",
        help="compare every computation on every backend with NumPy in float64; exit with 1 if one is off",
    )
    add_gl(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Print what was found."""
    from lossland import doctor
    from lossland.render.gl import canvas

    chosen = canvas.checked(arguments.gl)
    found = doctor.report(arguments.gl)
    rows: list[Check] = []
    if arguments.selftest:
        from lossland.compute.selftest import selftest

        rows = list(selftest())
        found["selftest"] = [row._asdict() | {"ok": row.ok} for row in rows]

    if arguments.json:
        print_json(found)
    else:
        print_table([line for name, value in found.items() if name != "selftest" for line in _lines(name, value)])
        if rows:
            print()
            table = [
                (row.name, row.backend, f"{row.error:.1e}", f"{row.tolerance:.0e}", "ok" if row.ok else "OUT")
                for row in rows
            ]
            print_table(table, ("selftest", "backend", "largest error", "allowed", ""))
    if chosen.isdecimal() and int(chosen) not in [device["index"] for device in found["gl_devices"]]:
        return WRONG_INPUT
    return 0 if all(row.ok for row in rows) else 1


def _lines(name: str, value: object) -> list[tuple[str, str]]:
    """Return a finding with its name, one line for each device of a list."""
    if not isinstance(value, list):
        return [(name, _text(value))]
    lines = []
    for device in value:
        said = device.get("error") or _driver(device)
        marks = ["on the processor"] * device["software"] + ["draws pictures"] * device["taken"]
        marks += [] if device["cuda"] is None else [f"CUDA device {device['cuda']}"]
        marks += [device["file"]] if device["file"] else []
        lines.append((f"gl device {device['index']}", "; ".join([said, *marks])))
    return lines or [("gl devices", "none that EGL lists")]


def _driver(found: Mapping[str, object]) -> str:
    return "{renderer} ({vendor}), OpenGL {version}".format(**found)


def _text(value: object) -> str:
    """Return one finding on one line."""
    if not isinstance(value, dict):
        return str(value)
    if "error" in value:
        return value["error"]
    if "renderer" in value:
        device = "" if value.get("device") is None else f"; device {value['device']}"
        return _driver(value) + device + (f", because {value['why']}" if "why" in value else "")
    if set(value) == {"auto", "why"}:
        return f"auto picks {value['auto']}: {value['why']}"
    return ", ".join(f"{name} {_text(part)}" for name, part in value.items() if part is not None)
