"""Writers of film files, or folders of PNG frames: the same bytes for the same frames.

For reproducible bytes the number of encoder threads is fixed, and there are no dates and no random ids. A film whose
writer is killed halfway still plays up to there (``hybrid_fragmented``), under its temporary name. Frames are encoded
in a separate thread while the next one is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from lossland.errors import MachineError, UserError, nearest
from lossland.files import remove, written

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream

Image = NDArray[np.uint8]
Add = Callable[[Image], None]

ENDINGS = (".mp4", ".gif", ".webm")
GIF_FPS = 50  # a GIF counts hundredths of a second, and browsers slow down frames shorter than two of them
THREADS = 2  # of the encoder: fixed, because it changes the bytes
KEY_EVERY = 30  # frames between key frames: what a killed film loses at most
BT709 = 1  # code of the colour space in every container


def film_fps(path: Path, fps: float) -> float:
    """Return the frame rate that the format supports: a GIF has at most 50 frames a second."""
    return min(fps, GIF_FPS) if path.suffix.lower() == ".gif" else fps


def check_transparent(path: Path) -> None:
    """Raise UserError if the format of a name does not support transparency."""
    if path.suffix.lower() not in ("", ".webm"):
        raise UserError(
            f"{path.name}: such a film has no transparency; write a .webm, or a folder of PNG frames (a name without "
            "an ending)."
        )


@contextmanager
def film_file(
    path: str | Path, size: tuple[int, int], fps: float, transparent: bool = False, dpi: float | None = None
) -> Iterator[Add]:
    """Yield a function that adds a frame (h, w, 3 or 4) of ``size`` (w, h); the file appears when the block ends.

    The ending chooses the format: .mp4 (H.264), .gif, .webm (VP9); a name without an ending is a folder of PNG
    frames. H.264 and VP9 need even sizes: an odd last row or column is repeated. If the block fails or is interrupted,
    there is no file under the final name. A ``transparent`` film keeps the frames' alpha (see ``check_transparent``);
    ``dpi`` is written into PNG frames only.
    """
    with _writer(Path(path).expanduser(), size, fps, transparent, dpi) as write, ThreadPoolExecutor(1) as thread:
        last: Future[None] | None = None

        def add(image: Image) -> None:
            nonlocal last
            if last is not None:
                last.result()  # one frame is written at a time, and errors are raised here
            last = thread.submit(write, image)

        yield add
        if last is not None:
            last.result()


@contextmanager
def _writer(path: Path, size: tuple[int, int], fps: float, transparent: bool, dpi: float | None) -> Iterator[Add]:
    kind = path.suffix.lower()
    if not kind:
        with _folder(path, transparent, dpi) as add:
            yield add
        return
    if kind not in ENDINGS:
        raise UserError(
            f"{path.name} ends in {kind!r}; a film ends in {', '.join(ENDINGS)}, or has no ending (a folder of PNG "
            f"frames).{nearest(kind, ENDINGS)}"
        )
    with written(path) as temporary:
        if kind == ".webm":
            with _video(temporary, size, fps, _CODECS[kind], transparent) as add:
                yield add
        else:
            with _in_two_passes(temporary, size, fps, kind) as add:
                yield add


class _Coding(NamedTuple):
    """FFmpeg's name of a codec, its options, and those of the container."""

    codec: str
    options: dict[str, str]
    container: dict[str, str]


_CODECS = {
    ".mp4": _Coding(
        "libx264",
        # without mbtree: with it x264 is not deterministic where the number of macroblock columns is no multiple of
        # eight
        {"crf": "17", "preset": "veryfast", "mbtree": "0"},
        {"movflags": "hybrid_fragmented", "flush_packets": "1"},
    ),
    ".webm": _Coding(
        "libvpx-vp9",
        {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
        {"fflags": "+bitexact"},
    ),
    ".mkv": _Coding("libx264rgb", {"qp": "0", "preset": "ultrafast"}, {}),  # lossless and fast: a GIF's first pass
}


@contextmanager
def _video(path: Path, size: tuple[int, int], fps: float, how: _Coding, transparent: bool = False) -> Iterator[Add]:
    import av
    from av.video.reformatter import Colorspace

    rgb = how.codec == "libx264rgb"
    rate = Fraction(fps).limit_denominator(1001)
    with _machine_errors(), av.open(str(path), "w", options=how.container) as container:
        stream = cast("VideoStream", container.add_stream(how.codec, rate=rate, options=how.options))
        stream.width, stream.height = (size[0], size[1]) if rgb else (_even(size[0]), _even(size[1]))
        stream.pix_fmt = "rgb24" if rgb else "yuva420p" if transparent else "yuv420p"
        context = stream.codec_context
        context.thread_count = THREADS
        context.gop_size = KEY_EVERY
        if not rgb:
            context.colorspace = context.color_primaries = context.color_trc = BT709
        count = 0

        def add(image: Image) -> None:
            nonlocal count
            frame = av.VideoFrame.from_ndarray(
                _sized(image, size, even=not rgb), format="rgba" if image.shape[2] == 4 else "rgb24"
            )
            if rgb:
                frame = frame.reformat(format="rgb24")
            else:
                frame = frame.reformat(format=stream.pix_fmt, dst_colorspace=Colorspace.ITU709)
            frame.pts, frame.time_base = count, 1 / rate
            count += 1
            container.mux(stream.encode(frame))

        yield add
        container.mux(stream.encode())


@contextmanager
def _in_two_passes(path: Path, size: tuple[int, int], fps: float, kind: str) -> Iterator[Add]:
    """Write the frames to a file beside the film, and make the film from it.

    For a GIF the first file is lossless, and one palette is then chosen for all frames. In an MP4 the index, which is
    only known at the end, is moved in front of the frames, so that browsers start to play at once.
    """
    spool = path.with_suffix(".mkv" if kind == ".gif" else ".spool.mp4")
    try:
        with _video(spool, size, fps, _CODECS[spool.suffix]) as add:
            yield add
        with _machine_errors():
            if kind == ".gif":
                _gif_from(spool, path, size, fps)
            else:
                _mp4_from(spool, path)
    finally:
        remove(spool)


def _mp4_from(spool: Path, path: Path) -> None:
    """Remux a film, with its ``moov`` before its ``mdat``."""
    import av

    with av.open(str(spool)) as film, av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        [frames] = film.streams.video
        stream = container.add_stream_from_template(frames)
        late = frames.start_time or 0  # the encoder's delay: the first frame is to be shown at 0
        for packet in film.demux(frames):
            if packet.pts is not None and packet.dts is not None:  # the last one is empty
                packet.pts, packet.dts, packet.stream = packet.pts - late, packet.dts - late, stream
                container.mux(packet)


def _gif_from(spool: Path, path: Path, size: tuple[int, int], fps: float) -> None:
    import av
    import av.error
    import av.filter

    rate = Fraction(fps).limit_denominator(1001)
    chooser = av.filter.Graph()
    with av.open(str(spool)) as film:
        source = chooser.add_buffer(template=film.streams.video[0])
        generator = chooser.add("palettegen", "stats_mode=diff")
        sink = chooser.add("buffersink")
        chooser.link_nodes(source, generator, sink).configure()
        for frame in film.decode(video=0):
            chooser.push(frame)
        chooser.push(None)
        palette = chooser.pull()
    painter = av.filter.Graph()
    with av.open(str(spool)) as film, av.open(str(path), "w") as gif:
        source = painter.add_buffer(template=film.streams.video[0])
        colors = painter.add_buffer(width=16, height=16, format=av.VideoFormat("rgb32"), time_base=1 / rate)
        use = painter.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle")
        sink = painter.add("buffersink")
        source.link_to(use, 0, 0)
        colors.link_to(use, 0, 1)
        use.link_to(sink)
        painter.configure()
        stream = gif.add_stream("gif", rate=rate)
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "pal8"

        def drain() -> None:
            while True:
                try:
                    done = cast("VideoFrame", painter.pull())
                except (av.error.BlockingIOError, av.error.EOFError):
                    return
                gif.mux(stream.encode(done))

        colors.push(palette)
        colors.push(None)
        for frame in film.decode(video=0):
            source.push(frame)
            drain()
        source.push(None)
        drain()
        gif.mux(stream.encode())


@contextmanager
def _folder(path: Path, transparent: bool, dpi: float | None) -> Iterator[Add]:
    """Write ``frame_00000.png`` ... into a folder that appears when it is complete."""
    from PIL import Image as Picture

    if path.is_file():
        raise UserError(f"{path} is a file; a folder of frames needs another name.")
    count, bands = 0, 4 if transparent else 3

    def add(image: Image) -> None:
        nonlocal count
        picture = Picture.fromarray(np.ascontiguousarray(image[..., :bands]))
        file = temporary / f"frame_{count:05d}.png"
        if dpi is None:
            picture.save(file, compress_level=4)
        else:
            picture.save(file, compress_level=4, dpi=(dpi, dpi))
        count += 1

    with written(path) as temporary:
        temporary.mkdir()
        yield add


@contextmanager
def _machine_errors() -> Iterator[None]:
    """Convert the encoder's errors to MachineError; those of the file system are handled by ``written``."""
    import av.error

    try:
        yield
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):  # a full disk, a missing folder: reported with the film's own name
            raise
        raise MachineError(f"The film cannot be encoded: {error}.") from error


def _even(length: int) -> int:
    return length + length % 2


def _sized(image: Image, size: tuple[int, int], even: bool) -> Image:
    """Return a contiguous picture, with an odd last row and column repeated where the codec needs even sizes."""
    width, height = size
    if image.shape[:2] != (height, width):
        raise ValueError(f"a frame of {image.shape[1]}x{image.shape[0]} in a film of {width}x{height}")
    if even and (width % 2 or height % 2):
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
