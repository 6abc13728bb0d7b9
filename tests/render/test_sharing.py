"""Arrays on a CUDA device into OpenGL, without a GPU: every way ends in the picture that the host's arrays give.

The same with real CuPy and CUDA: `pytest -m gpu`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from cuda_bindings_stand_in import Bindings, Resource
from cupy_stand_in import StandIn
from vispy import gloo

from lossland import optimizers
from lossland.compute import arrays
from lossland.compute.crowds.on_cuda import CudaCrowd
from lossland.compute.kernels.device import Device
from lossland.compute.resident import Resident
from lossland.compute.swarm import SwarmState, random_starts
from lossland.landscapes import landscape
from lossland.render.gl import canvas, driver, sharing
from lossland.render.gl.driver import gl_name
from lossland.render.gl.sharing import TextureFeed, VertexFeed
from lossland.render.painter import Quality
from lossland.render.renderer import Renderer
from lossland.scenery import library
from lossland.scenery.scene import Frame
from lossland.world.camera import Camera
from lossland.world.layers import Layer, Points, Surface
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK

SIZE = (200, 140)
QUALITY = Quality(mesh=24, lit=48, bake=48)
AXIS = np.linspace(-2.0, 2.0, 17)
GROUND = Terrain(AXIS, AXIS, np.add.outer(AXIS**2, AXIS))
FIRST_WAY = "shared with CUDA"
Draw = Callable[..., np.ndarray]


@pytest.fixture(autouse=True)
def context(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas.headless().set_current()
    gloo.flush()
    monkeypatch.setattr(sharing, "_TRANSFERS", WeakKeyDictionary())


@pytest.fixture
def cupy() -> StandIn:
    return StandIn()


@pytest.fixture
def cuda(cupy: StandIn, monkeypatch: pytest.MonkeyPatch) -> Bindings:
    made = Bindings(cupy, monkeypatch)
    monkeypatch.setattr(sharing, "runtime", lambda: made)
    return made


@pytest.fixture
def draw() -> Iterator[Draw]:
    renderer, camera = Renderer(DARK), Camera(azimuth=-60.0, elevation=50.0)
    camera.fit(GROUND.bounds, SIZE)

    def one(*layers: Layer, quality: Quality = QUALITY) -> np.ndarray:
        return renderer.image(Frame(layers), camera, SIZE, quality=quality)

    yield one
    renderer.close()


def on_card(device: Device, numbers: np.ndarray) -> Any:
    with device.at_work() as xp:
        return Resident(device, xp.asarray(numbers), lambda: numbers)


def scattered(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2.0, 2.0, (count, 2)).astype(np.float32)


def dots(position: Any, target: Any = None, share: float = 0.0) -> Points:
    color = np.arange(len(position)) % 4
    return Points(position, color, 4.0, "dot", ground=GROUND, target=target, share=share)


def told() -> str:
    way, *why = sharing.described()
    return f"{way} ({'; '.join(why)})" if why else way


def homesick(self: Resident, *_: Any, **__: Any) -> np.ndarray:
    raise AssertionError("an array came home that should be drawn where it is")


# ------------------------------------------------------------------------------------------------ shared with CUDA


def test_dots_on_a_device_are_drawn_where_they_are(
    cuda: Bindings, cupy: StandIn, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = draw(dots(scattered(300)))
    nothing = draw(dots(scattered(300) + 10))
    assert (wanted != nothing).any(-1).sum() > 1000
    monkeypatch.setattr(Resident, "__array__", homesick)
    np.testing.assert_array_equal(draw(dots(on_card(Device(cupy), scattered(300)))), wanted)
    assert told() == FIRST_WAY


def test_moving_dots_go_straight_from_place_to_place(cuda: Bindings, cupy: StandIn, draw: Draw) -> None:
    start, end = scattered(200), scattered(200, seed=2)
    half_way = draw(dots((start + end) / 2))
    for one, other in ((start, end), (on_card(Device(cupy), start), on_card(Device(cupy), end))):
        np.testing.assert_allclose(draw(dots(one, other, 0.5)).astype(int), half_way, atol=2)
        np.testing.assert_array_equal(draw(dots(one, other, 0.0)), draw(dots(start)))
        np.testing.assert_array_equal(draw(dots(one, other, 1.0)), draw(dots(end)))


def test_nothing_is_copied_while_only_the_share_changes(cuda: Bindings, cupy: StandIn, draw: Draw) -> None:
    device = Device(cupy)
    start, end, color = on_card(device, scattered(50)), on_card(device, scattered(50, 2)), np.arange(50) % 4
    for share in (0.0, 0.3, 0.6):
        draw(Points(start, color, ground=GROUND, target=end, share=share))
        assert cuda.calls.count("cudaMemcpy2DAsync") == 1 + 2  # the pattern of start-up, position and target


def test_only_so_many_dots_are_copied_as_are_drawn(cuda: Bindings, cupy: StandIn, draw: Draw) -> None:
    few = Quality(mesh=24, lit=48, bake=48, dots=40)
    wanted = draw(Points(scattered(100)[::3], (np.arange(100) % 4)[::3], 4.0, ground=GROUND))
    np.testing.assert_array_equal(draw(dots(on_card(Device(cupy), scattered(100))), quality=few), wanted)


def test_other_sizes_are_registered_anew_and_everything_is_given_back(
    cuda: Bindings, cupy: StandIn, draw: Draw
) -> None:
    """The stand-in raises if a buffer is resized, drawn or deleted while CUDA holds it."""
    device = Device(cupy)
    for count in (10, 10, 30, 5):
        np.testing.assert_array_equal(draw(dots(on_card(device, scattered(count)))), draw(dots(scattered(count))))
    assert cuda.calls.count("cudaGraphicsGLRegisterBuffer") == 1 + 3
    assert len(cuda.registered) == 1


def test_nothing_is_left_with_cuda_after_closing(cuda: Bindings, cupy: StandIn) -> None:
    for way in ("shared", "pinned"):
        if way == "pinned":
            cuda.fail["cudaGraphicsMapResources"] = 304
        renderer, camera = Renderer(DARK), Camera()
        camera.fit(GROUND.bounds, SIZE)
        device = Device(cupy)
        layer = dots(on_card(device, scattered(20)), on_card(device, scattered(20)), 0.5)
        renderer.image(Frame([layer]), camera, SIZE, quality=QUALITY)
        assert cuda.registered or cuda.pinned
        renderer.close()
        gloo.flush()
        cuda.idle()


def test_an_error_inside_ends_the_mapping(
    cuda: Bindings, cupy: StandIn, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = on_card(Device(cupy), scattered(20))
    sharing.transfer(array)

    def interrupted(*_: Any) -> None:
        assert [resource.memory is not None for resource in cuda.registered] == [True]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(VertexFeed, "_write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            draw(dots(array))
    assert [resource.memory for resource in cuda.registered] == [None]
    np.testing.assert_array_equal(draw(dots(on_card(Device(cupy), scattered(20)))), draw(dots(scattered(20))))


def test_a_texture_takes_an_image(cuda: Bindings, cupy: StandIn) -> None:
    device, feed = Device(cupy), TextureFeed()
    for shape in ((5, 7, 2), (5, 7, 2), (16, 4, 2)):
        numbers = np.random.default_rng(3).normal(size=shape).astype(np.float32)
        feed.set(on_card(device, numbers))
        np.testing.assert_array_equal(feed._read_back(shape), numbers)
    assert cuda.calls.count("cudaGraphicsGLRegisterImage") == 1 + 2
    feed.set(numbers[::2])
    np.testing.assert_array_equal(feed._read_back((8, 4, 2)), numbers[::2])
    feed.close()
    gloo.flush()
    cuda.idle()


def test_a_ground_takes_its_heights_from_the_device(
    cuda: Bindings, cupy: StandIn, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    bowl, hill = np.add.outer(AXIS**2, AXIS), 3 - np.add.outer(AXIS**2, AXIS**2)
    grounds = [Terrain(AXIS, AXIS, values) for values in (bowl, hill)]
    wanted = [draw(Surface(ground)) for ground in grounds]
    assert (wanted[0] != wanted[1]).any(-1).mean() > 0.1
    device = Device(cupy)
    for ground in grounds:
        ground.relief = on_card(device, ground.relief)
    monkeypatch.setattr(Resident, "__array__", homesick)
    for ground, picture in zip(grounds, wanted, strict=True):
        np.testing.assert_array_equal(draw(Surface(ground, labels=True)), picture)
    assert told() == FIRST_WAY
    assert cuda.calls.count("cudaMemcpy2DToArrayAsync") == 1 + 2  # the pattern of start-up, and two grounds


# ------------------------------------------------------------------------------------------------ other ways


def registering_fails(cuda: Bindings) -> str:
    cuda.fail["cudaGraphicsGLRegisterBuffer"] = 35
    return "pinned copies (cudaGraphicsGLRegisterBuffer: cudaErrorInsufficientDriver)"


def images_cannot_be_registered(cuda: Bindings) -> str:
    cuda.fail["cudaGraphicsGLRegisterImage"] = 304
    return "pinned copies (cudaGraphicsGLRegisterImage: cudaErrorOperatingSystem)"


def opengl_does_not_see_the_pattern(cuda: Bindings) -> str:
    cuda.deaf = True
    return "pinned copies (OpenGL does not read what CUDA has written)"


def opengl_is_on_another_device(cuda: Bindings) -> str:
    cuda.devices = [1, 2]
    return "pinned copies (OpenGL draws on another device than the one that computes)"


def opengl_is_on_no_device(cuda: Bindings) -> str:
    cuda.fail["cudaGLGetDevices"] = 100
    return "pinned copies (cudaGLGetDevices: cudaErrorNoDevice)"


def the_driver_lacks_a_function(cuda: Bindings) -> str:
    def missing(*_: Any) -> tuple[()]:
        raise RuntimeError('Function "cuGLGetDevices" not found')

    cuda.cudaGLGetDevices = missing  # type: ignore[method-assign]
    return 'pinned copies (cudaGLGetDevices: Function "cuGLGetDevices" not found)'


def mapping_fails_after_start_up(cuda: Bindings) -> str:
    cuda.fail["cudaGraphicsMapResources"], cuda.after = 999, 2
    return "pinned copies (cudaGraphicsMapResources: cudaErrorUnknown)"


def no_pinned_memory(cuda: Bindings) -> str:
    cuda.fail |= {"cudaGraphicsGLRegisterBuffer": 35, "cudaMallocHost": 2}
    return (
        "plain upload (cudaGraphicsGLRegisterBuffer: cudaErrorInsufficientDriver; "
        "cudaMallocHost: cudaErrorMemoryAllocation)"
    )


def copies_fail(cuda: Bindings) -> str:
    cuda.fail["cudaMemcpy2DAsync"] = 999
    return "plain upload (cudaMemcpy2DAsync: cudaErrorUnknown; cudaMemcpy2DAsync: cudaErrorUnknown)"


TROUBLES = [
    registering_fails,
    images_cannot_be_registered,
    opengl_does_not_see_the_pattern,
    opengl_is_on_another_device,
    opengl_is_on_no_device,
    the_driver_lacks_a_function,
    mapping_fails_after_start_up,
    no_pinned_memory,
    copies_fail,
]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_way_that_fails_gives_way_to_the_next(
    trouble: Callable[[Bindings], str], cuda: Bindings, cupy: StandIn, draw: Draw
) -> None:
    expected, device = trouble(cuda), Device(cupy)
    for count in (40, 40, 90):
        np.testing.assert_array_equal(draw(dots(on_card(device, scattered(count)))), draw(dots(scattered(count))))
    assert told() == expected


@pytest.mark.parametrize("piece", [1, 64, 72, 1 << 22])
def test_pinned_copies_come_in_pieces(
    piece: int, cuda: Bindings, cupy: StandIn, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece that is handed on before it has arrived is poison."""
    monkeypatch.setattr(sharing, "PIECE", piece)
    registering_fails(cuda)
    device = Device(cupy)
    np.testing.assert_array_equal(draw(dots(on_card(device, scattered(41)))), draw(dots(scattered(41))))
    few = Quality(mesh=24, lit=48, bake=48, dots=20)
    np.testing.assert_array_equal(
        draw(dots(on_card(device, scattered(41))), quality=few), draw(dots(scattered(41)), quality=few)
    )
    assert len(cuda.pinned) == 2
    feed, numbers = TextureFeed(), np.random.default_rng(3).normal(size=(9, 5, 2)).astype(np.float32)
    feed.set(on_card(device, numbers))
    np.testing.assert_array_equal(feed._read_back(numbers.shape), numbers)
    feed.close()


