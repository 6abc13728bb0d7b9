"""What a scene keeps is made again exactly when something it was made from has changed."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.scenery.kept import Pieces


class Sums(ll.Scene):
    """A scene of kept sums, which notes every one that it makes in ``made``."""

    a = ll.parameters.Number(1.0, -10, 10)
    b = ll.parameters.Number(2.0, -10, 10)
    c = ll.parameters.Number(3.0, -10, 10)

    def __init__(self, *args: Any, **values: Any) -> None:
        self.made: list[str] = []
        super().__init__(*args, **values)

    @ll.kept
    def total(self) -> list[float]:
        """a + b."""
        self.made.append("total")
        return [self.a + self.b]

    @ll.kept
    def twice(self) -> list[float]:
        """2 (a + b) + c."""
        self.made.append("twice")
        return [2 * self.total()[0] + self.c]

    @ll.kept
    def drawn(self) -> list[int]:
        """The seed."""
        self.made.append("drawn")
        return [self.seed]

    @ll.kept(most=2)
    def power(self, exponent: int, negative: bool = False) -> list[float]:
        """A power of a."""
        self.made.append(f"power {exponent}")
        return [(-1 if negative else 1) * self.a**exponent]

    @ll.kept
    def guarded(self) -> list[float]:
        """b / a, but 0 where that fails."""
        self.made.append("guarded")
        try:
            return [self.quotient()]
        except ZeroDivisionError:
            return [0.0]

    @ll.kept
    def quotient(self) -> float:
        """b / a."""
        self.made.append("quotient")
        return self.b / self.a

    @ll.kept
    def chosen(self) -> list[float]:
        """b where a is positive, else 0."""
        self.made.append("chosen")
        return [self.b if self.a > 0 else 0.0]


class Louder(Sums):
    """The same, with a total of its own."""

    @ll.kept
    def total(self) -> list[float]:
        """10 (a + b + c)."""
        return [10 * (super().total()[0] + self.c)]


# -------------------------------------------------------------------------------------------------------- kept
def test_a_result_is_the_same_object_until_what_it_read_changes() -> None:
    scene: Any = Sums()
    first = scene.total()
    assert first == [3.0]
    scene.set("c", 5.0)  # was not read
    scene.set("a", 1.0)  # is what it was
    assert scene.total() is first
    scene.set("a", 4.0)
    assert scene.total() == [6.0]
    assert scene.made == ["total", "total"]


def test_what_an_inner_result_read_counts_for_the_outer_one() -> None:
    scene: Any = Sums()
    scene.total()  # the inner one is kept already when the outer one is made
    assert scene.twice() == [9.0]
    scene.set("b", 0.0)
    assert scene.twice() == [5.0]
    scene.set("c", 0.0)
    assert scene.twice() == [2.0]
    assert scene.made == ["total", "twice", "twice", "total", "twice"]


def test_the_seed_is_read_as_a_parameter_is() -> None:
    scene: Any = Sums(seed=3)
    total, first = scene.total(), scene.drawn()
    scene.seed = 4
    assert first == [3]
    assert scene.drawn() == [4]
    assert scene.total() is total


def test_an_overriding_result_may_use_the_one_it_overrides() -> None:
    scene: Any = Louder()
    assert scene.total() == [60.0]
    assert scene.twice() == [123.0]
    first = scene.total()
    scene.set("c", 0.0)  # which only the overriding one reads
    assert scene.total() == [30.0]
    assert scene.total() is not first
    assert scene.made == ["total", "twice"]


def test_results_are_kept_for_each_argument_but_not_for_many() -> None:
    scene: Any = Sums(a=2.0)
    assert (scene.power(2), scene.power(3)) == ([4.0], [8.0])
    assert scene.power(2, negative=True) == [-4.0]  # the first is forgotten, it was used last
    assert scene.made == ["power 2", "power 3", "power 2"]
    scene.power(3)
    scene.power(2, negative=True)
    assert len(scene.made) == 3
    scene.power(2)
    assert len(scene.made) == 4
    assert sum(len(entries) for entries in scene.results.values()) == 2


def test_what_raises_is_not_kept() -> None:
    scene: Any = Sums(a=0.0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            scene.quotient()
    scene.set("a", 2.0)
    assert scene.quotient() == 1.0
    assert scene.total() == [4.0]  # recording goes on as before
    scene.set("b", 4.0)
    assert scene.total() == [6.0]


def test_a_result_that_goes_on_without_an_inner_one_depends_on_it_all_the_same() -> None:
    scene: Any = Sums(a=0.0)
    assert scene.guarded() == [0.0]
    scene.set("a", 2.0)
    assert scene.guarded() == [1.0]


def test_two_scenes_side_by_side_keep_their_own() -> None:
    one, other = Sums(a=1.0), Sums(a=7.0)
    first = one.total()
    assert other.total() == [9.0]
    other.set("a", 0.0)
    assert one.total() is first
    assert other.total() == [2.0]


def test_a_scene_that_asks_another_one_records_only_its_own() -> None:
    other: Any = Sums()

    class Asking(Sums):
        @ll.kept
        def total(self) -> list[float]:
            """The other's total and our a."""
            return [other.total()[0] + self.a]

    scene: Any = Asking()
    first = scene.total()
    scene.set("b", 9.0)  # which only the other one reads, of itself
    assert scene.total() is first
    scene.set("a", 2.0)
    assert scene.total() == [5.0]


