"""The command line: what it prints, which exit code it gives, and what it refuses."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lossland.cli import COMMANDS, main, memory
from lossland.cli.parsing import protect
from lossland.cli.progress import Progress

LOSSLAND = [sys.executable, "-m", "lossland"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}  # found from any folder


class Ran:
    """What one command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


@pytest.fixture
def lossland(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Ran:
        code = main(words)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


# ------------------------------------------------------------------------------------------------ help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    out = capsys.readouterr().out
    assert stopped.value.code == 0
    assert f"lossland {command}" in out
    assert "examples:" in out


def test_help_names_every_command(lossland) -> None:
    ran = lossland("--help")
    assert ran.code == 0
    for command, summary in COMMANDS.items():
        assert command in ran.out
        assert summary in ran.out


def test_version(lossland) -> None:
    from lossland import __version__

    assert lossland("--version").out.strip() == f"lossland {__version__}"


@pytest.mark.parametrize("words", [["--help"], ["eval", "--help"], ["record", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys, lossland.cli\n"
        f"try: lossland.cli.main({words!r})\n"
        "except SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'numpy', 'vispy', 'av', 'imgui_bundle'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


# ------------------------------------------------------------------------------------------------ wrong input

WRONG = {
    "no such command": (["exploer"], "Did you mean 'explore'?"),
    "two letters swapped": (["run", "sphere", "--optimizer", "adma"], "Did you mean 'adam'?"),
    "two of three letters swapped": (["run", "sphere", "--optimizer", "sdg"], "Did you mean 'sgd'?"),
    "a landscape for a command": (["himmelblau"], "`lossland explore himmelblau`"),
    "nothing like a command": (["qqqq"], "lossland --help"),
    "no landscape": (["eval"], "LANDSCAPE"),
    "misspelt option": (["run", "sphere", "--optmizer", "adam"], "--optimizer"),
    "one word too many": (["run", "sphere", "booth"], "'booth'"),
    "misspelt landscape": (["run", "rosenbrok"], "rosenbrock"),
    "misspelt optimizer": (["run", "sphere", "--optimizer", "adm"], "adam"),
    "misspelt setting": (["run", "sphere", "--optimizer", "adam:rate=1"], "adam"),
    "setting that is no number": (["run", "sphere", "--optimizer", "adam:lr=fast"], "lr"),
    "start that is no point": (["run", "sphere", "--start", "1;2"], "--start"),
    "start of one number": (["run", "sphere", "--start", "1"], "--start"),
    "infinite start": (["run", "sphere", "--start", "inf,0"], "--start"),
    "negative steps": (["run", "sphere", "--steps", "-1"], "--steps"),
    "broken steps": (["run", "sphere", "--steps", "1.5"], "--steps"),
    "negative seed": (["run", "sphere", "--seed", "-1"], "--seed"),
    "no such backend": (["run", "sphere", "--backend", "tpu"], "cuda"),
    "unknown ending of a path": (["run", "sphere", "-o", "path.xlsx"], ".csv or .npz"),
    "unknown ending of a grid": (["eval", "sphere", "-o", "grid.np"], ".npz"),
    "no ending": (["swarm", "sphere", "-o", "ends"], "no ending"),
    "eval of nothing": (["eval", "sphere"], "--at"),
    "eval of two things": (["eval", "sphere", "--at", "0,0", "-o", "grid.npz"], "--at"),
    "domain upside down": (["eval", "sphere", "--domain", "1,-1,0,1", "-o", "g.npz"], "x0 < x1"),
    "too many points": (["eval", "sphere", "-n", "1000000", "-o", "g.npz"], "TB"),
    "too many particles": (["swarm", "sphere", "--count", "1e12"], "TB"),
    "too many steps": (["run", "sphere", "--steps", "1e9"], "GB"),
    "no particles": (["swarm", "sphere", "--count", "0"], "--count"),
    "formula with a fault": (["eval", "x + ", "--at", "0,0"], "x +"),
    "formula of a stranger": (["eval", "__import__('os')", "--at", "0,0"], ""),
    "no such scene": (["readouts", "linear_map2d"], "linear_map_2d"),
    "no such preset": (["readouts", "linear_map_2d", "--preset", "sheer"], "shear"),
    "no such parameter": (["readouts", "linear_map_2d", "--set", "matrx=1,0;0,1"], "matrix"),
    "parameter named like an argument": (["readouts", "linear_map_2d", "--set", "seed=1"], "--seed"),
    "setting without a value": (["readouts", "linear_map_2d", "--set", "matrix"], "name=value"),
    "picture of no size": (["shot", "linear_map_2d", "-o", "a.png", "--size", "1280"], "WIDTHxHEIGHT"),
    "picture too large": (["shot", "linear_map_2d", "-o", "a.png", "--size", "99999x99999"], "8192x8192"),
    "picture of unknown format": (["shot", "linear_map_2d", "-o", "a.pgn"], ".png"),
    "film of unknown format": (["record", "linear_map_2d", "-o", "a.mpg"], ".mp4"),
    "film of no time": (["record", "linear_map_2d", "-o", "a.mp4", "--seconds", "0"], "--seconds"),
    "film of a tour with settings": (["record", "demo", "-o", "a.mp4", "--set", "rate=1"], "--set"),
    "film of a broken session": (["record", "nothing.lossland", "-o", "a.mp4"], "nothing.lossland"),
    "session of unknown ending": (["explore", "sphere", "--save", "s.json"], ".lossland"),
    "film of no scene": (["record", "linear_mop_2d", "-o", "a.mp4"], "linear_map_2d"),
}


@pytest.mark.parametrize(("words", "hint"), WRONG.values(), ids=WRONG)
def test_wrong_input_ends_with_2_and_a_sentence(lossland, words: list[str], hint: str, tmp_path: Path) -> None:
    ran = lossland(*words)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("lossland: ")
    assert hint in ran.err
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_where(lossland) -> None:
    for words in (["--debug", "run", "rosenbrok"], ["run", "rosenbrok", "--debug"]):
        ran = lossland(*words)
        assert ran.code == 2
        assert "Traceback" in ran.err


def test_a_file_that_cannot_be_written_ends_with_1(lossland, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    ran = lossland("run", "sphere", "--steps", "1", "-o", "file/path.csv")
    assert ran.code == 1
    assert "path.csv" in ran.err


def test_a_folder_is_not_overwritten_by_a_file(lossland, tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    ran = lossland("swarm", "sphere", "--count", "4", "--steps", "1", "-o", "folder.npz")
    assert ran.code == 2
    assert "folder.npz" in ran.err


def test_a_fault_of_lossland_is_said_to_be_one(lossland, monkeypatch: pytest.MonkeyPatch) -> None:
    import lossland.cli.scenes as scenes

    monkeypatch.setattr("lossland.errors.USER_FILES", set())  # other tests of this process opened some

    monkeypatch.setattr(scenes, "run", lambda arguments: 1 / 0)
    ran = lossland("scenes")
    assert ran.code == 1
    assert "ZeroDivisionError" in ran.err
    assert "Traceback" not in ran.err


def test_a_minus_in_front_is_a_value_not_an_option() -> None:
    options = ["-h", "--help", "-n", "-o", "--start"]
    words = ["-x^2", "-n", "5", "-n5", "--start", "-1.2,1", "-o", "a", "--start=-1,0", "--strat", "-.5", "-e^x"]
    shielded = [" -x^2", "-n", "5", "-n5", "--start", " -1.2,1", "-o", "a", "--start=-1,0", "--strat", " -.5", " -e^x"]
    assert protect(words, options) == shielded
    assert protect(["-x", "--", "-y"], options) == [" -x", "--", "-y"]


# ------------------------------------------------------------------------------------------------ listings


def test_landscapes_as_json(lossland) -> None:
    listed = lossland("landscapes", "--json").json
    by_name = {one["name"]: one for one in listed}
    assert len(listed) >= 30
    assert len(by_name) == len(listed)
    for one in listed:
        assert set(one) == {"name", "title", "formula", "latex", "domain", "minima", "source"}
    valley = by_name["rosenbrock"]
    assert [(m["x"], m["y"]) for m in valley["minima"]] == [(1, 1)]
    assert valley["minima"][0]["value"] == 0
    (x0, x1), (y0, y1) = valley["domain"]
    assert x0 < 1 < x1
    assert y0 < 1 < y1


def test_optimizers_as_json(lossland) -> None:
    listed = lossland("optimizers", "--json").json
    by_name = {one["name"]: one for one in listed}
    assert len(by_name) >= 17
    for one in listed:
        assert set(one) == {"name", "title", "family", "gradients", "params", "equations", "source"}
        assert one["equations"]
    assert set(by_name["adam"]["params"]) == {"lr", "beta1", "beta2", "eps"}
    assert by_name["adam"]["params"]["beta2"] == 0.999


def test_scenes_as_json(lossland) -> None:
    listed = lossland("scenes", "--json").json
    names = {one["name"] for one in listed}
    assert names >= {
        "gradient_descent", "landscape_zoo", "optimizer_race", "optimizer_swarm", "linear_map_2d", "gradient_3d",
    }  # fmt: skip
    for one in listed:
        assert set(one) == {"name", "title", "chapter", "params", "presets", "rows"}
        for param in one["params"]:
            assert set(param) == {"name", "default", "min", "max"}


@pytest.mark.parametrize("command", ["scenes", "landscapes", "optimizers"])
def test_listings_for_people(lossland, command: str) -> None:
    ran = lossland(command)
    assert ran.code == 0
    assert ran.out.startswith("name")
    assert len(ran.out.splitlines()) > 6


@pytest.mark.parametrize("words", [["landscapes"], ["landscapes", "--json"], ["scenes"], ["doctor"]])
def test_a_terminal_without_our_letters_gets_the_rest(words: list[str]) -> None:
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run([*LOSSLAND, *words], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.isascii()


def test_a_reader_that_stops_early_is_no_error() -> None:
    lines = f"{' '.join(LOSSLAND)} landscapes --json | head -c 10; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1].endswith("0")
    assert ran.stderr == ""


# ------------------------------------------------------------------------------------------------ numbers


def rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def test_eval_at_a_point(lossland) -> None:
    found = lossland("eval", "rosenbrock", "--at", "-1.2,1", "--json").json
    assert found["value"] == pytest.approx(24.2, rel=1e-14)
    assert found["gradient"] == pytest.approx([-215.6, -88], rel=1e-14)
    assert found["hessian"] == pytest.approx([1330, 480, 200], rel=1e-14)


def test_eval_of_a_formula_that_begins_with_a_minus(lossland) -> None:
    for words in (["--at", "-2,3"], ["--at=-2,3"]):
        found = lossland("eval", "-x^2 + y", *words, "--json").json
        assert found == {"value": -1, "gradient": [4, 1], "hessian": [-2, 0, 0]}
    assert lossland("eval", "--json", "--at", "1,2", "--", "--x").json["value"] == 1


def test_eval_spells_what_is_not_finite(lossland) -> None:
    assert lossland("eval", "1/x", "--at", "0,0", "--json").json["value"] == "inf"
    assert lossland("eval", "log(x)", "--at", "0,0", "--json").json["value"] == "-inf"
    assert lossland("eval", "log(x)", "--at", "-1,0", "--json").json["value"] == "nan"


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_eval_writes_a_grid(lossland, tmp_path: Path, dtype: str, tolerance: float) -> None:
    words = ["-n", "33", "--domain", "-2,2,-1,3", "--dtype", dtype, "--derivatives", "-o", "deep/er/g.npz"]
    ran = lossland("eval", "rosenbrock", *words, "--json")
    assert ran.json["file"] == "deep/er/g.npz"
    with np.load(tmp_path / "deep/er/g.npz", allow_pickle=False) as grid:
        assert set(grid) == {"x", "y", "value", "gradient", "hessian"}
        x, y = grid["x"], grid["y"]
        assert (x[0], x[-1], y[0], y[-1]) == (-2, 2, -1, 3)
        assert grid["value"].dtype == dtype
        assert grid["gradient"].shape == (33, 33, 2)
        assert grid["hessian"].shape == (33, 33, 3)
        wanted = rosenbrock(x[None, :].astype(float), y[:, None].astype(float))
        np.testing.assert_allclose(grid["value"], wanted, rtol=tolerance, atol=tolerance * 100)
        across = -2 * (1 - x[None, :]) - 400 * x[None, :] * (y[:, None] - x[None, :] ** 2)
        np.testing.assert_allclose(grid["gradient"][..., 0], across, rtol=tolerance, atol=tolerance * 1e4)
    assert ran.json["min"] == pytest.approx(float(wanted.min()), abs=tolerance * 100)
    assert [file.name for file in (tmp_path / "deep/er").iterdir()] == ["g.npz"]


def test_the_same_grid_gives_the_same_bytes(lossland, tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        assert lossland("eval", "ackley", "-n", "16", "-o", name).code == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_run_as_json(lossland) -> None:
    words = ["--optimizer", "gradient_descent:lr=0.1", "--start", "-3,4", "--steps", "5"]
    found = lossland("run", "x^2 + y^2", *words, "--json").json
    points = [[-3 * 0.8**k, 4 * 0.8**k] for k in range(6)]
    assert set(found) == {"optimizer", "landscape", "points", "values", "diverged", "diverged_at"}
    assert found["landscape"] == "x^2 + y^2"
    assert (found["diverged"], found["diverged_at"]) == (False, None)
    np.testing.assert_allclose(found["points"], points, rtol=1e-14)
    np.testing.assert_allclose(found["values"], [25 * 0.64**k for k in range(6)], rtol=1e-13)


def test_a_run_that_diverges_says_so_and_when(lossland) -> None:
    # Each step on x^2 with the rate 1.5 doubles the distance: 2^k is beyond 1000 domain sizes of 8 from 2^13 on.
    words = ["run", "x^2 + y^2", "--optimizer", "gradient_descent:lr=1.5", "--start", "1,0", "--steps", "20"]
    found = lossland(*words, "--json").json
    assert (found["diverged"], found["diverged_at"]) == (True, 13)
    assert "diverged: at step 13" in lossland(*words).out
    assert "diverged: at step 13" in lossland(*words, "-o", "t.csv").out
    found = lossland("run", "log(x)", "--start", "0.5,0", "--optimizer", "gradient_descent:lr=1", "--json").json
    assert (found["diverged"], found["diverged_at"]) == (True, 2)  # 0.5 -> -1.5, where there is no logarithm


def test_a_start_off_the_map_is_told(lossland) -> None:
    ran = lossland("run", "himmelblau", "--start", "30,3", "--steps", "1")
    assert ran.code == 0
    assert "outside the map" in ran.err
    assert lossland("run", "himmelblau", "--start", "3,3", "--steps", "1").err == ""
    for scene, name in (("himmelblau", "start"), ("landscape_zoo", "ball"), ("gradient_3d", "walker")):
        ran = lossland("readouts", scene, "--set", f"{name}=600,3")
        assert ran.code == 2
        assert "outside the map" in ran.err


def test_a_readout_near_zero_has_no_minus_sign(lossland) -> None:
    said = lossland("readouts", "linear_map_2d", "--preset", "shear").out
    assert "[[1. 1.]  [0. 1.]]" in said
    assert "-0." not in said


def test_a_time_past_the_end_is_told(lossland) -> None:
    ran = lossland("readouts", "gradient_descent", "--time", "99", "--json")
    assert ran.json["step"] == 50
    assert "past the end" in ran.err
    assert lossland("readouts", "gradient_descent", "--time", "3", "--json").err == ""


def test_run_into_files(lossland, tmp_path: Path) -> None:
    words = ["run", "himmelblau", "--optimizer", "adam:lr=0.1", "--start=-1,2", "--steps", "7"]
    wanted = lossland(*words, "--json").json
    assert lossland(*words, "-o", "t.csv").code == 0
    assert lossland(*words, "-o", "t.npz").code == 0
    heading, *rows = (tmp_path / "t.csv").read_text().splitlines()
    assert heading == "step,x,y,value"
    table = [[float(cell) for cell in row.split(",")] for row in rows]
    assert [[x, y] for _, x, y, _ in table] == wanted["points"]
    assert [value for *_, value in table] == wanted["values"]
    with np.load(tmp_path / "t.npz", allow_pickle=False) as path:
        assert path["points"].tolist() == wanted["points"]
        assert path["values"].tolist() == wanted["values"]


def test_run_of_no_steps_is_the_start(lossland) -> None:
    found = lossland("run", "sphere", "--start", "1,2", "--steps", "0", "--json").json
    assert found["points"] == [[1, 2]]


def test_run_that_diverges_is_still_json(lossland) -> None:
    words = ["--optimizer", "gradient_descent:lr=10", "--start", "1,1", "--steps", "600", "--json"]
    ran = lossland("run", "x^4 + y^4", *words)
    assert ran.code == 0
    assert ran.err == ""
    assert isinstance(ran.json["values"][-1], str)


def test_a_swarm_in_many_dimensions(lossland, tmp_path: Path) -> None:
    words = ["swarm", "bbob:1:2", "--dimension", "7", "--optimizer", "gradient_descent:lr=0.1", "--count", "50"]
    found = lossland(*words, "--json", "-o", "s.npz").json
    (minimum,) = found["minima"]
    assert len(minimum["position"]) == 7
    assert (found["converged"], found["diverged"]) == (50, 0)
    with np.load(tmp_path / "s.npz") as saved:
        assert saved["end"] == pytest.approx(np.tile(minimum["position"], (50, 1)), abs=1e-4)
    assert "50 particles" in lossland(*words, "--noise", "0.1", "--steps", "5").out
    refused = lossland("swarm", "rosenbrock", "--dimension", "7")
    assert (refused.code, "two variables" in refused.err) == (2, True)
    refused = lossland("swarm", "bbob:1", "--dimension", "7", "--count", "1e12")
    assert (refused.code, "memory" in refused.err) == (2, True)


def test_noise_is_an_option_of_runs_and_swarms(lossland) -> None:
    words = ["run", "rosenbrock", "--start", "0,0", "--steps", "9", "--seed", "4", "--json", "--optimizer"]
    by_option = lossland(*words, "gradient_descent:lr=0.001", "--noise", "3").json
    assert by_option["points"] == lossland(*words, "sgd:lr=0.001,noise=3").json["points"]
    assert by_option["optimizer"] == "gradient_descent:lr=0.001,noise=3.0"
    refused = lossland(*words, "adam", "--noise", "-1")
    assert (refused.code, "from 0" in refused.err) == (2, True)


def test_run_draws_its_noise_from_the_seed(lossland) -> None:
    def path(seed: str) -> Any:
        words = ["--optimizer", "sgd:lr=0.01,noise=0.5", "--steps", "9", "--seed", seed, "--json"]
        return lossland("run", "sphere", *words).json["points"]

    assert path("1") == path("1") != path("2")


def test_swarm(lossland, tmp_path: Path) -> None:
    words = ["swarm", "himmelblau", "--optimizer", "gradient_descent:lr=0.01", "--count", "1e3", "--steps", "300"]
    found = lossland(*words, "--json", "-o", "s.npz").json
    assert set(found) == {
        "count", "steps", "seconds", "particle_steps_per_second", "fused", "converged", "diverged", "minima",
    }  # fmt: skip
    assert (found["count"], found["steps"]) == (1000, 300)
    assert found["converged"] + found["diverged"] <= 1000
    assert found["converged"] > 900
    assert {(round(m["x"], 2), round(m["y"], 2)) for m in found["minima"]} == {
        (3, 2), (-2.81, 3.13), (-3.78, -3.28), (3.58, -1.85),
    }  # fmt: skip
    assert sum(m["share"] for m in found["minima"]) == pytest.approx(found["converged"] / 1000, abs=1e-9)
    with np.load(tmp_path / "s.npz", allow_pickle=False) as ends:
        assert ends["start"].shape == ends["end"].shape == (1000, 2)
        assert ends["value"].shape == (1000,)
        assert ends["start"].dtype == ends["end"].dtype == np.float32
        assert np.abs(ends["start"]).max() <= 6


@pytest.mark.parametrize(
    "words",
    [
        ["eval", "rosenbrock", "--at", "1,1"],
        ["eval", "rosenbrock", "-n", "8", "-o", "a.npz"],
        ["run", "rosenbrock", "--steps", "20"],
        ["run", "rosenbrock", "--steps", "20", "-o", "a.csv"],
        ["swarm", "himmelblau", "--count", "50", "--steps", "20"],
        ["readouts", "linear_map_2d", "--preset", "shear"],
    ],
)
def test_text_for_people(lossland, words: list[str]) -> None:
    ran = lossland(*words)
    assert ran.code == 0
    assert ran.out.strip()
    assert ran.err == ""


def test_readouts(lossland) -> None:
    found = lossland("readouts", "linear_map_2d", "--set", "matrix=3,0;4,5", "--json").json
    flat = [value for value in found.values() if isinstance(value, float)]
    assert any(value == pytest.approx(15) for value in flat), "the area's factor is |det| = 15"


# ------------------------------------------------------------------------------------------------ pictures


def test_shot_draws_the_same_picture_again(lossland, tmp_path: Path) -> None:
    words = ["shot", "linear_map_2d", "--preset", "shear", "--size", "200x120"]
    found = lossland(*words, "-o", "new/a.png", "--json").json
    assert found == {"scene": "linear_map_2d", "time": found["time"], "size": [200, 120], "file": "new/a.png"}
    assert lossland(*words, "-o", "b.png").code == 0
    assert lossland(*words, "-o", "c.png", "--time", "0").code == 0
    assert lossland(*words, "-o", "d.png", "--theme", "print").code == 0
    first, *others = ((tmp_path / name).read_bytes() for name in ("new/a.png", "b.png", "c.png", "d.png"))
    assert first == others[0]
    assert len({first, *others}) == 3
    with Image.open(tmp_path / "new/a.png") as picture:
        assert (picture.size, picture.mode) == ((200, 120), "RGB")
        assert len(set(np.asarray(picture).reshape(-1, 3)[:, 2].tolist())) > 20


def test_record_writes_frames(lossland, tmp_path: Path) -> None:
    words = ["--size", "96x64", "--seconds", "0.2", "--fps", "20", "--json"]
    found = lossland("record", "x^2 + 3*y^2", "-o", "frames", *words).json
    assert found == {"subject": "x^2 + 3*y^2", "frames": 4, "file": "frames"}
    assert len(list((tmp_path / "frames").iterdir())) == 4


def test_explore_without_a_display_names_what_works(lossland, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for words in (["explore", "x^2 + y^2"], []):
        ran = lossland(*words)
        assert ran.code == 1
        assert "lossland record" in ran.err
    assert "'x^2 + y^2'" in lossland("explore", "x^2 + y^2").err


def test_doctor_tells_what_there_is(lossland) -> None:
    found = lossland("doctor", "--json").json
    assert found["python"].split(".")[0] == "3"
    assert found["packages"]["numpy"] == np.__version__
    assert set(found["gl"]) == {"vendor", "renderer", "version", "device", "why"}
    assert found["backend"]["auto"] in ("cpu", "cuda")
    assert found["backend"]["why"]
    assert "selftest" not in found


def test_doctor_tests_itself_and_says_when_something_is_off(lossland, monkeypatch: pytest.MonkeyPatch) -> None:
    from lossland.compute import selftest

    good, bad = selftest.Check("good", "cpu", 1e-9, 1e-6), selftest.Check("bad", "cpu", float("nan"), 1e-6)
    monkeypatch.setattr(selftest, "selftest", lambda: iter([good]))
    assert lossland("doctor", "--selftest").code == 0
    monkeypatch.setattr(selftest, "selftest", lambda: iter([good, bad]))
    ran = lossland("doctor", "--selftest", "--json")
    assert ran.code == 1
    assert [(row["name"], row["error"], row["ok"]) for row in ran.json["selftest"]] == [
        ("good", 1e-9, True),
        ("bad", "nan", False),
    ]


# ------------------------------------------------------------------------------------------------ pieces


def test_memory_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from lossland.errors import UserError

    monkeypatch.setattr(memory, "available", lambda: 2_000_000_000)
    memory.require(1.9e9, "This", "take less")
    with pytest.raises(UserError, match=r"This would need 3 GB of memory and 2 GB are free; take less\."):
        memory.require(3e9, "This", "take less")
    assert (memory.available() or 1) > 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_silent_away_from_a_terminal() -> None:
    stream = io.StringIO()
    with Progress("Filming", stream) as progress:
        progress(1, 2)
    assert stream.getvalue() == ""


def test_progress_draws_a_bar() -> None:
    stream, now = Terminal(), iter([0.0, 1.0, 1.01, 4.0])
    with Progress("Filming", stream, clock=lambda: next(now)) as progress:
        progress(1, 4)
        progress(2, 4)  # a hundredth of a second later: not drawn
        progress(4, 4)
    first, last = stream.getvalue().split("\r")[1:]
    assert "25%" in first
    assert "1/4" in first
    assert "0:03 left" in first
    assert "100%" in last
    assert last.endswith("\n")
    for columns in (10, 40, 80, 200):
        assert len(Progress("Filming", stream, clock=lambda: 0.0).line(1, 3, 5, columns)) < columns


def test_ctrl_c_ends_with_130_and_leaves_no_file(tmp_path: Path) -> None:
    words = ["swarm", "rastrigin", "--count", "200000", "--steps", "100000", "-o", "s.npz"]
    process = subprocess.Popen(
        [*LOSSLAND, *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=2)  # it is at work
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []
