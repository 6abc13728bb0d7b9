"""The peers of ``render.py`` that make a film: a surface, a growing trail on it, and an orbiting camera.

One process makes one film and exits: ``film_peers.py NAME SECONDS SAMPLES FILE``. 1280 x 720, 30 frames a second, H.264
as each library writes it. The time includes the start of the process, as a user sees it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from picture_peers import ELEVATION, SIZE, eye, ground, heights

FPS = 30
SWAY = 24.0  # degrees that the camera turns in the film
Film = Callable[[float, int, Path], None]


def trail(count: int = 240) -> NDArray[np.float64]:
    """Return points (count, 3) of a spiral path, a little above the surface."""
    share = np.linspace(0, 1, count)
    angle, radius = 5 * share, 0.9 - 0.5 * share
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return np.stack((x, y, ground(x, y) + 0.01), -1)


def lossland(seconds: float, samples: int, file: Path) -> None:
    """``record`` of a scene with the two layers, and the axes that every film has."""
    import lossland as ll
    from lossland.world import layers

    side, z = heights(samples)
    terrain = ll.Terrain(side, side, z)
    path, number = terrain.drape(trail()[:, :2])
    surface = layers.Surface(terrain)

    class Descent(ll.Scene):
        name = "descent"

        @property
        def clock(self) -> ll.Clock:
            return ll.Clock(seconds)

        def frame(self, time: float) -> ll.Frame:
            line = layers.Trail(path, number, "optimizer.adam", upto=time / seconds * number[-1])
            view = ll.View(elevation=ELEVATION, bounds=terrain.bounds)
            return ll.Frame([surface, line, layers.Axes(terrain)], view=view)

    ll.record(Descent(), file, seconds, FPS, SIZE, orbit=True)


def pyvista(seconds: float, samples: int, file: Path) -> None:
    """A Plotter that writes its frames with imageio's ffmpeg."""
    import pyvista as pv

    side, z = heights(samples)
    x, y = np.meshgrid(side, side)
    mesh = pv.StructuredGrid(x, y, z)
    mesh["height"] = z.T.ravel()
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    plotter.camera.view_angle = 30
    plotter.add_mesh(mesh, smooth_shading=True, show_scalar_bar=False)
    path, count = trail(), round(seconds * FPS)
    line = pv.lines_from_points(path[:2])
    plotter.add_mesh(line, color="orange", line_width=4)
    plotter.open_movie(str(file), framerate=FPS)
    for frame in range(count):
        shown = max(2, round(len(path) * frame / count))
        line.copy_from(pv.lines_from_points(path[:shown]))
        turn = SWAY * frame / count / 3.0  # in steps of ``eye``
        plotter.camera_position = [tuple(eye(turn)), (0, 0, 0.2), (0, 0, 1)]
        plotter.write_frame()
    plotter.close()


def manim(seconds: float, samples: int, file: Path) -> None:
    """ManimCE with its OpenGL renderer."""
    from manim import config, tempconfig

    config.renderer = "opengl"
    from manim import DEGREES, ORANGE, ThreeDScene, linear
    from manim.animation.creation import Create
    from manim.mobject.opengl.opengl_surface import OpenGLSurface
    from manim.mobject.opengl.opengl_vectorized_mobject import OpenGLVMobject

    class Descent(ThreeDScene):
        def construct(self) -> None:
            surface = OpenGLSurface(
                lambda u, v: np.array([3 * u, 3 * v, 3 * ground(u, v)]),
                u_range=(-1, 1), v_range=(-1, 1), resolution=(samples, samples),
            )  # fmt: skip
            line = OpenGLVMobject(color=ORANGE).set_points_as_corners(3 * trail())
            self.renderer.camera.set_euler_angles(-60 * DEGREES, 55 * DEGREES)
            self.add(surface)
            self.renderer.camera.add_updater(lambda camera, dt: camera.increment_theta(dt * SWAY / seconds * DEGREES))
            self.add(self.renderer.camera)
            self.play(Create(line), run_time=seconds, rate_func=linear)

    options = {
        "renderer": "opengl", "write_to_movie": True, "pixel_width": SIZE[0], "pixel_height": SIZE[1],
        "frame_rate": FPS, "media_dir": str(file.parent / "manim"), "output_file": file.stem, "disable_caching": True,
        "preview": False, "verbosity": "WARNING", "progress_bar": "none",
    }  # fmt: skip
    with tempconfig(options):
        scene = Descent()
        scene.render()
    newest(file.parent / "manim", file)


def manimgl(seconds: float, samples: int, file: Path) -> None:
    """3b1b's own manim, without a window."""
    folder = file.parent / "manimgl"
    sys.argv = ["manimgl", "-w"]
    from manimlib import DEGREES, ORANGE, ParametricSurface, ShowCreation, ThreeDScene, VMobject, linear
    from manimlib.config import manim_config

    class Descent(ThreeDScene):
        def construct(self) -> None:
            surface = ParametricSurface(
                lambda u, v: np.array([3 * u, 3 * v, 3 * float(ground(u, v))]),
                u_range=(-1, 1), v_range=(-1, 1), resolution=(samples, samples),
            )  # fmt: skip
            line = VMobject(stroke_color=ORANGE).set_points_as_corners(3 * trail())
            self.frame.set_euler_angles(-60 * DEGREES, 55 * DEGREES)
            self.add(surface)
            self.frame.add_updater(lambda frame, dt: frame.increment_theta(dt * SWAY / seconds * DEGREES))
            self.play(ShowCreation(line), run_time=seconds, rate_func=linear)

    writer = {**manim_config.file_writer, "write_to_movie": True, "output_directory": str(folder), "quiet": True}
    camera = {**manim_config.camera, "resolution": SIZE, "fps": FPS}
    scene = Descent(window=None, camera_config=camera, file_writer_config=writer, show_animation_progress=False)
    scene.run()
    newest(folder, file)


def newest(folder: Path, file: Path) -> None:
    """Move the film that was written last to its destination."""
    films = sorted(folder.rglob("*.mp4"), key=lambda film: film.stat().st_mtime)
    films[-1].replace(file)


FILMS: dict[str, Film] = {
    "lossland": lossland,
    "PyVista": pyvista,
    "ManimCE": manim,
    "manimgl": manimgl,
}

if __name__ == "__main__":
    name, length, samples_a_side, path_text = sys.argv[1:]
    FILMS[name](float(length), int(samples_a_side), Path(path_text))
