"""Streams that are closed, full or foreign: the work is done, the exit code says whether its result arrived."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from commands import ENVIRONMENT, LOSSLAND, Ended, run
from PIL import Image

from lossland.cli import main

RUN = ["run", "sphere", "--steps", "3"]
PICTURE = ["shot", "linear_map_2d", "--size", "64x64", "-o", "a.png"]
LOST = "lossland: The output cannot be written: "


@pytest.mark.parametrize("words", [RUN, [*RUN, "--json"], ["landscapes", "--json"], ["--version"], ["run", "--help"]])
@pytest.mark.parametrize(("shell", "why"), [(">&-", "standard output is closed"), (">/dev/full", "No space left")])
def test_a_result_that_cannot_be_printed_ends_with_1(tmp_path: Path, words: list[str], shell: str, why: str) -> None:
    end = run(*words, cwd=tmp_path, shell=shell)
    assert end.code == 1
    assert end.err.startswith(LOST + why)
    end.check_sentence()


@pytest.mark.parametrize("shell", [">&-", ">/dev/full", "<&- >&- 2>&-", "2>&-", "2>/dev/full", "<&-"])
def test_a_file_is_written_whatever_the_streams_are(tmp_path: Path, shell: str) -> None:
    end = run(*RUN, "-o", "b.csv", cwd=tmp_path, shell=shell)
    assert (end.code, end.err) == (0, "")
    assert len((tmp_path / "b.csv").read_text().splitlines()) == 5


def test_a_picture_is_drawn_without_any_stream(tmp_path: Path) -> None:
    assert run(*PICTURE, cwd=tmp_path, shell="<&- >&- 2>&-").code == 0
    with Image.open(tmp_path / "a.png") as picture:  # nothing that was meant for a stream is in the file
        assert picture.size == (64, 64)


def test_a_json_document_of_a_file_is_a_result(tmp_path: Path) -> None:
    end = run(*RUN, "-o", "a.csv", "--json", cwd=tmp_path, shell=">/dev/full")
    assert (end.code, (tmp_path / "a.csv").exists()) == (1, True)
    assert end.err.startswith(LOST)


@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full"])
def test_without_stderr_sentences_are_lost_but_not_exit_codes(tmp_path: Path, shell: str) -> None:
    assert run("run", "spere", cwd=tmp_path, shell=shell) == (2, "", "")
    assert run("run", "sphere", "-o", "/proc/none/a.csv", cwd=tmp_path, shell=shell) == (1, "", "")
    end = run("swarm", "sphere", "--count", "10", "--steps", "3", "--json", cwd=tmp_path, shell=shell)
    assert (end.code, end.json["count"]) == (0, 10)


def test_a_pipe_that_does_not_wait_gets_everything(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    words = ["run", "sphere", "--steps", "20000", "--json"]
    process = subprocess.Popen([*LOSSLAND, *words], stdout=write, cwd=tmp_path, env=ENVIRONMENT)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert len(json.load(pipe)["points"]) == 20_001
    assert process.wait() == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
def test_foreign_encodings(tmp_path: Path, encoding: str) -> None:
    environment = {"PYTHONIOENCODING": encoding}
    assert run("landscapes", cwd=tmp_path, env=environment).code == 0
    end = run("run", "sphèrΩ", cwd=tmp_path, env=environment)
    assert end.code == 2


def test_a_terminal_without_our_letters_shows_progress_in_ascii(tmp_path: Path) -> None:
    words = [*LOSSLAND, "swarm", "sphere", "--count", "1000", "--steps", "9"]
    shown = subprocess.run(
        ["script", "-qec", " ".join(words), "/dev/null"],
        cwd=tmp_path,
        env=ENVIRONMENT | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    ).stdout
    assert b"####" in shown
    assert b"\\u" not in shown
    assert shown.isascii()


# ------------------------------------------------------------------------------------------------ stdout is ours


def check_one_document(end: Ended) -> None:
    assert end.code == 0, end.err
    assert len(end.out.splitlines()) == 1
    assert isinstance(end.json, dict)


def test_a_stale_display_leaves_json_alone(tmp_path: Path) -> None:
    """VisPy asks the display how dense it is, by programs that complain on stdout."""
    check_one_document(run(*PICTURE, "--ui", "--json", cwd=tmp_path, env={"DISPLAY": ":77"}))
    words = ["record", "linear_map_2d", "--size", "64x64", "--seconds", "0.1", "-o", "a.gif", "--json"]
    check_one_document(run(*words, cwd=tmp_path, env={"DISPLAY": "localhost:77.0", "WAYLAND_DISPLAY": "none"}))


def test_children_of_libraries_leave_json_alone(tmp_path: Path) -> None:
    """Whatever VisPy asks for its dots an inch: these programs say more than they should."""
    for name in ("xdpyinfo", "xrandr", "fc-list", "ldconfig"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho noise\necho noise >&2\n")
        program.chmod(0o755)
    environment = {"DISPLAY": ":77", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    check_one_document(run(*PICTURE, "--json", cwd=tmp_path, env=environment))


SCENE = """
import os
import lossland as ll

print("noise of the file")

class Noisy(ll.Scene):
    def frame(self, time):
        print("noise of a frame")
        os.system("echo noise of a child")
        os.write(1, b"noise of a library")
        return ll.Frame([])
