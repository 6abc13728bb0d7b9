"""The peers of ``render.py`` that draw pictures: one surface or one point cloud, with an orbiting camera.

Run as one worker process each. Every peer shows the same heights with its own lighting and colours, in 1280 x 720.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from side_by_side import serve, stopwatch

SIZE = (1280, 720)
TURN = 3.0  # degrees from frame to frame
ELEVATION = 38.0
CREST = 1088.2  # the largest value of the function


def ground(x: Any, y: Any) -> Any:
    """Return heights in [0, 0.6] at x, y in [-1, 1]: Himmelblau's function, its steep rim compressed."""
    a, b = 5.2 * x, 5.2 * y
    value = (a * a + b - 11) ** 2 + (a + b * b - 7) ** 2
    return 0.6 * np.arcsinh(value / 30) / np.arcsinh(CREST / 30)


def heights(n: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a side (n,) of [-1, 1] and the heights (n, n) over it."""
    side = np.linspace(-1, 1, n, dtype=np.float32)
    return side, ground(side[None, :], side[:, None]).astype(np.float32)


class Cloud:
    """Points that all move from frame to frame, like a swarm."""

    def __init__(self, count: int) -> None:
        draws = np.random.default_rng(3)
        place = draws.uniform(-1, 1, (count, 2)).astype(np.float32)
        self.place = np.column_stack((place, 0.3 * (place**2).sum(1))).astype(np.float32)
        self.drift = draws.normal(0, 0.002, (count, 3)).astype(np.float32)

    def at(self, frame: int) -> NDArray[np.float32]:
        """Return new positions (count, 3)."""
        return self.place + np.float32(frame % 50) * self.drift


class Pictures(ABC):
    """Drawing with one library. ``draw`` draws a frame; with ``read`` it returns its pixels."""

    cloud: Cloud | None = None

    @abstractmethod
    def surface(self, n: int) -> None:
        """Prepare a surface of n x n heights."""

    def points(self, count: int) -> None:
        """Prepare moving points, two pixels wide."""
        raise NotImplementedError("it is not compared with points here")

    @abstractmethod
    def draw(self, frame: int, read: bool) -> Any:
        """Draw a frame and wait until it is finished."""


class Lossland(Pictures):
    """Stage, in the quality of stills and films: supersampled, baked light, soft shadow, contours, axes."""

    def __init__(self, live: bool = False) -> None:
        from lossland.app.stage import Stage
        from lossland.render.painter import Quality

        self.stage_class, self.quality = Stage, Quality.live if live else Quality.still

    def surface(self, n: int) -> None:
        from lossland.world import layers
        from lossland.world.terrain import Terrain

        side, z = heights(n)
        terrain = Terrain(side, side, z)
        self.open([layers.Surface(terrain)], terrain.bounds)

    def points(self, count: int) -> None:
        self.cloud = Cloud(count)
        corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (0, 0.6)], float)
        self.open([], corners)

    def open(self, things: list[Any], bounds: Any) -> None:
        from lossland.scenery.scene import Frame, Scene, View
        from lossland.world import layers

        view, pictures = View(elevation=ELEVATION, bounds=bounds), self

        class Shown(Scene):
            name = "shown"

            def frame(self, time: float) -> Frame:
                moving = [layers.Points(pictures.cloud.at(round(time * 60)))] if pictures.cloud else []
                return Frame([*things, *moving], view=view)

        self.stage = self.stage_class(Shown(), SIZE)
        self.stage.__enter__()
        from lossland.app.picture import Picture
        from lossland.render.gl.target import Target

        self.picture, self.target = Picture(self.stage.theme, SIZE), Target(SIZE)

    def draw(self, frame: int, read: bool) -> Any:
        from vispy import gloo

        player = self.stage.player
        self.stage.look(azimuth=TURN * frame)
        if self.cloud:
            player.seek(frame / 60)
        if read:
            return self.stage.image(player, self.quality)
        with self.target:
            self.picture.draw(player, SIZE, quality=self.quality)
            gloo.gl.glFinish()
        return None


class LosslandLive(Lossland):
    """The quality of a moving window, before its governor reduces anything."""

    def __init__(self) -> None:
        super().__init__(live=True)


def eye(frame: int, distance: float = 4.2) -> NDArray[np.float64]:
    """Return the position of the camera, which looks at (0, 0, 0.2)."""
    a, e = np.radians(TURN * frame), np.radians(ELEVATION)
    return distance * np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]) + (0, 0, 0.2)


class ModernGL(Pictures):
    """Plain OpenGL: a mesh with normals, one light, colours by height. No anti-aliasing."""

    def __init__(self) -> None:
        import moderngl

        self.gl = moderngl.create_context(standalone=True, backend="egl")
        self.gl.enable(moderngl.DEPTH_TEST)
        colour = self.gl.texture(SIZE, 4)
        self.target = self.gl.framebuffer([colour], self.gl.depth_renderbuffer(SIZE))

    def surface(self, n: int) -> None:
        side, z = heights(n)
        dy, dx = np.gradient(z, side, side)
        x, y = np.meshgrid(side, side)
        normal = np.stack((-dx, -dy, np.ones_like(z)), -1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        vertices = np.concatenate((np.stack((x, y, z), -1), normal), -1).astype("f4")
        corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
        triangles = np.stack((corner, corner + 1, corner + n, corner + n, corner + 1, corner + n + 1), -1).astype("i4")
        program = self.gl.program(
            vertex_shader="""#version 330
                in vec3 place; in vec3 normal; uniform mat4 clip; out vec3 n; out float h;
                void main() { gl_Position = clip * vec4(place, 1); n = normal; h = place.z / 0.6; }""",
            fragment_shader="""#version 330
                in vec3 n; in float h; out vec4 colour;
                void main() {
                    float light = 0.3 + 0.7 * max(dot(normalize(n), normalize(vec3(-1, -1, 2))), 0.0);
                    colour = vec4(light * mix(vec3(0.1, 0.2, 0.5), vec3(1.0, 0.8, 0.3), h), 1);
                }""",
        )
        self.clip = program["clip"]
        parts = [(self.gl.buffer(vertices), "3f 3f", "place", "normal")]
        self.mesh = self.gl.vertex_array(program, parts, self.gl.buffer(triangles))

    def draw(self, frame: int, read: bool) -> Any:
        self.target.use()
        self.target.clear(0.05, 0.06, 0.08, 1.0, depth=1.0)
        self.clip.write(clip_from_world(frame).T.astype("f4").tobytes())
        self.mesh.render()
        if read:
            return np.frombuffer(self.target.read(components=4), np.uint8).reshape(SIZE[1], SIZE[0], 4)[::-1]
        self.gl.finish()
        return None


def clip_from_world(frame: int) -> NDArray[np.float64]:
    """Return the (4, 4) matrix of the camera."""
    at = eye(frame)
    back = at - (0, 0, 0.2)
    back /= np.linalg.norm(back)
    right = np.cross((0, 0, 1), back)
    right /= np.linalg.norm(right)
    view = np.eye(4)
    view[:3, :3] = right, np.cross(back, right), back
    view[:3, 3] = -view[:3, :3] @ at
    focal, near, far = 1 / np.tan(np.radians(15)), 0.1, 20.0
    clip = np.zeros((4, 4))
    clip[0, 0], clip[1, 1], clip[3, 2] = focal * SIZE[1] / SIZE[0], focal, -1
    clip[2, 2:] = (far + near) / (near - far), 2 * far * near / (near - far)
    return clip @ view


class VisPy(Pictures):
    """scene.visuals.SurfacePlot and Markers in a SceneCanvas."""

    def __init__(self) -> None:
        os.environ.setdefault("EGL_PLATFORM", "surfaceless")
        import vispy

        vispy.use("egl")
        from vispy import scene

        self.scene = scene
        self.canvas = scene.SceneCanvas(size=SIZE, show=False)
        self.view = self.canvas.central_widget.add_view()
        self.view.camera = scene.TurntableCamera(fov=30, distance=4.2, elevation=ELEVATION, center=(0, 0, 0.2))

    def surface(self, n: int) -> None:
        side, z = heights(n)
        x, y = np.meshgrid(side, side, indexing="ij")
        plot = self.scene.visuals.SurfacePlot(x=x, y=y, z=z.T, shading="smooth", color=(0.4, 0.6, 0.9, 1))
        self.view.add(plot)

    def points(self, count: int) -> None:
        self.cloud = Cloud(count)
        self.markers = self.scene.visuals.Markers(parent=self.view.scene)

    def draw(self, frame: int, read: bool) -> Any:
        self.view.camera.azimuth = TURN * frame
        if self.cloud:
            self.markers.set_data(self.cloud.at(frame), size=2, edge_width=0, face_color="white")
        if read:
            return self.canvas.render()
        from vispy import gloo

        self.canvas.set_current()
        self.canvas.on_draw(None)
        self.canvas.context.flush_commands()
        gloo.gl.glFinish()
        return None


class PyVista(Pictures):
    """An off-screen Plotter with its defaults."""

    anti_aliasing = True

    def __init__(self) -> None:
        import pyvista

        self.pyvista = pyvista
        self.plotter = pyvista.Plotter(off_screen=True, window_size=list(SIZE))
        self.plotter.set_background("#0d0f14")
        if not self.anti_aliasing:
            self.plotter.disable_anti_aliasing()
        self.plotter.camera.view_angle = 30

    def surface(self, n: int) -> None:
        side, z = heights(n)
        x, y = np.meshgrid(side, side)
        self.mesh = self.pyvista.StructuredGrid(x, y, z)
        self.mesh["height"] = z.T.ravel()
        self.plotter.add_mesh(self.mesh, smooth_shading=True, show_scalar_bar=False)

    def points(self, count: int) -> None:
        self.cloud = Cloud(count)
        self.mesh = self.pyvista.PolyData(self.cloud.at(0))
        self.plotter.add_mesh(self.mesh, color="white", point_size=2, style="points", lighting=False)

    def draw(self, frame: int, read: bool) -> Any:
        if self.cloud:
            self.mesh.points = self.cloud.at(frame)
        self.plotter.camera_position = [tuple(eye(frame)), (0, 0, 0.2), (0, 0, 1)]
        if read:
            self.plotter.render()
            return self.plotter.screenshot(return_img=True)
        self.plotter.render()
        self.plotter.render_window.WaitForCompletion()
        return None


class PyVistaPlain(PyVista):
    anti_aliasing = False


class Pygfx(Pictures):
    """A WgpuRenderer on an offscreen canvas."""

    def __init__(self) -> None:
        import pygfx
        from rendercanvas.offscreen import RenderCanvas

        self.gfx = pygfx
        self.canvas = RenderCanvas(size=SIZE, pixel_ratio=1)
        self.renderer = pygfx.renderers.WgpuRenderer(self.canvas, pixel_ratio=1, ppaa="none")  # its fastest
        self.scene = pygfx.Scene()
        self.scene.add(pygfx.Background.from_color("#0d0f14"), pygfx.AmbientLight(0.4))
        lamp = pygfx.DirectionalLight(2)
        lamp.local.position = (-1, -1, 2)
        self.scene.add(lamp)
        self.camera = pygfx.PerspectiveCamera(30, SIZE[0] / SIZE[1], depth_range=(0.1, 20))
        self.camera.world.reference_up = (0, 0, 1)
        self.canvas.request_draw(lambda: self.renderer.render(self.scene, self.camera))

    def surface(self, n: int) -> None:
        side, z = heights(n)
        geometry = self.gfx.plane_geometry(2, 2, n - 1, n - 1)
        geometry.positions.data[:, 2] = z.ravel()
        dy, dx = np.gradient(z, side, side)
        normal = np.stack((-dx.ravel(), -dy.ravel(), np.ones(n * n, np.float32)), -1)
        geometry.normals.data[:] = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
        self.scene.add(self.gfx.Mesh(geometry, self.gfx.MeshPhongMaterial(color="#6699e6")))

    def points(self, count: int) -> None:
        self.cloud = Cloud(count)
        self.geometry = self.gfx.Geometry(positions=self.cloud.at(0))
        self.scene.add(self.gfx.Points(self.geometry, self.gfx.PointsMaterial(size=2, color="#fff")))

    def draw(self, frame: int, read: bool) -> Any:
        if self.cloud:
            self.geometry.positions.set_data(self.cloud.at(frame))
        self.camera.local.position = tuple(eye(frame))
        self.camera.look_at((0, 0, 0.2))
        return np.asarray(self.canvas.draw())


class Matplotlib(Pictures):
    """plot_surface with every sample, on the Agg canvas."""

    def __init__(self) -> None:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot

        self.figure = matplotlib.pyplot.figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100)
        self.axes: Any = self.figure.add_subplot(projection="3d")

    def surface(self, n: int) -> None:
        side, z = heights(n)
        x, y = np.meshgrid(side, side)
        self.axes.plot_surface(x, y, z, rcount=n, ccount=n, cmap="viridis", linewidth=0, antialiased=False)

    def draw(self, frame: int, read: bool) -> Any:
        self.axes.view_init(ELEVATION, TURN * frame)
        self.figure.canvas.draw()
        return np.asarray(self.figure.canvas.buffer_rgba())  # type: ignore[attr-defined]


LIBRARIES: dict[str, type[Pictures]] = {
    "lossland": Lossland,
    "lossland (live)": LosslandLive,
    "moderngl": ModernGL,
    "VisPy": VisPy,
    "PyVista": PyVista,
    "PyVista (no AA)": PyVistaPlain,
    "pygfx": Pygfx,
    "matplotlib": Matplotlib,
}


class Worker:
    """Answers the questions of ``render.py`` for one library and one subject."""

    def __init__(self, kind: type[Pictures]) -> None:
        self.kind = kind
        self.frame = 0

    @cached_property
    def pictures(self) -> Pictures:
        return self.kind()

    def __call__(self, do: str, **what: object) -> dict[str, Any]:
        return getattr(self, do)(**what)

    def show(self, subject: str, size: int, file: str) -> dict[str, Any]:
        """Prepare, draw a first frame both ways, and write it to a file (.png)."""
        from PIL import Image

        def first() -> None:
            getattr(self.pictures, subject)(size)
            self.image = self.pictures.draw(0, True)

        seconds = stopwatch(first)
        Image.fromarray(np.ascontiguousarray(self.image[..., :3])).save(file)
        if self.image.std() < 2:
            return {"missing": "its picture is empty"}
        self.pictures.draw(1, False)
        return {"first": seconds}

    def frames(self, count: int, read: bool) -> dict[str, Any]:
        """Draw frames and return the seconds that one took."""

        def some() -> None:
            for _ in range(count):
                self.frame += 1
                self.pictures.draw(self.frame, read)

        return {"seconds": stopwatch(some) / count}


WORKERS = {name: lambda kind=kind: Worker(kind) for name, kind in LIBRARIES.items()}

if __name__ == "__main__":
    serve(WORKERS)