def test_a_parameter_that_is_no_longer_read_does_not_count() -> None:
    scene: Any = Sums()
    assert scene.chosen() == [2.0]
    scene.set("a", -1.0)
    assert scene.chosen() == [0.0]
    first = scene.chosen()
    scene.set("b", 5.0)
    assert scene.chosen() is first
    scene.set("a", 1.0)
    assert scene.chosen() == [5.0]


def test_a_scene_that_is_gone_leaves_no_results_behind() -> None:
    scene: Any = Sums()
    scene.twice()
    left = weakref.ref(scene)
    del scene
    gc.collect()
    assert left() is None


# ----------------------------------------------------------------------------------------------------- refined
class Sketch(Sums):
    """A picture in three levels, of three pieces each, and what is made from it."""

    @ll.refined(levels=(10, 100, 1000))
    def sketch(self, size: int) -> Pieces[np.ndarray | None]:
        """As many numbers as the level says, all a; where b is negative the middle level is left out."""
        self.made.append(f"begin {size}")
        if size == 100 and self.b < 0:
            return None
        for piece in range(2):
            yield piece / 2
        if self.a == 9:
            raise ArithmeticError("nine")
        return np.full(size, self.a)

    @ll.refined(levels=("rough", "fine"), stale=True)
    def slow(self, level: str) -> Pieces[str]:
        """A name of c."""
        yield 0.5
        return f"{level} {self.c:g}"

    @ll.kept
    def mean(self) -> list[float]:
        """The mean of the sketch, and how many numbers it has."""
        return [float(self.sketch().mean()), float(len(self.sketch()))]

    @ll.refined(levels=("quick", "exact"))
    def counted(self, level: str) -> Pieces[str]:
        """The size of the sketch, made from it in two levels."""
        self.made.append(f"{level} of {len(self.sketch())}")
        if level == "exact":
            yield 0.5
        return f"{level} {len(self.sketch())}"

    def frame(self, now: Any) -> ll.Frame:
        """Ask for the sketch as a picture would."""
        self.sketch()
        self.sketch()  # a second time in one frame is no second piece
        return ll.Frame([])

    def readouts(self, now: Any) -> dict[str, Any]:
        """Ask for the sketch as numbers."""
        return {"size": float(len(self.sketch())), "mean": self.mean()[0]}


def live(**values: float) -> Any:
    """Return a scene in a window."""
    scene: Any = Sketch(**values)
    scene.live = True
    return scene


def frames(scene: Any, most: int = 100) -> list[int]:
    """Ask for pictures until no more is to be done; return the sketch's size in each."""
    sizes = []
    for _ in range(most):
        scene.frame(0.0)
        sizes.append(len(scene.sketch()))
        if not scene.unfinished:
            return sizes
    raise AssertionError("it does not come to an end")