def test_without_cuda_bindings_arrays_come_home(cupy: StandIn, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    array = on_card(Device(cupy), scattered(40))
    np.testing.assert_array_equal(draw(dots(array)), draw(dots(scattered(40))))
    assert told() == "plain upload (cuda-bindings is not installed)"


def test_arrays_on_the_host_ask_nobody(cuda: Bindings, draw: Draw) -> None:
    draw(dots(scattered(40)))
    assert told() == "plain upload"
    assert cuda.calls == []


@pytest.mark.parametrize(("kind", "strides"), [("<f8", None), ("<f4", (4, 40))])
def test_numbers_that_opengl_cannot_take_come_home(
    kind: str, strides: Any, cuda: Bindings, cupy: StandIn, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = on_card(Device(cupy), scattered(40))
    described = array.__cuda_array_interface__ | {"typestr": kind, "strides": strides}
    monkeypatch.setattr(Resident, "__cuda_array_interface__", described)
    np.testing.assert_array_equal(draw(dots(array)), draw(dots(scattered(40))))
    assert cuda.calls == []


# ------------------------------------------------------------------------------------------------ a swarm, all the way


@pytest.fixture(params=["stand-in", pytest.param("cupy", marks=pytest.mark.gpu)])
def computing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The backend cuda: stand-ins for CuPy and CUDA's runtime, or both of them real."""
    if request.param == "cupy":
        return arrays.backend("cuda").xp
    made = StandIn()
    chosen = arrays.Backend("cuda", made, "a stand-in")
    monkeypatch.setattr(arrays, "backend", lambda name="auto": arrays.CPU if name == "cpu" else chosen)
    cuda = Bindings(made, monkeypatch)
    monkeypatch.setattr(sharing, "runtime", lambda: cuda)
    return made


HIMMELBLAU, RULE = landscape("himmelblau"), optimizers.Momentum(lr=0.01, momentum=0.5)
STARTS = random_starts(HIMMELBLAU.domain, 700, seed=2)


def test_a_swarm_stays_on_its_device(computing: Any) -> None:
    ours, theirs = (SwarmState(HIMMELBLAU, RULE, STARTS, backend=name) for name in ("cuda", "cpu"))
    snapshots = []
    for state in (ours, theirs):
        state.advance(10)
        snapshots.append(state.resident)
        state.advance(10)
    here, there = snapshots[1], snapshots[0]
    assert isinstance(here, np.ndarray)
    assert isinstance(there, Resident)
    assert (there.shape, there.dtype, len(there)) == ((700, 2), np.float32, 700)
    assert np.abs(np.asarray(there) - here).max() < 1e-4  # as it was, not as the swarm is now
    assert np.asarray(there, float).dtype == float
    np.testing.assert_array_equal(np.asarray(ours.resident), ours.positions)


def test_a_lost_device_gives_the_numbers_of_the_cpu() -> None:
    cupy = StandIn()
    cpu = SwarmState(HIMMELBLAU, RULE, STARTS, backend="cpu")
    crowd = CudaCrowd(Device(cupy), HIMMELBLAU, RULE, STARTS, _crowd_on_cpu)
    crowd.advance(5)
    kept = crowd.resident
    cupy.fail_after = 0
    cpu.advance(5)
    with pytest.warns(RuntimeWarning, match="illegal memory access"):
        np.testing.assert_array_equal(np.asarray(kept), cpu.positions)
    with pytest.warns(RuntimeWarning, match="illegal memory access"):
        crowd.advance(1)
    cpu.advance(1)
    np.testing.assert_array_equal(crowd.resident, cpu.positions)


def test_a_full_device_gives_a_swarm_to_the_host_and_goes_on(cupy: StandIn) -> None:
    crowd = CudaCrowd(Device(cupy), HIMMELBLAU, RULE, STARTS, _crowd_on_cpu)
    crowd.advance(5)
    room, cupy.room = cupy.room, cupy.used
    assert isinstance(crowd.resident, np.ndarray)
    cupy.room = room
    assert isinstance(crowd.resident, Resident)
    assert crowd.backend == "cuda"


def _crowd_on_cpu() -> Any:
    return SwarmState(HIMMELBLAU, RULE, STARTS, backend="cpu")._crowd


def test_the_swarm_s_picture_never_visits_the_host(computing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of the scene from a device are those from the host, and no particle's place came home for them."""
    pictures = []
    for name in ("cpu", "auto"):
        with monkeypatch.context() as patch:
            if name == "cpu":
                patch.setattr(arrays, "backend", lambda name="auto": arrays.CPU)
            else:
                patch.setattr(Resident, "__array__", homesick)
            scene: Any = library.scene("optimizer_swarm")
            for key, value in {"count": 1500, "cells": 32, "steps": 60, "optimizer": "momentum"}.items():
                scene.set(key, value)
            renderer, camera = Renderer(DARK), Camera()
            camera.fit(scene.terrain.bounds, SIZE)
            for time in (0.0, 0.3, 0.35, 1.1):
                frame = scene.frame(time)
                pictures.append(renderer.image(frame, camera, SIZE, quality=QUALITY).astype(int))
            renderer.close()
    assert told().startswith(FIRST_WAY if isinstance(computing, StandIn) else "")
    for host, device in zip(pictures[:4], pictures[4:], strict=True):
        assert np.quantile(np.abs(host - device), 0.999) <= 2
    moved = (np.abs(pictures[0] - pictures[3]).max(-1) > 20).mean()
    assert moved > 0.02


# ----------------------------------------------------------------------------------------- what the stand-in sees


def registered(cuda: Bindings, cupy: StandIn) -> tuple[VertexFeed, Resource]:
    feed = VertexFeed()
    feed.set(on_card(Device(cupy), scattered(8)))
    (resource,) = cuda.registered
    return feed, resource


def test_the_stand_in_sees_drawing_while_mapped(cuda: Bindings, cupy: StandIn, draw: Draw) -> None:
    feed, resource = registered(cuda, cupy)
    cuda.cudaGraphicsMapResources(1, resource, 1)
    with pytest.raises(AssertionError, match="drawing while"):
        draw(dots(scattered(5)))
    cuda.cudaGraphicsUnmapResources(1, resource, 1)
    feed.close()


def test_the_stand_in_sees_a_resize_and_a_deletion(cuda: Bindings, cupy: StandIn) -> None:
    feed, resource = registered(cuda, cupy)
    assert feed.drawn is not None
    feed.drawn.resize_bytes(800)
    with pytest.raises(AssertionError, match="a registered buffer is changed"):
        gl_name(feed.drawn)
    cuda.registered.clear()
    feed.drawn.resize_bytes(64)
    gl_name(feed.drawn)
    cuda.registered.add(resource)
    feed.drawn.delete()
    with pytest.raises(AssertionError, match="a registered buffer is changed"):
        driver.current_context().flush_commands()


def test_the_stand_in_sees_memory_used_too_late(cuda: Bindings, cupy: StandIn) -> None:
    feed, resource = registered(cuda, cupy)
    array = on_card(Device(cupy), scattered(8))
    stream = sharing.source(array).stream
    cuda.cudaGraphicsMapResources(1, resource, 1)
    called: Any = cuda.cudaGraphicsResourceGetMappedPointer(resource)
    _, address, size = called
    cuda.cudaMemcpy2DAsync(address, size, sharing.source(array).address, size, size, 1, 4, stream)
    cuda.cudaGraphicsUnmapResources(1, resource, 1)  # on another stream, which does not wait for the copy
    with pytest.raises(AssertionError, match="after it was unmapped"):
        cupy.all_streams[stream].synchronize()
    with pytest.raises(AssertionError, match="given back is used"):
        cuda.cudaMemcpy2DAsync(address, size, sharing.source(array).address, size, size, 1, 4, stream)
    with pytest.raises(AssertionError):
        cuda.idle()
    feed.close()
    cuda.idle()


# --------------------------------------------------------------------------- what we ask of CUDA, in the real one


def asked_of_cuda() -> set[str]:
    """Return the names of the runtime that the code uses, such as ``cudaMemcpyKind.cudaMemcpyDefault``."""
    source = Path(sharing.__file__).read_text()
    return set(re.findall(r"\"(cuda[A-Z]\w+)\"", source)) | set(re.findall(r"names\.((?:\w+\.)*\w+)", source))


def test_the_stand_in_has_what_we_ask_for(cuda: Bindings) -> None:
    names = asked_of_cuda()
    assert {"cudaGraphicsMapResources", "cudaMallocHost", "cudaMemcpyKind.cudaMemcpyDefault"} <= names
    for name in names:
        found: Any = cuda
        for part in name.split("."):
            found = getattr(found, part)


@pytest.mark.kernels
def test_the_real_runtime_takes_our_calls(cuda: Bindings, cupy: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call is made to the real runtime, too. Without a driver it refuses, after it has taken the arguments."""
    real = import_module("cuda.bindings.runtime")
    for name in asked_of_cuda():
        found: Any = real
        theirs: Any = cuda
        for part in name.split("."):
            found, theirs = getattr(found, part), object.__getattribute__(theirs, part)
        if not inspect.isroutine(found):
            assert int(found) == int(theirs), name
    handles = {
        "Resource": real.cudaGraphicsResource_t,
        "Image": real.cudaArray_t,
        "Event": real.cudaEvent_t,
        "Status": lambda: real.cudaError_t.cudaSuccess,
    }
    seen = set()

    class Both:
        def __getattr__(self, name: str) -> Any:
            ours = getattr(cuda, name)
            if not callable(ours):
                return getattr(real, name)

            def call(*arguments: Any) -> Any:
                _, *results = getattr(real, name)(*(handles.get(type(a).__name__, lambda a=a: a)() for a in arguments))
                seen.add(name)
                wanted: Any = ours(
                    *(int(a) if isinstance(a, real.cudaMemcpyKind | real.cudaGLDeviceList) else a for a in arguments)
                )
                assert wanted[0] != 0 or len(results) == len(wanted) - 1, name
                return wanted

            return call

    monkeypatch.setattr(sharing, "runtime", Both)
    array, feed = on_card(Device(cupy), scattered(30)), VertexFeed()
    feed.set(array)
    assert told() == FIRST_WAY
    cuda.fail["cudaGraphicsMapResources"] = 304
    feed.set(array)
    assert told().startswith("pinned copies")
    feed.close()
    assert {name for name in asked_of_cuda() if inspect.isroutine(getattr(real, name.split(".")[0]))} <= seen


@pytest.mark.kernels
def test_without_a_driver_the_real_runtime_says_so(cupy: StandIn, draw: Draw) -> None:
    array = on_card(Device(cupy), scattered(30))
    np.testing.assert_array_equal(draw(dots(array)), draw(dots(scattered(30))))
    assert told().startswith("plain upload (cudaPointerGetAttributes: ")
