"""The meshes that `lossland convert` writes, opened by those who read such files: PyVista and trimesh."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lossland.cli import main

pytestmark = pytest.mark.report

X, Y = np.linspace(-1, 1, 7), np.linspace(0, 3, 5)
VALUE = np.add.outer(Y**2, X) + 2
HOLED = np.where((np.abs(X) < 0.1)[None, :] & (Y == 1.5)[:, None], np.nan, VALUE)  # one of the inner points


@pytest.fixture(params=[VALUE, HOLED], ids=["whole", "partial"])
def grid(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, np.ndarray]:
    np.savez(tmp_path / "s.npz", x=X, y=Y, value=request.param, train_acc=10 * request.param)
    for name in ("s.vtp", "s.glb"):
        assert main(["convert", str(tmp_path / "s.npz"), str(tmp_path / name)]) == 0
    return tmp_path, request.param


def test_pyvista_opens_the_polydata(grid: tuple[Path, np.ndarray]) -> None:
    import pyvista  # pyright: ignore[reportMissingImports]

    folder, value = grid
    mesh = pyvista.read(folder / "s.vtp")
    there = np.isfinite(value)
    x, y = np.meshgrid(X, Y)
    np.testing.assert_array_equal(mesh.points, np.stack([x[there], y[there], value[there]], axis=1))
    np.testing.assert_array_equal(mesh.point_data["zvalue"], value[there])
    np.testing.assert_array_equal(mesh.point_data["train_acc"], 10 * value[there])
    corners = np.stack([value[:-1, :-1], value[:-1, 1:], value[1:, 1:], value[1:, :-1]], axis=-1).reshape(-1, 4)
    whole = np.isfinite(corners).all(axis=1)
    assert mesh.n_cells == whole.sum() == (24 if there.all() else 20)
    np.testing.assert_allclose(mesh.cell_data["averaged zvalue"], corners[whole].mean(axis=1))
    flat = mesh.points.copy()
    flat[:, 2] = 0
    mesh.points = flat
    assert mesh.area == pytest.approx(6 * whole.mean())  # of the rectangle, without the missing cells


def test_trimesh_opens_the_model(grid: tuple[Path, np.ndarray]) -> None:
    import trimesh  # pyright: ignore[reportMissingImports]

    folder, value = grid
    (mesh,) = trimesh.load_scene(folder / "s.glb").geometry.values()
    there = np.isfinite(value)
    assert len(mesh.vertices) == there.sum()
    assert len(mesh.faces) == (48 if there.all() else 40)
    np.testing.assert_allclose(mesh.bounds[:, [0, 2]], [(-1, -1), (1, 1)], atol=1e-6)
    assert (mesh.face_normals[:, 1] > 0).all()  # y is up
    order = np.argsort(value[there])
    assert (np.diff(mesh.vertices[order, 1]) >= -1e-6).all()
    assert mesh.visual.kind == "vertex"
    light = np.asarray(mesh.visual.vertex_colors)[:, :3].sum(axis=1)
    assert light[order[-1]] > light[order[0]]