"""


def test_a_scene_that_prints_leaves_json_alone(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(SCENE)
    end = run("shot", "noisy.py", "--size", "64x64", "-o", "a.png", "--json", cwd=tmp_path)
    check_one_document(end)
    assert {"noise of the file", "noise of a frame", "noise of a child"} <= set(end.err.splitlines())
    end = run("shot", "noisy.py", "--size", "64x64", "-o", "a.png", cwd=tmp_path)
    assert "noise of a frame" in end.out.splitlines()  # who asks for no document sees what his file prints


# ------------------------------------------------------------------------------------------------ surroundings


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()

    def gone(*words: str) -> Ended:
        folder = tmp_path / "gone"
        folder.mkdir()
        command = ["bash", "-c", 'rmdir "$PWD"; "$@"', "bash", *LOSSLAND, *words]
        end = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        return Ended(end.returncode, end.stdout, end.stderr)

    assert gone(*RUN).code == 0
    assert gone(*PICTURE[:-1], str(target / "a.png"), "--ui").code == 0
    assert [path.name for path in target.iterdir()] == ["a.png"]
    end = gone(*PICTURE)
    assert (end.code, end.out) == (2, "")
    assert "working folder is gone" in end.err
    end.check_sentence()


@pytest.mark.parametrize("words", [PICTURE, [*RUN, "-o", "a.csv"], ["record", "sphere", "-o", "a.gif"]])
def test_a_working_folder_that_cannot_be_written_to(words: list[str]) -> None:
    end = run(*words, cwd=Path("/proc"))
    assert (end.code, end.out) == (1, "")
    assert end.err.startswith(f"lossland: {words[-1]} cannot be written: ")
    end.check_sentence()


@pytest.mark.parametrize("home", ["", "/proc"])
def test_any_home_will_do(tmp_path: Path, home: str) -> None:
    end = run(*PICTURE, "--json", cwd=tmp_path, env={"HOME": home, "XDG_CACHE_HOME": home})
    check_one_document(end)


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"n\xff\xe9")
    end = run("shot", "linear_map_2d", "--size", "64x64", "--json", "-o", f"{name}.png", cwd=tmp_path)
    assert end.json["file"] == f"{name}.png"
    for ending in (".mp4", ""):
        words = ["record", "linear_map_2d", "--size", "64x64", "--seconds", "0.1", "-o", f"{name}{ending}"]
        assert run(*words, cwd=tmp_path).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"{name}.mp4", f"{name}.png"]
    run("eval", name, "--at", "1,2", cwd=tmp_path).check_sentence()
    run("record", f"{name}.lossland", "-o", "a.mp4", cwd=tmp_path).check_sentence()


def test_a_name_as_long_as_the_system_allows(tmp_path: Path) -> None:
    name = "n" * 251 + ".csv"
    assert run(*RUN, "-o", name, cwd=tmp_path).code == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert run(*RUN, "-o", f"n{name}", cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    "words",
    [
        ["explore"], ["shot", "-o", "a.png"], ["eval", "--at", "1,2"], ["run"], ["swarm"], ["basins"], ["readouts"],
        ["record", "-o", "a.mp4"],
    ],
)  # fmt: skip
def test_files_given_to_the_wrong_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {
        "a.npz": "a file of arrays", "a.h5": "an HDF5 file", "b.lossland": "a session", "c.PNG": "a picture",
        "c.jpg": "a picture", "d.mp4": "a film", "e.csv": "a table", "f.py": "a Python file", "g.txt": "a text",
        "dir/h.xyz": "a file that ends in .xyz", "run 1.x2": "a file that ends in .x2",
    }  # fmt: skip
    scenes = words[0] in ("explore", "shot", "readouts", "record")  # of sessions and of recorded runs, too
    taken = (".npz", ".h5", ".py", *([".lossland", ".csv"] if scenes else []))
    for name, kind in kinds.items():
        assert main([*words, name]) == 2
        told = capsys.readouterr().err
        assert (f"{name!r} is named like {kind}" in told) == (not name.endswith(taken)), told


def test_points_of_formulas_are_no_endings() -> None:
    from lossland.files import kind_of

    for formula in (".5", "x^2 + .5", "2.5*x", "1e-3*x + 2.", "2.*x", "x*2.*pi", "rosenbrock", "(x.5"):
        assert kind_of(formula) == ""
    for name in ("x.y", "a/b.c", "../q.pkl", "C:\\a.dat", "my session.lossland", "s.LOSSLAND"):
        assert kind_of(name)


def test_files_are_told_from_formulas_in_python_too() -> None:
    import lossland as ll

    for name, kind in (("grid.txt", "a text"), ("grid.xyz", "a file that ends in .xyz"), ("grid.png", "a picture")):
        with pytest.raises(ll.UserError, match=f"named like {kind}"):
            ll.landscape(name)
        with pytest.raises(ll.UserError, match=f"named like {kind}"):
            ll.scene(name)


def test_a_session_is_drawn_and_read_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lossland.play import session
    from lossland.play.player import Player
    from lossland.scenery import library

    def here(*words: str) -> Ended:
        code = main(list(words))
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    monkeypatch.chdir(tmp_path)
    player = Player(library.scene("linear_map_2d", "shear"), (320, 180))
    for tick in range(60):
        if tick == 30:
            player.use_preset("rotation")
        player.next_tick()
    session.save(session.of(player, "print"), tmp_path / "s.lossland")
    end = here("shot", "s.lossland", "-o", "a.png", "--json")
    assert end.json == {"scene": "linear_map_2d", "time": 1.0, "size": [320, 180], "file": "a.png"}
    readouts = ["readouts", "s.lossland", "--json"]
    assert here(*readouts).json["matrix"] == [[0, -1], [1, 0]]
    assert here(*readouts, "--time", "0.4").json["matrix"] == [[1, 1], [0, 1]]
    end = here("record", "s.lossland", "--seconds", "1", "--fps", "10", "--json", "-o", "frames")
    assert end.json["frames"] == len(list((tmp_path / "frames").iterdir())) == 10
    assert here("shot", "s.lossland", "--set", "path=straight", "-o", "b.png").code == 2
    assert here("record", "sphere", "--trim", "-o", "b.mp4").code == 2
