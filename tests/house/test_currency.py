"""One currency: what is taken as a landscape, an optimizer or a scene is taken everywhere, and nothing else is."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.expression import where

LAND = ll.landscape("rosenbrock")


def valley(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


FORMS: dict[str, Any] = {
    "name": "rosenbrock",
    "formula": "(1 - x)^2 + 100*(y - x^2)^2",
    "object": LAND,
    "function": valley,
    "lambda": lambda x, y: np.square(1 - x) + 100 * np.power(y - x * x, 2),
}
RULES: dict[str, Any] = {
    "name": "adam", "text": "adam:lr=0.001", "object": ll.optimizers.Adam(), "class": ll.optimizers.Adam,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------ what is taken
@pytest.mark.parametrize("land", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_run_takes_all_forms_and_the_commands_defaults(land: Any, rule: Any) -> None:
    right = ll.run(LAND, ll.optimizers.Adam(), start=(-1.2, 1.0), steps=20)
    assert ll.run(land, rule, (-1.2, 1.0), 20).points == pytest.approx(right.points, rel=1e-12)
    assert len(ll.run(land, rule).points) == 501
    assert ll.run("rosenbrock").points[0, 0] == pytest.approx(LAND.start)


@pytest.mark.parametrize("land", FORMS.values(), ids=FORMS)
def test_swarms_basins_and_sweeps_take_all_forms(land: Any) -> None:
    crowd = ll.swarm(ll.landscape(land, domain=((-2, 2), (-1, 3))), "rprop", count=50, steps=30)
    alone = ll.run(LAND, ll.optimizers.Rprop(), crowd.start, 30).points[-1]
    assert crowd.end == pytest.approx(alone, abs=1e-3)
    found = ll.basins(land, "rprop", n=8, steps=3)
    assert found.basin.shape == found.steps.shape == (8, 8)
    assert found.basin.dtype == np.int16
    swept = ll.sweep(land, "momentum", x=("lr", 1e-4, 1e-3), y=("momentum", 0, 0.99), n=4, steps=30)
    column, row = 1, 2
    rule = ll.optimizers.Momentum(lr=swept.x[column], momentum=swept.y[row])
    assert swept.loss[row, column] == pytest.approx(ll.run(land, rule, steps=30).values[-1, 0], rel=1e-9)


def test_an_axis_is_logarithmic_where_it_is_positive_and_spans_a_decade() -> None:
    def values(*axis: Any) -> np.ndarray:
        return ll.sweep("bowl", "momentum", x=axis, y=("x", 0, 1), n=2, steps=1).x  # pyright: ignore[reportArgumentType]

    assert values("lr", 1e-3, 1) == pytest.approx(10.0 ** np.array([-2.25, -0.75]))
    assert values("lr", 0.1, 1) == pytest.approx(10.0 ** np.array([-0.75, -0.25]))
    assert values("lr", 0.2, 1) == pytest.approx([0.4, 0.8])
    assert values("lr", 0, 1) == pytest.approx([0.25, 0.75])
    assert values("lr", 0.1, 1, "linear") == pytest.approx([0.325, 0.775])
    assert values("lr", 0.25, 1, "log") == pytest.approx([0.25 * 2**0.5, 0.5 * 2**0.5])
    usual = ll.sweep("bowl", "momentum", n=2, steps=1)
    assert (usual.across.name, usual.up.name) == ("lr", "momentum")


@pytest.mark.parametrize("land", FORMS.values(), ids=FORMS)
def test_scenes_take_all_forms(land: Any) -> None:
    for made in (ll.scene(landscape=land, steps=9), ll.scene("optimizer_race", landscape=land, steps=9)):
        assert made.land.node.op == "add"  # type: ignore[attr-defined]
        assert "adam.loss" in made.readouts(1.0)
        assert float(made.land.value(np.array([2.0, 3.0]))) == valley(2.0, 3.0)  # type: ignore[attr-defined]
    assert ll.scene(land).values["landscape"] == ll.scene(landscape=land).values["landscape"]


def test_a_landscape_with_a_domain_of_its_own_is_shown_on_it() -> None:
    land = ll.landscape(valley, domain=((-3, 1), (-2, 5)))
    assert ll.scene(land).values["domain"] == (-3, 1, -2, 5)
    assert ll.scene(land, domain=(0, 1, 0, 1)).values["domain"] == (0, 1, 0, 1)


def test_lanes_take_all_forms() -> None:
    lanes = [ll.optimizers.SGD(lr=0.1), "adam:lr=0.2", ll.optimizers.Lion()]
    made = ll.scene("rosenbrock", lanes=lanes)
    assert [lane.optimizer for lane in made.values["lanes"]] == [
        ll.optimizers.SGD(lr=0.1), ll.optimizers.Adam(lr=0.2), ll.optimizers.Lion(),
    ]  # fmt: skip
    assert len(ll.scene("rosenbrock", lanes=ll.optimizers.Adam(lr=0.3)).values["lanes"]) == 1
    assert ll.scene("optimizer_swarm", optimizer=ll.optimizers.Adam).values["optimizer"] == "adam"


DOMAINS: list[Any] = [
    (0, 1, -2, 3),
    ((0, 1), (-2, 3)),
    [[0, 1], [-2, 3]],
    np.array([[0, 1], [-2, 3]]),
    np.array([0, 1, -2, 3]),
]


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda one: f"{type(one).__name__}{np.shape(one)}")
def test_a_domain_may_be_pairs_or_four_numbers_everywhere(domain: Any) -> None:
    pairs = ((0.0, 1.0), (-2.0, 3.0))
    assert ll.landscape("rosenbrock", domain=domain).domain == pairs
    assert ll.landscape(lambda x, y: x + y, domain=domain).domain == pairs
    assert ll.problem(lambda v: (v**2).sum(), dimension=2, domain=domain).domain == pairs
    assert ll.scene("rosenbrock", domain=domain).values["domain"] == (0.0, 1.0, -2.0, 3.0)
    grid = ll.landscape("x + 10*y").grid(3, domain=domain)
    assert grid.value.tolist() == [[-20.0, -19.5, -19.0], [5.0, 5.5, 6.0], [30.0, 30.5, 31.0]]


@pytest.mark.parametrize("domain", [(0, 1), ((0, 1),), (0, 1, 2), ((0, 1), (0, 1), (0, 1)), 3, ((0, 1), (1, 0)), "0,1"])
def test_what_is_no_domain_is_told(domain: Any) -> None:
    for take in (
        lambda: ll.landscape("rosenbrock", domain=domain),
        lambda: ll.landscape("rosenbrock").grid(3, domain=domain),
        lambda: ll.scene("rosenbrock", domain=domain),
    ):
        with pytest.raises(ll.UserError, match="domain"):
            take()


def test_names_are_known_however_they_are_written(tmp_path: Path) -> None:
    assert ll.landscape("Styblinski-Tang").name == "styblinski_tang"
    rule = ll.optimizers.optimizer("Schedule-free AdamW:lr=0.5")
    assert (rule.name, getattr(rule, "lr", None)) == ("schedule_free_adamw", 0.5)
    assert ll.scene("Linear map 2D").name == "linear_map_2d"
    for text in ("Rosenbrock", " ROSENBROCK ", "rosenbrock"):
        scene = ll.scene(text)
        assert (scene.name, scene.values["landscape"]) == ("optimizer_race", "rosenbrock")
        assert scene.values["steps"] == 1000  # as the race takes them for that landscape
    assert ll.landscape("x-y").value(np.array([5.0, 3.0])) == 2.0
    file = tmp_path / "mine.py"
    file.write_text("import lossland as ll\nclass Mine(ll.optimizers.SGD):\n    title = 'Mine'\n")
    path = ll.run("x^2 + y^2", file, start=(1.0, 2.0), steps=1)
    assert path.points[1, 0] == pytest.approx([1 - 2 * ll.optimizers.SGD().lr, 2 - 4 * ll.optimizers.SGD().lr])


# -------------------------------------------------------------------------------------------- plain functions
CENTRES, HEIGHTS = np.array([-1.0, 0.5, 2.0]), np.array([1.0, 2.0, 0.5])
MATRIX = np.array([[2.0, 1.0], [1.0, 3.0]])


def bumps(x: Any, y: Any) -> Any:
    return -np.sum(HEIGHTS * np.exp(-((x - CENTRES) ** 2 + (y - CENTRES[::-1]) ** 2)))


def quadratic(x: Any, y: Any) -> Any:
    place = np.array([x, y])
    return place @ MATRIX @ place / 2


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "operators": lambda x, y: -(x**2) + 2**y - x * y / 3 + (x - 1) % 2 + y // 0.75 + abs(x - y) - +y,
    "NumPy": lambda x, y: np.sin(x) * np.exp(-np.abs(y)) + np.log1p(x * x) + np.arctan2(y, x) + np.cbrt(x) + np.tanh(y),
    "hyperbolic": lambda x, y: np.arcsinh(x) + np.cosh(y) + np.sinc(x) + np.logaddexp(x, y) + np.hypot(x, y),
    "Python's min and max": lambda x, y: max(x, y, 0.25) - min(x, 2 * y) + max([x, y]),
    "where": lambda x, y: np.where((x > 0) & ~(y > 1), x * y, np.where((x <= -1) | (y >= 1.5), y, 2 * x)),
    "equal": lambda x, y: np.where(x == y, 1.0, np.sin(x - y) / (x - y)) + np.where(x != 0.3, x, y),
    "clip": lambda x, y: np.clip(x, -0.5, 0.5) + np.maximum(y, 0) - np.minimum(x, y) + np.round(y) + round(2 * x),
    "select": lambda x, y: np.select([x > 0.5, y > 0.5], [x, y], 7.0) + np.polyval([1, -2], x) + np.heaviside(y, 0.5),
    "bumps": bumps,
    "matrix": quadratic,
    "norm": lambda x, y: np.linalg.norm([x - 1, y + 2]) + np.mean([x, y]) + np.dot([x, y], [3, 4]),
    "norm of axes": lambda x, y: np.linalg.norm(np.array([x - 1, y + 2]), axis=0) + np.vdot([x, y], [3, 4]),
    "spread": lambda x, y: np.std([x, y, 1.0]) + np.var([x, 2 * y]),
    "remainders": lambda x, y: np.trunc(3 * x) + np.fmod(x, 0.7) + divmod(y, 0.6)[1] + divmod(2.5, y + 3)[0],
    "signs": lambda x, y: np.copysign(x, y) + np.copysign(2.0, x),
    "NumPy's numbers": lambda x, y: np.float32(0.5) * x + y * np.float64(2) + np.array(3.0) * x + np.int64(2) ** y,
    "constant": lambda x, y: 0 * x + np.pi,
    "ours": lambda x, y: where(x > y, x, 2 * y),
}  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_traced_function_gives_what_the_function_gives(function: Callable[[Any, Any], Any]) -> None:
    land = ll.landscape(function, domain=((-2, 2), (-2, 2)))
    points = np.random.default_rng(0).uniform(-2, 2, (60, 2))
    right = np.array([float(function(np.float64(x), np.float64(y))) for x, y in points])
    assert land.value(points) == pytest.approx(right, rel=1e-9, abs=1e-12)
    again = ll.landscape(land.formula, domain=land.domain)  # its formula says the same
    assert again.value(points) == pytest.approx(right, rel=1e-9, abs=1e-12)


def test_pi_and_e_are_seen_in_the_digits() -> None:
    land = ll.landscape(lambda x, y: 2 * np.pi * x + math.e**y - np.cos(np.pi * y))
    assert land.formula == "2*pi*x + e^y - cos(pi*y)"


def test_a_functions_name_is_the_landscapes() -> None:
    def my_own(x: Any, y: Any) -> Any:
        return x**4 + y**2

    assert ll.landscape(my_own).name == "my_own"
    assert ll.landscape(lambda x, y: x**4 + y**2).name == "x^4 + y^2"


def test_builtin_functions_are_as_before_after_a_trace() -> None:
    ll.landscape(lambda x, y: max(x, y))
    with pytest.raises(ll.UserError):
        ll.landscape(lambda x, y: 1 / 0 + min(x, y))
    assert type(max).__name__ == type(min).__name__ == "builtin_function_or_method"
    x = ll.landscape("x").node
    assert (x == ll.landscape("y").node) is False


def deep(x: Any, y: Any) -> Any:
    for _ in range(40):
        x, y = np.sin(x + 2 * y), np.cos(x * y)
    return x


def test_a_long_function_is_a_landscape_without_a_formula() -> None:
    """Written out, this one would have 2^40 letters and more."""
    land = ll.landscape(deep, domain=((-0.5, 0.5), (-0.5, 0.5)))
    assert float(land.value(np.array([0.25, -0.5]))) == pytest.approx(deep(0.25, -0.5), rel=1e-12)
    assert len(land.latex) < 100
    made = ll.scene(land)
    assert float(made.land.value(np.array([0.25, -0.5]))) == pytest.approx(deep(0.25, -0.5), rel=1e-12)  # type: ignore[attr-defined]


def branching(x: Any, y: Any) -> Any:
    return x if x > 0 else y


WRONG_FUNCTIONS: dict[str, tuple[Any, str]] = {
    "branches": (branching, "np.where"),
    "math": (lambda x, y: math.sin(x), "np.sin"),
    "nothing": (lambda x, y: None, "return"),
    "one argument": (lambda p: p, "x and y"),
    "three arguments": (lambda x, y, z: x, "x and y"),
    "two numbers": (lambda x, y: (x, y), "one number"),
    "a test": (lambda x, y: x > y, "np.where"),
    "fails": (lambda x, y: 1 / 0, "ZeroDivisionError"),
    "unknown function": (lambda x, y: np.isnan(x) + y, "numpy.isnan"),
    "an array": (lambda x, y: np.array([1.0, 2.0]) * x, "one number"),
    "indexing": (lambda x, y: x[0] + y, "subscript"),
}


@pytest.mark.parametrize(("function", "says"), WRONG_FUNCTIONS.values(), ids=WRONG_FUNCTIONS)
def test_a_function_that_cannot_be_traced_is_refused_in_a_sentence(function: Any, says: str) -> None:
    with pytest.raises(ll.UserError, match=says) as refused:
        ll.landscape(function)
    assert "\n" not in str(refused.value)


# ------------------------------------------------------------------------------------------- what is not taken
class Strange:
    """An object of another library."""


NO_LANDSCAPE = [3, None, 2.5, [1, 2], {}, b"rosenbrock", Strange(), Strange, ll.optimizers.Adam(), Path("x"), True]
NO_OPTIMIZER = [3, None, 2.5, ["adam"], {}, b"adam", Strange(), Strange, LAND, Path("x"), max, True]


def refused(call: Callable[[], Any], says: str | None = None) -> None:
    with pytest.raises(ll.UserError, match=says) as error:
        call()
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("odd", NO_LANDSCAPE, ids=lambda odd: repr(odd)[:20])
def test_what_is_no_landscape_is_refused_everywhere(odd: Any) -> None:
    for call in (
        lambda: ll.landscape(odd),
        lambda: ll.run(odd, "adam"),
        lambda: ll.swarm(odd, "adam"),
        lambda: ll.basins(odd, "adam"),
        lambda: ll.sweep(odd, "adam"),
        lambda: ll.scene(landscape=odd),
    ):
        refused(call, "A landscape is|function")
    if not isinstance(odd, Path):
        refused(lambda: ll.scene(odd), "A scene is")
        refused(lambda: ll.snapshot(odd, size=(64, 64)), "A scene is")
        refused(lambda: ll.Stage(odd, size=(64, 64)), "A scene is")
        refused(lambda: ll.record(odd, "x.mp4"), "A scene is")
        refused(lambda: ll.show(odd), "A scene is")


@pytest.mark.parametrize("odd", NO_OPTIMIZER, ids=lambda odd: repr(odd)[:20])
def test_what_is_no_optimizer_is_refused_everywhere(odd: Any) -> None:
    for call in (
        lambda: ll.optimizers.optimizer(odd),
        lambda: ll.run("bowl", odd),
        lambda: ll.swarm("bowl", odd),
        lambda: ll.basins("bowl", odd),
        lambda: ll.sweep("bowl", odd),
        lambda: ll.scene("bowl", lanes=[odd]),
    ):
        refused(call, "An optimizer is|There is no optimizer ''")


WRONG: dict[str, Callable[[], Any]] = {
    "run backend": lambda: ll.run("bowl", "adam", backend=3),  # type: ignore[arg-type]
    "run backend text": lambda: ll.run("bowl", "adam", backend="gpu"),
    "run start": lambda: ll.run("bowl", "adam", start=(1, 2, 3)),
    "run start text": lambda: ll.run("bowl", "adam", start="1,2"),  # type: ignore[arg-type]
    "run steps": lambda: ll.run("bowl", "adam", steps=1.5),  # type: ignore[arg-type]
    "run seed": lambda: ll.run("bowl", "adam", seed=-1),
    "swarm backend": lambda: ll.swarm("bowl", "adam", backend=None),  # type: ignore[arg-type]
    "swarm count": lambda: ll.swarm("bowl", "adam", count="many"),  # type: ignore[arg-type]
    "swarm start": lambda: ll.swarm("bowl", "adam", start=[1.0, 2.0, 3.0]),
    "basins n": lambda: ll.basins("bowl", "adam", n="big"),  # type: ignore[arg-type]
    "basins steps": lambda: ll.basins("bowl", "adam", n=4, steps=-1),
    "basins backend": lambda: ll.basins("bowl", "adam", n=4, backend=3),  # type: ignore[arg-type]
    "sweep x": lambda: ll.sweep("bowl", "adam", x="lr"),  # type: ignore[arg-type]
    "sweep x name": lambda: ll.sweep("bowl", "adam", x=("rate", 0, 1), y=("x", 0, 1)),
    "sweep x ends": lambda: ll.sweep("bowl", "adam", x=("lr", "a", 1), y=("x", 0, 1)),  # type: ignore[arg-type]
    "sweep x turned": lambda: ll.sweep("bowl", "adam", x=("lr", 1, 0.1), y=("x", 0, 1)),
    "sweep spacing": lambda: ll.sweep("bowl", "adam", x=("lr", 0.1, 1, "ln"), y=("x", 0, 1)),
    "sweep spacing wrong": lambda: ll.sweep("bowl", "adam", x=("lr", 0, 1, "log"), y=("x", 0, 1)),
    "sweep starts": lambda: ll.sweep("bowl", "adam", start=[(0, 1), (1, 2)], n=2, steps=1),  # type: ignore[arg-type]
    "sweep n": lambda: ll.sweep("bowl", "adam", n=0),
    "domain": lambda: ll.landscape("bowl", domain="wide"),  # type: ignore[arg-type]
    "domain shape": lambda: ll.landscape("bowl", domain=(0, 1, 0)),
    "domain order": lambda: ll.landscape("bowl", domain=((1, 0), (0, 1))),
    "domain text": lambda: ll.landscape("bowl", domain=(("a", 1), (0, 1))),  # type: ignore[arg-type]
    "grid n": lambda: LAND.grid("a"),  # type: ignore[arg-type]
    "grid dtype": lambda: LAND.grid(3, dtype=int),
    "grid domain": lambda: LAND.grid(3, domain=3),  # type: ignore[arg-type]
    "points": lambda: LAND.value("a"),
    "scene seed": lambda: ll.scene("bowl", seed=-1),
    "scene seed text": lambda: ll.scene("bowl", seed="a"),  # type: ignore[arg-type]
    "scene preset": lambda: ll.scene("optimizer_race", preset=3),  # type: ignore[arg-type]
    "scene preset unknown": lambda: ll.scene("optimizer_race", preset="nonesuch"),
    "scene parameter": lambda: ll.scene("optimizer_race", nonesuch=3),
    "scene of a scene": lambda: ll.scene(ll.scene("bowl")),  # type: ignore[arg-type]
    "scene steps": lambda: ll.scene("bowl", steps=1.5),
    "scene lanes": lambda: ll.scene("bowl", lanes=3),
    "scene domain": lambda: ll.scene("bowl", domain="a"),
    "swarm scene": lambda: ll.scene("optimizer_swarm", optimizer="adam:lr=1"),
    "swarm scene settings": lambda: ll.scene("optimizer_swarm", optimizer=ll.optimizers.Adam(lr=1)),
    "readouts time": lambda: ll.scene("bowl").readouts(time="a"),
    "readouts nan": lambda: ll.scene("bowl").readouts(time=math.nan),
    "readouts before": lambda: ll.scene("bowl").readouts(time=-1),
    "readouts nothing": lambda: ll.scene("bowl").readouts(time=None),
    "frame time": lambda: ll.scene("bowl").frame("a"),
    "snapshot size": lambda: ll.snapshot("bowl", size="big"),  # type: ignore[arg-type]
    "snapshot sizes": lambda: ll.snapshot("bowl", size=(64, 64, 64)),  # type: ignore[arg-type]
    "snapshot time": lambda: ll.snapshot("bowl", size=(64, 64), time="a"),  # type: ignore[arg-type]
    "snapshot nan": lambda: ll.snapshot("bowl", size=(64, 64), time=math.nan),
    "snapshot theme": lambda: ll.snapshot("bowl", size=(64, 64), theme=3),  # type: ignore[arg-type]
    "snapshot gl": lambda: ll.snapshot("bowl", size=(64, 64), gl="best"),
    "record path": lambda: ll.record("bowl", 3),  # type: ignore[arg-type]
    "record fps": lambda: ll.record("bowl", "x.mp4", fps="a"),  # type: ignore[arg-type]
    "record seconds": lambda: ll.record("bowl", "x.mp4", seconds="a"),  # type: ignore[arg-type]
    "record size": lambda: ll.record("bowl", "x.mp4", size="a"),  # type: ignore[arg-type]
    "record theme": lambda: ll.record("bowl", "x.mp4", theme="pink"),
    "show size": lambda: ll.show("bowl", size=3),  # type: ignore[arg-type]
    "show theme": lambda: ll.show("bowl", theme="pink"),
    "hyper-parameter": lambda: ll.optimizers.Adam(lr=10**400),
    "hyper-parameter array": lambda: ll.optimizers.Adam(lr=np.zeros(2)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_wrong_types_and_values_are_refused_in_a_sentence(call: Callable[[], Any]) -> None:
    refused(call)


def test_a_time_past_the_end_is_told() -> None:
    scene = ll.scene("bowl", steps=9)
    end = scene.readouts(time=scene.clock.seconds)
    with pytest.warns(UserWarning, match=f"is {scene.clock.seconds:g} s long"):
        past = scene.readouts(time=99)
    np.testing.assert_equal(past, end)
    with pytest.warns(UserWarning, match="s long"):
        assert ll.snapshot(scene, size=(64, 64), time=99).shape == (64, 64, 4)


# -------------------------------------------------------------------------------------- optimizers of one's own
@dataclass(frozen=True)
class Plain(ll.optimizers.Optimizer):
    """A rule with plain fields."""

    lr: float = 0.01
    damping: float = 0.9
    push: float = 0.0
    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Any, last: Any, t: Any, position: Any) -> Any:
        v = self.damping * last.v - self.lr * grad
        return self.Terms(v, v + self.push)


def test_a_plain_field_is_a_hyper_parameter() -> None:
    rule = ll.optimizers.optimizer(Plain)
    assert (Plain.title, Plain.name) == ("Plain", "plain")
    assert rule == ll.optimizers.optimizer("plain") == ll.optimizers.optimizer("plain:lr=0.01")
    assert ll.optimizers.field_range(Plain, "lr") == (1e-5, 1.0, True)
    assert ll.optimizers.field_range(Plain, "damping") == pytest.approx((0.0, 0.99, False))
    assert ll.optimizers.field_range(Plain, "push") == (0.0, 1.0, False)
    path = ll.run("bowl", Plain(lr=0.1), start=(1.0, 1.0), steps=2).points[:, 0]
    # on x^2 + 3 y^2 along x: v = -0.2, then 0.9 * -0.2 - 0.2 * 0.8
    assert path[:, 0] == pytest.approx([1.0, 0.8, 0.8 - 0.18 - 0.16])
    ends = ll.swarm("bowl", Plain(lr=0.1), start=[(1.0, 1.0)], steps=2).end
    assert ends[0] == pytest.approx(path[-1], rel=1e-5)
    assert len(ll.explain.equations(rule)) == 3
    refused(lambda: Plain(lr=math.inf), "lr of plain must be a number")


def test_the_name_of_one_of_ours_is_taken() -> None:
    with pytest.raises(ll.UserError, match="Adam already"):
        type("Adam", (ll.optimizers.Optimizer,), {})
    assert ll.optimizers.optimizer("adam") == ll.optimizers.Adam()
    assert type("Other", (ll.optimizers.Adam,), {"__module__": __name__}).title == "Other"
