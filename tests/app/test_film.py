"""Stills and films without a window: the same call gives the same bytes, and a broken film leaves nothing behind."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from lossland.app.film import QUALITY, record, subject_of
from lossland.app.stage import Stage, snapshot
from lossland.app.writers import film_file
from lossland.errors import MachineError, UserError
from lossland.play import session
from lossland.play.player import Player
from lossland.scenery import library
from lossland.scenery.tour import Shot, Tour

SMALL = (256, 144)


def decoded(path: Path) -> np.ndarray:
    """Return a film's frames (n, h, w, 3)."""
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


def rate(path: Path) -> float:
    with av.open(str(path)) as film:
        average = film.streams.video[0].average_rate
        assert average
        return float(average)


def moving_bars(count: int, size: tuple[int, int]) -> list[np.ndarray]:
    """Return frames whose content is known: four colours, moving two pixels a frame."""
    colors = np.array([(27, 36, 71), (254, 104, 62), (235, 216, 176), (69, 200, 247)], np.uint8)
    x = np.arange(size[0])
    rows = [colors[(x + 2 * k) // 32 % 4] for k in range(count)]
    return [np.repeat(row[None], size[1], axis=0) for row in rows]


# ------------------------------------------------------------------------------------------------ stills
def test_a_stage_draws_the_same_picture_again() -> None:
    with Stage("optimizer_race", SMALL) as stage:
        first = stage.render(time=2.0, azimuth=-50.0)
        other = stage.render(time=4.0, azimuth=-50.0)
        turned = stage.render(time=2.0, azimuth=-20.0)
        again = stage.render(time=2.0, azimuth=-50.0)
    assert first.shape == (144, 256, 4)
    assert first.dtype == np.uint8
    assert (first[..., 3] == 255).all()
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).max() > 50
    assert np.abs(first.astype(int) - turned).mean() > 2


def test_two_stages_draw_the_same_picture() -> None:
    np.testing.assert_array_equal(
        snapshot("linear_map_2d", SMALL, time=1.0), snapshot(library.scene("linear_map_2d"), SMALL, time=1.0)
    )


def test_stages_stand_beside_each_other() -> None:
    with Stage("optimizer_race", SMALL) as one, Stage("linear_map_2d", (200, 160), ui=True) as two:
        first = one.render(time=1.0)
        two.render(time=1.0)
        np.testing.assert_array_equal(one.render(time=1.0), first)


def test_a_snapshot_shows_the_end(tmp_path: Path) -> None:
    scene = library.scene("optimizer_race")
    np.testing.assert_array_equal(snapshot(scene, SMALL), snapshot(scene, SMALL, time=scene.clock.seconds))


def test_panels_and_theme_change_the_picture() -> None:
    size = (960, 540)
    plain, panels = snapshot("optimizer_race", size, time=1.0), snapshot("optimizer_race", size, time=1.0, ui=True)
    left = (slice(100, 400), slice(20, 200))
    assert np.abs(plain[left].astype(int) - panels[left]).mean() > 5
    assert snapshot("optimizer_race", size, time=1.0, theme="print").mean() > plain.mean() + 60


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(UserError, match="pixels"):
        Stage("optimizer_race", (20, 20))
    with pytest.raises(UserError, match="with"):
        Stage("optimizer_race", SMALL).render()
    with pytest.raises(UserError, match="pink"):
        Stage("optimizer_race", SMALL, theme="pink")


# ------------------------------------------------------------------------------------------------ film files
@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "frames"])
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    contents = []
    for take in ("one", "two"):
        path = tmp_path / take / name
        with film_file(path, (322, 180), 25) as add:
            for frame in moving_bars(24, (322, 180)):
                add(frame)
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        contents.append([file.read_bytes() for file in files])
        assert sorted(entry.name for entry in path.parent.iterdir()) == [name]
    assert contents[0] == contents[1]


@pytest.mark.parametrize(("name", "off"), [("a.mp4", 2.0), ("a.webm", 4.0), ("a.gif", 1.0)])
def test_a_film_holds_every_frame_in_its_colours(tmp_path: Path, name: str, off: float) -> None:
    path, size = tmp_path / name, (322, 180)
    frames = moving_bars(20, size)
    with film_file(path, size, 25) as add:
        for frame in frames:
            add(frame)
    shown = decoded(path)
    assert shown.shape == (20, 180, 322, 3)
    assert rate(path) == 25
    inside = (np.arange(322) + 16) % 32 < 8  # away from the bars' edges, where colour is stored at half resolution
    for k in (0, 7, 19):
        columns = np.roll(inside, -2 * k)
        error = np.abs(shown[k][:, columns].astype(int) - frames[k][:, columns])
        assert error.mean() < off


