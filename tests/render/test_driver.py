"""What gloo queues, told to OpenGL by our own interpreter: the same pixels as the numbers say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from vispy import gloo

from lossland.render.gl import canvas
from lossland.render.gl.driver import Parser, gl_name
from lossland.render.gl.programs import Program
from lossland.render.gl.target import Target, copy_into

SIZE = (8, 4)
VERTEX = """
attribute vec2 a_place; attribute vec3 a_color; uniform mat4 u_move; varying vec3 v_color;
void main() { v_color = a_color; gl_Position = u_move * vec4(a_place, 0., 1.); }
"""
FRAGMENT = "varying vec3 v_color; void main() { gl_FragColor = vec4(v_color, 1.); }"
WHOLE = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
RED, GREEN = (np.tile(np.array(color, np.float32), (4, 1)) for color in ((1, 0, 0), (0, 1, 0)))


@pytest.fixture
def target() -> Iterator[Target]:
    canvas.headless().set_current()
    made = Target(SIZE)
    with made:
        gloo.set_viewport(0, 0, *SIZE)
        gloo.set_state(depth_test=False, blend=False, scissor_test=False)
        gloo.clear(color=(0, 0, 1, 1))
    yield made
    made.close()


@pytest.fixture
def program() -> Iterator[Program]:
    canvas.headless().set_current()
    made = Program(VERTEX, FRAGMENT)
    made["a_place"], made["a_color"], made["u_move"] = gloo.VertexBuffer(WHOLE), gloo.VertexBuffer(RED), np.eye(4)
    yield made
    made.delete()


def drawn(target: Target, program: Program, indices: gloo.IndexBuffer | None = None) -> np.ndarray:
    with target:
        gloo.set_viewport(0, 0, *SIZE)
        program.draw("triangles" if indices is not None else "triangle_strip", indices)
    return target.read()[..., :3]


def test_every_context_is_told_by_our_interpreter() -> None:
    assert isinstance(canvas.headless().context.shared.parser, Parser)


def test_attributes_may_come_from_other_buffers_later(target: Target, program: Program) -> None:
    assert (drawn(target, program) == (255, 0, 0)).all()
    program["a_color"] = gloo.VertexBuffer(GREEN)
    assert (drawn(target, program) == (0, 255, 0)).all()
    program["a_color"] = gloo.VertexBuffer(RED)
    assert (drawn(target, program) == (255, 0, 0)).all()


def test_attributes_of_different_lengths_are_refused_whenever_they_are_set(target: Target, program: Program) -> None:
    drawn(target, program)
    program["a_color"] = gloo.VertexBuffer(RED[:3])
    with pytest.raises(RuntimeError, match="same size"):
        drawn(target, program)


def test_as_many_vertices_are_drawn_as_the_buffers_hold_now(target: Target, program: Program) -> None:
    program["a_place"], program["a_color"] = gloo.VertexBuffer(WHOLE[:3]), gloo.VertexBuffer(GREEN[:3])
    half = (drawn(target, program) == (0, 255, 0)).all(axis=-1).mean()
    program["a_place"], program["a_color"] = gloo.VertexBuffer(WHOLE), gloo.VertexBuffer(GREEN)
    assert 0.3 < half < 0.7
    assert (drawn(target, program) == (0, 255, 0)).all()


def test_a_buffer_may_be_filled_again(target: Target, program: Program) -> None:
    colors = gloo.VertexBuffer(RED)
    program["a_color"] = colors
    drawn(target, program)
    colors.set_data(GREEN)
    assert (drawn(target, program) == (0, 255, 0)).all()


def test_an_attribute_may_be_the_same_for_all_vertices(target: Target, program: Program) -> None:
    other = Program(VERTEX, FRAGMENT)
    other["a_place"], other["a_color"], other["u_move"] = gloo.VertexBuffer(WHOLE), (0.0, 1.0, 0.0), np.eye(4)
    program["a_color"] = (1.0, 0.0, 0.0)
    for _ in range(2):  # constants belong to OpenGL's state, which the two programs share
        assert (drawn(target, program) == (255, 0, 0)).all()
        assert (drawn(target, other) == (0, 255, 0)).all()
    other.delete()


def test_matrices_and_indices(target: Target, program: Program) -> None:
    left = np.eye(4, dtype=np.float32)
    left[0, 0], left[3, 0] = 0.5, -0.5  # vispy's matrices are transposed
    program["u_move"] = left
    seen = drawn(target, program, gloo.IndexBuffer(np.array([0, 1, 2, 2, 1, 3], np.uint32)))
    assert (seen[:, :4] == (255, 0, 0)).all()
    assert (seen[:, 4:] == (0, 0, 255)).all()


def test_regions_of_a_target_are_copied(target: Target, program: Program) -> None:
    drawn(target, program)
    picture = Target(SIZE)
    with picture:
        gloo.clear(color=(0, 1, 0, 1))
    with target:
        copy_into(picture.texture, [(0, 0, 2, 1)])  # left, bottom, width, height
    seen = picture.read()[..., :3]
    assert (seen[-1, :2] == (255, 0, 0)).all()
    assert (seen[:-1] == (0, 255, 0)).all()
    assert (seen[-1, 2:] == (0, 255, 0)).all()
    picture.close()


def test_deleted_objects_are_forgotten(program: Program) -> None:
    parser: Any = canvas.headless().context.shared.parser
    buffer = gloo.VertexBuffer(RED)
    gl_name(buffer)
    assert parser.get_object(buffer.id) is not None
    number = buffer.id
    buffer.delete()
    for _ in range(2):
        canvas.headless().context.flush_commands()
    assert parser.get_object(number) is None


@pytest.mark.parametrize("kept", [True, False])
def test_it_is_tried_out_whether_a_window_keeps_its_picture(target: Target, kept: bool) -> None:
    class Window:
        """Draws into a target; showing it leaves its picture alone, or swaps in another one."""

        def set_current(self) -> None:
            canvas.headless().set_current()

        def swap_buffers(self) -> None:
            if not kept:
                gloo.clear(color=(0.2, 0.4, 0.6, 1.0))  # as the first of the two pixels, not the second

    with target:
        assert canvas.keeps_pictures(Window()) is kept