def test_a_window_shows_the_coarsest_at_once_and_one_piece_more_with_each_frame() -> None:
    scene = live()
    assert frames(scene) == [10] + [10] * 2 + [100] + [100] * 2 + [1000]
    assert scene.made == ["begin 10", "begin 100", "begin 1000"]
    first = scene.sketch()
    scene.frame(0.0)
    assert not scene.unfinished
    assert scene.sketch() is first


def test_a_film_waits_for_the_finest_and_skips_the_others() -> None:
    scene: Any = Sketch()
    scene.frame(0.0)
    assert len(scene.sketch()) == 1000
    assert not scene.unfinished
    assert scene.made == ["begin 1000"]


def test_readouts_wait_for_the_finest_in_a_window_too() -> None:
    scene = live()
    scene.frame(0.0)
    assert scene.unfinished
    assert scene.readouts(0.0) == {"size": 1000.0, "mean": 1.0}
    assert scene.live
    assert scene.made == ["begin 10", "begin 100", "begin 1000"]  # the work that was begun goes on
    assert frames(scene) == [1000]


def test_a_parameter_that_was_read_begins_it_again() -> None:
    scene = live()
    scene.frame(0.0)
    scene.set("c", 7.0)
    scene.frame(0.0)
    assert scene.made == ["begin 10", "begin 100"]
    scene.set("a", 2.0)
    scene.frame(0.0)
    assert scene.made[2:] == ["begin 10"]
    assert scene.sketch().tolist() == [2.0] * 10
    assert frames(scene)[-1] == 1000
    assert (scene.sketch() == 2.0).all()


def test_a_level_that_would_be_no_coarser_is_left_out() -> None:
    assert frames(live(b=-1.0)) == [10, 10, 10, 1000]
    assert len(Sketch(b=-1.0).sketch()) == 1000


def test_a_stale_result_stays_until_there_is_a_new_one() -> None:
    scene = live()
    assert scene.slow() == "rough 3"  # there is none yet: it waits
    seen = []
    for _ in range(4):
        scene.frame(0.0)
        seen.append(scene.slow())
    assert seen == ["rough 3", "fine 3", "fine 3", "fine 3"]
    scene.set("c", 4.0)
    seen.clear()
    for _ in range(5):
        scene.frame(0.0)
        seen.append(scene.slow())
    assert seen == ["fine 3", "rough 4", "rough 4", "fine 4", "fine 4"]
    scene.live = False
    scene.set("c", 5.0)
    assert scene.slow() == "fine 5"  # never in a film


def test_a_kept_result_follows_a_refined_one_and_keeps_it_advancing() -> None:
    scene = live()
    seen = []
    for _ in range(20):
        scene.turn, scene.unfinished = scene.turn + 1, False  # as a frame that asks for the kept one alone
        seen.append(scene.mean()[1])
        assert scene.unfinished == (len(seen) < 7)
    assert seen[:8] == [10, 10, 10, 100, 100, 100, 1000, 1000]
    first = scene.mean()
    assert scene.mean() is first
    scene.set("a", 5.0)
    assert scene.mean() == [5.0, 10.0]


def test_a_refined_result_made_from_another_waits_with_its_finer_levels() -> None:
    scene = live()
    seen = []
    while not seen or scene.unfinished:
        scene.frame(0.0)
        seen.append(scene.counted())
        scene.unfinished = scene.unfinished or seen[-1] != "exact 1000"
    assert [one for one in scene.made if " of " in one] == [
        "quick of 10", "quick of 100", "quick of 1000", "exact of 1000",
    ]  # fmt: skip
    assert seen[-1] == "exact 1000"
    assert Sketch().counted() == "exact 1000"


@pytest.mark.parametrize("in_a_window", [False, True])
def test_a_refined_result_that_raises_begins_again_when_it_is_asked_for_again(in_a_window: bool) -> None:
    scene: Any = Sketch(a=9.0)
    scene.live = in_a_window
    for _ in range(2):
        with pytest.raises(ArithmeticError):
            scene.sketch()
    scene.set("a", 1.0)
    assert (scene.sketch() == 1.0).all()