def atoms(path: Path) -> list[tuple[str, int]]:
    """Return the name and size of every atom on the top floor of an MP4 file (ISO/IEC 14496-12, 4.2)."""
    data, place, found = path.read_bytes(), 0, []
    while place < len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        assert size >= 8
        found.append((name.decode(), size))
        place += size
    return found


def test_a_browser_can_start_a_film_at_once(tmp_path: Path) -> None:
    """All that a player must know (``moov``) stands before the frames (``mdat``), which are the same as ever."""
    frames = moving_bars(65, (322, 180))
    with film_file(tmp_path / "a.mp4", (322, 180), 30) as add:
        for frame in frames:
            add(frame)
    names = [name for name, _ in atoms(tmp_path / "a.mp4")]
    assert names[0] == "ftyp"
    assert names.count("moov") == names.count("mdat") == 1
    assert names.index("moov") < names.index("mdat")
    assert "moof" not in names
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
    with av.open(str(tmp_path / "a.mp4")) as film:
        [stream] = film.streams.video
        assert (stream.frames, stream.average_rate, film.duration) == (65, 30, round(65e6 / 30))
        times = [frame.time for frame in film.decode(stream)]
    np.testing.assert_allclose(times, np.arange(65) / 30, atol=1e-6)


def test_a_folder_of_frames_is_exact(tmp_path: Path) -> None:
    frames = moving_bars(3, SMALL)
    with film_file(tmp_path / "shots", SMALL, 25) as add:
        for frame in frames:
            add(frame)
    files = sorted((tmp_path / "shots").iterdir())
    assert [file.name for file in files] == ["frame_00000.png", "frame_00001.png", "frame_00002.png"]
    for file, frame in zip(files, frames, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(file)), frame)


def test_odd_sizes_are_filled_up(tmp_path: Path) -> None:
    with film_file(tmp_path / "odd.mp4", (321, 181), 25) as add:
        for frame in moving_bars(3, (321, 181)):
            add(frame)
    assert decoded(tmp_path / "odd.mp4").shape == (3, 182, 322, 3)
    with film_file(tmp_path / "odd.gif", (321, 181), 25) as add:
        for frame in moving_bars(3, (321, 181)):
            add(frame)
    assert decoded(tmp_path / "odd.gif").shape == (3, 181, 321, 3)


