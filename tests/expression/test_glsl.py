"""The GLSL of expressions, drawn by the software renderer, against float64 NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from formulas import Pair, pairs
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

import lossland as ll
from lossland.expression import Node, Program, glsl, trace, where
from lossland.expression import node as functions
from lossland.expression.formula import FormulaError, parse

SIDE = 64

VERTEX = "attribute vec2 corner; void main() { gl_Position = vec4(corner, 0.0, 1.0); }"
FRAGMENT = """
uniform vec2 origin;
uniform float spacing;
void main() {
  vec2 point = origin + floor(gl_FragCoord.xy) * spacing;
  float a, b, c;
  ll_evaluate(point.x, point.y, a, b, c);
  gl_FragColor = vec4(a, b, c, 1.0);
}
"""


def draw(outputs: Mapping[str, Node], origin: tuple[float, float], spacing: float) -> NDArray[np.float32]:
    """Return the three outputs on SIDE x SIDE points, (SIDE, SIDE, 3) indexed [iy, ix], computed by OpenGL."""
    from vispy import gloo

    from lossland.render.gl.canvas import headless

    headless().set_current()
    program = gloo.Program(VERTEX, glsl(outputs) + FRAGMENT)
    program["corner"] = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)], np.float32)
    program["origin"] = origin
    program["spacing"] = spacing
    texture: Any = gloo.Texture2D((SIDE, SIDE, 4), format="rgba", internalformat="rgba32f")
    target = gloo.FrameBuffer(texture)
    with target:
        gloo.set_viewport(0, 0, SIDE, SIDE)
        gloo.set_state(depth_test=False, blend=False, cull_face=False)
        gloo.clear((0, 0, 0, 0))
        program.draw("triangle_strip")
        pixels = np.asarray(gloo.read_pixels((0, 0, SIDE, SIDE), out_type="float"), np.float32)
    for thing in (program, target, texture):
        thing.delete()
    return pixels[::-1, :, :3]


def computed(outputs: Mapping[str, Node], origin: tuple[float, float], spacing: float, dtype: Any) -> NDArray[Any]:
    """Return the same numbers from NumPy."""
    steps = np.arange(SIDE, dtype=np.float64) * spacing
    x, y = (start + steps for start in origin)
    program = Program(list(outputs.values()), "xy")
    with np.errstate(over="ignore"):
        return np.stack(program.arrays(x.astype(dtype)[None, :], y.astype(dtype)[:, None]), axis=-1)


def with_slopes(node: Node) -> dict[str, Node]:
    return {"a": node, "b": node.diff("x"), "c": node.diff("y")}


@pytest.mark.parametrize("land", ll.landscapes.catalogue(), ids=lambda land: land.name)
def test_a_landscape_drawn_by_opengl_has_the_value_and_gradient_of_float64(land: ll.Landscape) -> None:
    outputs = with_slopes(land.node)
    reach = max(abs(bound) for side in land.domain for bound in side)
    spacing = float(2.0 ** np.ceil(np.log2(2 * reach / SIDE)))  # exact in 32 bits, as are the points
    origin = (spacing * (0.3125 - SIDE // 2), spacing * (0.6875 - SIDE // 2))
    wanted = computed(outputs, origin, spacing, np.float64)
    assert np.isfinite(wanted).all()
    size = np.abs(wanted).max(axis=(0, 1))
    np.testing.assert_array_less(np.abs(draw(outputs, origin, spacing) - wanted) / size, 2e-5)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs(8))
def test_random_formulas_drawn_by_opengl_agree_with_numpy(pair: Pair) -> None:
    try:
        outputs = with_slopes(parse(pair.text))
    except FormulaError:
        return
    place = ((-4 + 0.03125, -4 + 0.0859375), 0.125)
    wanted = computed(outputs, *place, np.float64)
    rough = computed(outputs, *place, np.float32).astype(np.float64)
    drawn = draw(outputs, *place).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        # Where 32 bits are too few for NumPy they are too few for OpenGL: only the other points are compared.
        settled = np.abs(rough - wanted) <= 1e-5 * (1 + np.abs(wanted))
        settled |= np.isnan(rough) & np.isnan(wanted)
        agree = np.abs(drawn - wanted) <= 1e-3 * (1 + np.abs(wanted))
        agree |= np.isnan(drawn) & np.isnan(wanted)
    assert agree[settled].mean() >= 0.99 if settled.any() else True, pair.text


@pytest.mark.parametrize("name", sorted({*functions.UNARY, "atan2", "min", "max", "mod", "pow"}))
def test_every_function_agrees_with_numpy_also_where_it_is_undefined(name: str) -> None:
    x, y = functions.variable("x"), functions.variable("y")
    node = functions.make(name, x, y) if name in functions.BINARY else functions.make(name, 3 * x)
    outputs = {"a": node, "b": where(y < 0, node, 1), "c": node + y}
    place = ((-2.0, -2.0), 0.0625)  # holds 0, 1/3 + rounding, whole and half numbers
    wanted = computed(outputs, *place, np.float64)
    drawn = draw(outputs, *place)
    np.testing.assert_allclose(drawn, wanted, rtol=3e-6, atol=3e-6, err_msg=name)


def test_integer_powers_are_products_so_that_negative_bases_work() -> None:
    code = glsl({"a": trace(lambda x, y: x**5 + y**-2, "x", "y")})
    assert "pow" not in code
