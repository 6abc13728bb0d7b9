"""A sampled landscape as a mesh: .vtp for ParaView and PyVista, .glb for 3D model viewers.

Missing grid points are left out of the mesh, and so are the faces of cells with a missing corner.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.files import written
from lossland.landscapes.gridfiles import GridFile
from lossland.world.terrain import Exposure
from lossland.world.theme import DARK, linear_from_srgb

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


def quads(value: Floats) -> tuple[Numbers, Numbers]:
    """Return the flat indices (p,) of the finite points, and the faces (c, 4) between them.

    Faces are counterclockwise seen from above; their vertices are indices into the finite points.
    """
    there = np.isfinite(value)
    number = np.cumsum(there).reshape(value.shape) - 1
    whole = there[:-1, :-1] & there[:-1, 1:] & there[1:, 1:] & there[1:, :-1]
    corners = (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1])
    return np.flatnonzero(there), np.stack([corner[whole] for corner in corners], axis=1)


def _surface(found: GridFile, kind: str) -> tuple[Floats, Floats, Numbers, Numbers]:
    """Return x and y (p,) of the finite points, their flat indices and the faces."""
    if found.value.ndim < 2:
        raise UserError(f"A file with one direction makes a line; a {kind} mesh needs two.")
    points, faces = quads(found.value)
    if not len(faces):
        raise UserError(f"No cell of the grid has all its corners yet; a {kind} mesh needs one.")
    iy, ix = np.divmod(points, len(found.x))
    return found.x[ix], found.y[iy], points, faces


# --------------------------------------------------------------------------------------------------------------- .vtp


def write_vtp(path: str | Path, found: GridFile) -> None:
    """Write VTK PolyData as ASCII XML in the layout of Li et al.'s code: heights are the values themselves.

    ``zvalue`` on points, ``averaged zvalue`` on cells; further quantities on points under their names.
    """
    x, y, points, faces = _surface(found, ".vtp")
    z = found.value.ravel()[points]
    on_points = {"zvalue": z} | {name: grid.ravel()[points] for name, grid in found.quantities.items()}
    lines = [
        '<?xml version="1.0"?>',
        '<VTKFile type="PolyData" version="0.1" byte_order="LittleEndian">',
        "  <PolyData>",
        f'    <Piece NumberOfPoints="{len(z)}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0"'
        f' NumberOfPolys="{len(faces)}">',
        '      <PointData Scalars="zvalue">',
        *(_array("Float64", name, numbers) for name, numbers in on_points.items()),
        "      </PointData>",
        '      <CellData Scalars="averaged zvalue">',
        _array("Float64", "averaged zvalue", z[faces].mean(axis=1)),
        "      </CellData>",
        "      <Points>",
        _array("Float64", "Points", np.stack([x, y, z], axis=1), 3),
        "      </Points>",
        "      <Polys>",
        _array("Int64", "connectivity", faces),
        _array("Int64", "offsets", 4 * np.arange(1, len(faces) + 1)),
        "      </Polys>",
        "    </Piece>",
        "  </PolyData>",
        "</VTKFile>",
        "",
    ]
    with written(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="ascii")


def _array(kind: str, name: str, numbers: NDArray[np.generic], components: int = 1) -> str:
    wide = f' NumberOfComponents="{components}"' if components > 1 else ""
    text = " ".join(map(repr, numbers.ravel().tolist()))
    return f'        <DataArray type="{kind}" Name="{name}"{wide} format="ascii">\n{text}\n        </DataArray>'


# --------------------------------------------------------------------------------------------------------------- .glb

FLOAT, UNSIGNED = 5126, 5125  # glTF's codes of component types, and of buffer targets and modes
VERTICES, INDICES, TRIANGLES = 34962, 34963, 4
HEIGHT = 0.55  # of the surface, whose footprint is 2 wide, as of a `Terrain`


def write_glb(path: str | Path, found: GridFile) -> None:
    """Write binary glTF 2.0: the surface as lossland draws it, with the same heights and colours.

    The footprint is [−1, 1]² and heights are compressed, so that valleys of any depth are visible; in glTF y is up, and
    colours are linear. There is no material, because with one trimesh ignores vertex colours.
    """
    x, y, points, faces = _surface(found, ".glb")
    share = Exposure.of(found.value)(found.value.ravel()[points])
    across, back = (
        np.interp(points_along, side[[0, -1]], (-1, 1)) for points_along, side in ((x, found.x), (y, found.y))
    )
    position = np.stack([across, HEIGHT * share, -back], axis=1).astype("<f4")
    triangles = faces[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3).astype("<u4")
    height_map = linear_from_srgb(DARK.height_map)
    shade = np.clip(share, 0, 1) * (len(height_map) - 1)
    rgb = np.stack([np.interp(shade, np.arange(len(height_map)), channel) for channel in height_map.T], axis=1)
    color = np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1).astype("<f4")
    arrays = [triangles, position, _normals(position, triangles), color]
    kinds = ["SCALAR", "VEC3", "VEC3", "VEC4"]
    views, accessors, start = [], [], 0
    for array, kind in zip(arrays, kinds, strict=True):
        indices = array is triangles
        views.append({"buffer": 0, "byteOffset": start, "byteLength": array.nbytes,
                      "target": INDICES if indices else VERTICES})  # fmt: skip
        accessors.append({"bufferView": len(views) - 1, "componentType": UNSIGNED if indices else FLOAT,
                          "count": array.size if indices else len(array), "type": kind})  # fmt: skip
        start += array.nbytes
    accessors[1] |= {"min": position.min(axis=0).tolist(), "max": position.max(axis=0).tolist()}
    attributes = {"POSITION": 1, "NORMAL": 2, "COLOR_0": 3}
    document = {
        "asset": {"version": "2.0", "generator": "lossland"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "loss"}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": 0, "mode": TRIANGLES}]}],
        "buffers": [{"byteLength": start}],
        "bufferViews": views,
        "accessors": accessors,
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(array.tobytes() for array in arrays)  # all have 4-byte elements, so that they stay aligned
    whole = 12 + 8 + len(text) + 8 + len(body)
    with written(path) as temporary:
        temporary.write_bytes(
            struct.pack("<4sII", b"glTF", 2, whole)
            + struct.pack("<I4s", len(text), b"JSON") + text
            + struct.pack("<I4s", len(body), b"BIN\0") + body
        )  # fmt: skip


def _normals(position: NDArray[np.float32], triangles: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Return unit normals (p, 3): area-weighted means over each point's triangles; up where there are none."""
    corner = position[triangles].astype(float)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.zeros(position.shape)
    for k in range(3):
        np.add.at(total, triangles[:, k], normal)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 0, total / np.maximum(length, 1e-300), (0.0, 1.0, 0.0)).astype("<f4")