def test_names_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()
    (tmp_path / "file").touch()
    for name, error in (("a.avi", UserError), ("full", UserError), ("file", UserError), ("file/a.mp4", MachineError)):
        with pytest.raises(error), film_file(tmp_path / name, SMALL, 25):
            pass
    assert (tmp_path / "full" / "thing").exists()


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "frames"])
def test_an_interrupted_film_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    def interrupted(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    if "." in name:
        (tmp_path / name).write_text("an older film")
    with pytest.raises(KeyboardInterrupt):
        record("linear_map_2d", tmp_path / name, seconds=1.0, fps=10, size=SMALL, progress=interrupted)
    assert [file.name for file in tmp_path.iterdir()] == ([name] if "." in name else [])
    if "." in name:
        assert (tmp_path / name).read_text() == "an older film"


def test_a_killed_film_still_plays(tmp_path: Path) -> None:
    """What a killed process leaves under the temporary name can be watched, up to a second before the end."""
    program = (
        "import sys, numpy as np\n"
        "from lossland.app.writers import film_file\n"
        "with film_file(sys.argv[1], (320, 192), 30) as add:\n"
        "    for k in range(100000):\n"
        "        add(np.full((192, 320, 3), k % 200, np.uint8))\n"
        "        print(k, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "film.mp4")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout as lines:
        written = next(int(line) for line in lines if int(line) >= 150)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "film.mp4").exists()
    [left] = tmp_path.iterdir()
    assert written - len(decoded(left)) < 120
    assert len(decoded(left)) >= 30


# ------------------------------------------------------------------------------------------------ films
def test_a_scene_is_filmed_from_start_to_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = record(
        "optimizer_race",
        tmp_path / "race",
        seconds=0.5,
        fps=10,
        size=SMALL,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(k, 5) for k in range(1, 6)]
    frames = [np.asarray(Image.open(file)) for file in sorted(path.iterdir())]
    whole = library.scene("optimizer_race").clock.seconds
    with Stage("optimizer_race", SMALL) as stage:
        for number in (0, 4):
            still = stage.render(time=whole * number / 4)[..., :3]
            assert np.abs(still.astype(int) - frames[number]).mean() < 1.0  # a film's mesh is a little coarser


def test_an_orbit_turns_and_the_same_command_gives_the_same_frames(tmp_path: Path) -> None:
    films = []
    for name in ("one", "two"):
        path = record("optimizer_race", tmp_path / name, seconds=0.3, fps=10, size=SMALL, orbit=True, ui=True)
        films.append([file.read_bytes() for file in sorted(path.iterdir())])
    assert films[0] == films[1]
    assert len(set(films[0])) == 3


def test_a_tour_changes_its_scene_and_shows_captions(tmp_path: Path) -> None:
    shots = (
        Shot("linear_map_2d", 0.2, preset="shear", title="A shear"),
        Shot("optimizer_race", 0.2, azimuth=(-80.0, -40.0), keys={"start": ((0.0, (0.0, -4.0)), (0.2, (0.0, 4.0)))}),
    )
    path = record(Tour("test", "Test", shots), tmp_path / "tour", fps=10, size=(480, 270))
    frames = [np.asarray(Image.open(file), int) for file in sorted(path.iterdir())]
    assert len(frames) == 4
    assert np.abs(frames[1] - frames[2]).mean() > 5
    assert np.abs(frames[2] - frames[3]).mean() > 2
    with Stage(library.scene("linear_map_2d", "shear"), (480, 270)) as stage:
        plain = stage.render(time=0.0)[..., :3]
    caption = np.abs(plain - frames[0])[-60:, 120:360].max(-1) > 60
    assert caption.sum() > 60


def test_shots_go_over_into_each_other(tmp_path: Path) -> None:
    """In the middle of a fade every pixel is half of the one shot and half of the other."""
    shots = (Shot("linear_map_2d", 1.0, preset="shear"), Shot("linear_map_2d", 1.0, preset="rotation", play=(1.0, 2.0)))
    tour = Tour("test", "Test", shots, fade=0.5)
    assert tour.seconds == 1.5
    assert [(seen.shot, seen.since, seen.share) for seen in tour.at(0.25)] == [(shots[0], 0.25, 1.0)]
    assert [(seen.shot, seen.since, seen.share) for seen in tour.at(1.2)] == [(shots[1], 0.7, 1.0)]
    assert [(seen.shot, seen.since, seen.share) for seen in tour.at(0.75)] == [
        (shots[0], 0.75, 1.0), (shots[1], 0.25, 0.5),
    ]  # fmt: skip
    # 31 frames in 1.5 seconds: frame 15 is the one at 0.75 seconds
    path = record(tour, tmp_path / "tour", fps=62 / 3, size=SMALL)
    frames = [np.asarray(Image.open(file), float) for file in sorted(path.iterdir())]
    assert len(frames) == 31
    first = snapshot(library.scene("linear_map_2d", "shear"), SMALL, time=0.75)[..., :3]
    second = snapshot(library.scene("linear_map_2d", "rotation"), SMALL, time=1.25)[..., :3]
    assert np.abs(first.astype(float) - second).mean() > 2
    assert np.abs(frames[15] - (first.astype(float) + second) / 2).mean() < 0.5


def test_captions_come_and_go_between_the_fades() -> None:
    tour = library.tour("demo")
    times = np.arange(0.0, tour.seconds, 0.01)
    for time in times:
        seen = tour.at(float(time))
        if len(seen) == 2:
            assert [one.caption for one in seen] == [0.0, 0.0]
    come = [tour.at(float(time))[0].caption for time in np.linspace(0.0, 0.7, 20)]
    end = tour.shots[0].seconds - tour.fade
    go = [tour.at(float(time))[0].caption for time in np.linspace(end - 0.4, end, 20)]
    for shown in (come, go[::-1]):
        assert shown == sorted(shown)
        np.testing.assert_allclose([shown[0], shown[-1]], [0.0, 1.0], atol=1e-9)
    assert tour.at(tour.seconds)[-1].caption == 1.0  # the last one stays


def test_the_demo_is_short_and_every_second_of_it_shows_something() -> None:
    tour = library.tour("demo")
    assert len({shot.scene for shot in tour.shots}) == 4
    assert tour.seconds <= 30
    assert all(shot.title and shot.text for shot in tour.shots)
    for shot in tour.shots:  # the camera starts and ends at rest
        for name, (first, last) in (("azimuth", shot.azimuth or (0, 0)), ("elevation", shot.elevation or (0, 0))):
            moved = [shot.camera(part * shot.seconds)[name] - first for part in (0.01, 0.5, 0.99)]
            total = last - first
            np.testing.assert_allclose(moved, np.array((0.000298, 0.5, 0.999702)) * total, atol=1e-12)


def test_a_session_is_filmed_as_it_was(tmp_path: Path) -> None:
    player = Player(library.scene("optimizer_race"), SMALL)
    player.play()
    for tick in range(30):
        if tick == 15:
            player.set_landscape("x^2 + y^2")
        player.next_tick()
    file = tmp_path / "mine.lossland"
    session.save(session.of(player), file)
    path = record(file, tmp_path / "film", fps=10)
    frames = [np.asarray(Image.open(one), int) for one in sorted(path.iterdir())]
    assert len(frames) == 5
    assert frames[0].shape == (144, 256, 3)
    assert np.abs(frames[2] - frames[3]).mean() > 5
    again = record(session.load(file), tmp_path / "again", fps=10, seconds=0.2)
    assert len(list(again.iterdir())) == 2
    with Stage("linear_map_2d", SMALL) as stage:
        replayed = session.begun(session.load(file))
        stage.prepare(replayed)
        session.forward(replayed, 24)
        still = stage.image(replayed, QUALITY)[..., :3]
    np.testing.assert_array_equal(still, frames[4])
    later = record(file, tmp_path / "later", fps=10, start=0.2)
    for one, same in zip(sorted(later.iterdir()), sorted(path.iterdir())[2:], strict=True):
        assert one.read_bytes() == same.read_bytes()


def test_a_session_is_filmed_in_the_colours_that_were_seen_unless_others_are_asked_for(tmp_path: Path) -> None:
    player = Player(library.scene("linear_map_2d"), SMALL)
    for tick in range(30):
        if tick == 15:
            player.set_theme("print")
        player.next_tick()

    def corners(**options: Any) -> list[bool]:
        path = record(session.of(player), tmp_path / f"film{len(options)}", fps=4, **options)
        return [np.asarray(Image.open(one))[-1, -1].mean() > 200 for one in sorted(path.iterdir())]

    assert corners() == [False, True]
    assert corners(theme="dark") == [False, False]


def test_a_picture_of_a_session_is_what_was_seen(tmp_path: Path) -> None:
    player = Player(library.scene("optimizer_race"), SMALL)
    player.play()
    for tick in range(30):
        if tick == 10:
            player.orbit(30, 5)
        player.next_tick()
    file = tmp_path / "mine.lossland"
    session.save(session.of(player), file)
    with Stage("linear_map_2d", SMALL) as stage:
        replayed = session.begun(session.of(player))
        stage.prepare(replayed)
        session.forward(replayed, 30)
        seen = stage.image(replayed)
    np.testing.assert_array_equal(snapshot(str(file), SMALL), seen)
    earlier = snapshot(session.load(file), SMALL, time=0.2)
    assert np.abs(earlier.astype(int) - seen).mean() > 2


def test_a_gif_has_at_most_fifty_frames_a_second(tmp_path: Path) -> None:
    path = record("linear_map_2d", tmp_path / "a.gif", seconds=0.2, fps=60, size=SMALL)
    assert rate(path) == 50
    assert len(decoded(path)) == 10


@pytest.mark.parametrize("wrong", [{"fps": 0}, {"fps": 1e4}, {"seconds": 0}, {"seconds": 1e9}, {"size": (10, 10)}])
def test_films_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        record("optimizer_race", tmp_path / "a.mp4", **wrong)
    assert not any(tmp_path.iterdir())


def test_subjects_by_name() -> None:
    assert isinstance(subject_of("demo"), Tour)
    assert subject_of("rosenbrock").values["landscape"] == "rosenbrock"  # type: ignore[union-attr]
    with pytest.raises(UserError):
        subject_of("none.lossland")


def test_a_new_process_draws_a_still() -> None:
    """Start-up with everything: imports, context, fonts, shaders, one race, one picture."""
    program = "import lossland as ll; print(ll.snapshot('optimizer_race', size=(640, 360), time=1.0).shape)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "(360, 640, 4)" in done.stdout


def test_a_theme_can_change_while_it_runs() -> None:
    from lossland.world.theme import theme

    with (
        Stage("optimizer_race", (640, 360), ui=True) as changed,
        Stage("optimizer_race", (640, 360), "print", True) as new,
    ):
        changed.render(time=1.0)
        assert changed._picture
        changed._picture.set_theme(theme("print"))
        difference = np.abs(changed.render().astype(int) - new.render(time=1.0))
        assert difference.mean() < 0.5