def test_refined_results_of_two_scenes_do_not_meet() -> None:
    one, other = live(a=1.0), live(a=2.0)
    one.frame(0.0)
    other.frame(0.0)
    other.set("a", 3.0)
    assert frames(one)[-1] == 1000
    assert frames(other)[-1] == 1000
    assert (one.sketch() == 1.0).all()
    assert (other.sketch() == 3.0).all()


class Framed(ll.Scene):
    """A size that frames the picture, and what is made with it."""

    a = ll.parameters.Number(1.0, -10, 10)

    @ll.kept(framing=True)
    def size(self) -> float:
        """As large as a."""
        return abs(self.a)

    @ll.kept
    def share(self) -> float:
        """What a is of the size."""
        return self.a / self.size()

    @ll.kept
    def doubled(self) -> list[float]:
        """Twice the size."""
        return [2 * self.size()]

    @ll.kept(framing=True)
    def corners(self) -> np.ndarray:
        """A box as large as a."""
        return np.array([[-abs(self.a)], [abs(self.a)]])

    @ll.kept(framing=True)
    def both(self) -> tuple[np.ndarray, np.ndarray]:
        """Two boxes."""
        return np.full(2, abs(self.a)), np.full(3, 2 * abs(self.a))


def test_a_framing_array_is_the_same_object_as_long_as_it_is_equal() -> None:
    scene = Framed(a=2.0)
    before = scene.corners()
    scene.a = -2.0
    assert scene.corners() is before
    scene.a = 3.0
    np.testing.assert_array_equal(scene.corners(), [[-3.0], [3.0]])


def test_a_framing_tuple_of_arrays_is_the_same_object_as_long_as_all_are_equal() -> None:
    scene = Framed(a=2.0)
    before = scene.both()
    scene.a = -2.0
    assert scene.both() is before
    scene.a = 3.0
    np.testing.assert_array_equal(scene.both()[1], [6.0, 6.0, 6.0])


def test_what_frames_the_picture_stays_while_a_handle_is_held() -> None:
    scene = Framed(a=2.0)
    assert scene.size() == 2.0
    scene.held = True
    scene.a = 4.0
    assert (scene.size(), scene.share()) == (2.0, 2.0)
    scene.held = False
    assert (scene.size(), scene.share()) == (4.0, 1.0)
    scene.held, scene.a = True, 3.0
    assert (scene.size(), scene.share()) == (4.0, 0.75)


def test_what_is_made_with_a_framing_number_is_made_again_only_for_another_one() -> None:
    scene = Framed(a=2.0)
    before = scene.doubled()
    scene.a = -2.0
    assert scene.doubled() is before
    scene.held, scene.a = True, 5.0
    assert scene.doubled() is before
    scene.held = False
    assert scene.doubled() == [10.0]


# --------------------------------------------------------------------------------- what grows
class Count:
    """A course that counts, one step a piece."""

    def __init__(self) -> None:
        self.step = 0

    def reach(self, step: float, pieces: int | None = None) -> bool:
        while self.step < step and pieces != 0:
            self.step, pieces = self.step + 1, None if pieces is None else pieces - 1
        return self.step >= step


class Counted(ll.Scene):
    """A picture as far as a count has come."""

    name = "counted"
    clock = ll.Clock(1.0, steps=10)

    def __init__(self) -> None:
        super().__init__()
        self.count = Count()

    def readouts(self, now: ll.Now) -> dict[str, Any]:
        return {"there": self.grown_to(self.count, now.step, 3), "count": self.count.step}

    def frame(self, now: ll.Now) -> ll.Frame:
        self.grown_to(self.count, now.step, 3)
        return ll.Frame([])


def test_a_window_lets_a_course_grow_piece_by_piece_and_asks_until_it_is_there() -> None:
    scene: Any = Counted()
    scene.live, counts = True, []
    for _ in range(4):
        scene.frame(0.8)
        counts.append((scene.count.step, scene.unfinished))
    assert counts == [(3, True), (6, True), (8, False), (8, False)]


def test_films_and_readouts_wait_until_a_course_is_there() -> None:
    scene: Any = Counted()
    scene.frame(0.4)
    assert (scene.count.step, scene.unfinished) == (4, False)
    scene.live = True
    assert scene.readouts(1.0) == {"there": True, "count": 10}
