"""Slices of PyTorch's own modules, against PyTorch, NumPy and our own networks. Run by `make test-torch`."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.cli import main
from lossland.errors import UserError
from lossland.models import honesty, networks, recorder, slices
from lossland.models.torch_models import TorchTask

pytestmark = pytest.mark.torch

torch: Any = import_module("torch") if find_spec("torch") else None
RNG = np.random.default_rng(4)
POINTS, TARGET = RNG.normal(size=(60, 6)), RNG.integers(0, 3, 60)
IMAGES = RNG.normal(size=(24, 1, 8, 8))
CLASSES = RNG.integers(0, 3, 24)


def perceptron(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    nn = torch.nn
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 7), nn.Tanh(), nn.Linear(7, 3)).double()


def convolutional() -> Any:
    """With batch normalization whose running statistics are not those of the start."""
    torch.manual_seed(1)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3, bias=False), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(20, 3),
    ).double()  # fmt: skip
    for _ in range(3):
        model(torch.randn(16, 1, 8, 8, dtype=torch.float64) * 2 + 1)
    return model


def cross_entropy(out: Any, target: Any) -> Any:
    return torch.nn.functional.cross_entropy(out, target)


def task_of(name: str, **options: Any) -> TorchTask:
    if name == "perceptron":
        return TorchTask(perceptron(), cross_entropy, (POINTS, TARGET), **options)
    return TorchTask(convolutional(), cross_entropy, (IMAGES, CLASSES), **options)


def plain_loss(model: Any, theta: np.ndarray, points: np.ndarray, target: np.ndarray) -> float:
    """Return the loss as a user would take it."""
    torch.nn.utils.vector_to_parameters(torch.tensor(theta), model.parameters())
    model.eval()
    with torch.no_grad():
        return float(cross_entropy(model(torch.tensor(points)), torch.tensor(target)))


@pytest.mark.parametrize("name", ["perceptron", "convolutional"])
@pytest.mark.parametrize("directions", ["random", "filter", "hessian", "gradient"])
def test_every_point_is_the_loss_of_its_network(name: str, directions: str) -> None:
    task = task_of(name)
    found = slices.plan(task, task.theta, directions, n=(5, 3)).whole()
    model, data = (perceptron(), (POINTS, TARGET)) if name == "perceptron" else (convolutional(), (IMAGES, CLASSES))
    assert found.value[1, 2] == pytest.approx(plain_loss(model, task.theta, *data), rel=1e-12)
    for iy, ix in ((0, 0), (2, 1), (1, 4)):
        theta = task.theta + found.x[ix] * found.directions[0] + found.y[iy] * found.directions[1]
        assert found.value[iy, ix] == pytest.approx(plain_loss(model, theta, *data), rel=1e-10)
    share = (model.eval()(torch.tensor(data[0])).argmax(1).numpy() == data[1]).mean()
    assert found.accuracy[1, 4] == pytest.approx(share)
    assert task.way == f"by vmap, {task.piece} at a time"


@pytest.mark.parametrize("name", ["perceptron", "convolutional"])
def test_filters_are_as_long_as_the_weights_filters(name: str) -> None:
    task = task_of(name)
    found = slices.plan(task, task.theta, "filter", n=2)
    weights = dict(task.model.named_parameters())
    for row in found.blank.directions:
        parts = task.network.views(row)
        assert list(parts) == list(weights)
        for key, weight in weights.items():
            if weight.ndim > 1:
                ours = np.linalg.norm(parts[key].reshape(len(parts[key]), -1), axis=1)
                theirs = weight.detach().flatten(1).norm(dim=1).numpy()
                np.testing.assert_allclose(ours, theirs, rtol=1e-9)
            else:  # biases, scales and shifts
                assert not parts[key].any()


def test_a_module_is_sliced_where_it_stands() -> None:
    model = perceptron()
    found = ll.slice(model, (POINTS, TARGET), cross_entropy, directions="filter", n=(5, 3), seed=4)
    theta = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
    assert found.value[1, 2] == pytest.approx(plain_loss(model, theta, POINTS, TARGET), rel=1e-12)
    moved = theta + found.x[0] * found.directions[0] + found.y[2] * found.directions[1]
    assert found.value[2, 0] == pytest.approx(plain_loss(model, moved, POINTS, TARGET), rel=1e-10)
    with pytest.raises(UserError, match=r"^A PyTorch model needs its loss: "):
        ll.slice(perceptron(), (POINTS, TARGET))
    with pytest.raises(UserError, match=r"^net is a list and no torch\.nn\.Module\.$"):
        ll.slice([64, 10], "digits", cross_entropy)


@pytest.mark.parametrize(("dtype", "precision"), [("float64", 1e-10), ("float32", 1e-5)])
def test_a_perceptron_has_the_slice_of_our_own_with_the_same_parameters(dtype: str, precision: float) -> None:
    net = networks.mlp((6, 8, 7, 3))
    theirs = TorchTask(perceptron(), cross_entropy, (POINTS, TARGET), dtype=dtype)
    ours = slices.Task(net, POINTS, TARGET)
    for directions in ("filter", "hessian", "gradient"):
        by_torch = slices.plan(theirs, theirs.theta, directions, n=5).whole()
        by_us = slices.plan(ours, theirs.theta, directions, n=5, dtype=dtype, radius=float(by_torch.x[-1])).whole()
        if directions == "filter":
            np.testing.assert_array_equal(by_torch.directions, by_us.directions)
        if directions == "filter" or dtype == "float64":
            sign = np.sign((by_torch.directions * by_us.directions).sum(axis=1))
            mirrored = by_us.value[:: int(sign[1]), :: int(sign[0])]
            np.testing.assert_allclose(by_torch.value, mirrored, rtol=precision, atol=precision)
            mirrored = by_us.accuracy[:: int(sign[1]), :: int(sign[0])]
            np.testing.assert_allclose(by_torch.accuracy, mirrored, atol=1e-12)


def test_top_eigenvalues_are_those_of_the_dense_hessian() -> None:
    task, model = task_of("convolutional"), convolutional().eval()
    shapes = [p.shape for p in model.parameters()]
    names = [key for key, _ in model.named_parameters()]

    def loss(theta: Any) -> Any:
        parts = theta.split([shape.numel() for shape in shapes])
        weights = {key: part.view(shape) for key, part, shape in zip(names, parts, shapes, strict=True)}
        return cross_entropy(torch.func.functional_call(model, weights, torch.tensor(IMAGES)), torch.tensor(CLASSES))

    dense = torch.autograd.functional.hessian(loss, torch.tensor(task.theta)).numpy()
    values, vectors = np.linalg.eigh(dense)
    found = slices.hessian_spectrum(task, task.theta, 2)
    np.testing.assert_allclose(found.values, values[::-1][:2], rtol=1e-8)
    np.testing.assert_allclose(np.abs((found.vectors * vectors.T[::-1][:2]).sum(axis=1)), 1, atol=1e-6)
    direction = RNG.normal(size=(2, len(dense)))
    np.testing.assert_allclose(task.hessian_times(task.theta, direction), direction @ dense, atol=1e-12)
    slope = torch.autograd.functional.jacobian(loss, torch.tensor(task.theta)).numpy()
    np.testing.assert_allclose(task.gradient(task.theta), slope, atol=1e-12)


def test_batches_are_weighted_by_their_samples_and_honesty_is_that_of_the_whole() -> None:
    whole, parts = task_of("convolutional"), task_of("convolutional", batch=7)
    assert [one.samples for one in parts.batches] == [7, 7, 7, 3]
    rows = whole.theta + 0.1 * RNG.normal(size=(3, whole.network.size))
    np.testing.assert_allclose(parts.loss(rows), whole.loss(rows), rtol=1e-12)
    np.testing.assert_allclose(parts.gradient(rows), whole.gradient(rows), atol=1e-13)
    for task in (whole, parts):
        found = slices.plan(task, task.theta, "filter", n=3, path=rows).whole()
        numbers = honesty.examine(task, found, rows, seeds=2, samples=4)
        centred = rows - rows.mean(axis=0)
        q = np.linalg.qr(found.directions.T)[0]
        assert numbers.explained == pytest.approx(((centred @ q) ** 2).sum() / (centred**2).sum())
        np.testing.assert_allclose(numbers.true_loss, whole.loss(rows), rtol=1e-12)
        assert numbers.conclusion.startswith("The plane holds")


def test_data_come_in_many_forms() -> None:
    data = torch.utils.data
    points, target = torch.tensor(POINTS), torch.tensor(TARGET)
    dataset = data.TensorDataset(points, target)
    right = plain_loss(perceptron(), task_of("perceptron").theta, POINTS, TARGET)
    forms = [
        (points, target), [POINTS, TARGET.astype(np.int32)], dataset, data.DataLoader(dataset, batch_size=11),
        data.DataLoader(dataset, batch_size=13, shuffle=True), [(points[:20], target[:20]), (points[20:], target[20:])],
        ((POINTS[i : i + 9], TARGET[i : i + 9]) for i in range(0, 60, 9)),
    ]  # fmt: skip
    for form in forms:
        task = TorchTask(perceptron(), cross_entropy, form)
        assert task.samples == 60
        assert float(task.loss(task.theta)) == pytest.approx(right, rel=1e-12)


def test_several_inputs_by_place_and_by_name() -> None:
    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Linear(6, 3)

        def forward(self, first: Any, scale: Any) -> Any:
            return {"logits": self.inner(first) * scale[:, None]}

    scale = RNG.normal(size=60)
    torch.manual_seed(3)
    values = []
    for inputs in ((POINTS, scale), {"scale": scale, "first": POINTS}):
        torch.manual_seed(3)
        task = TorchTask(Two(), lambda out, target: cross_entropy(out["logits"], target), (inputs, TARGET))
        values.append(float(task.loss(task.theta)))
        assert task.way.startswith("by vmap")
        assert np.isnan(task.accuracy(task.theta))
    weight, bias = (part.detach().numpy() for part in task.model.parameters())
    out = (POINTS @ weight.T + bias) * scale[:, None]
    expected = np.mean(np.log(np.exp(out).sum(axis=1)) - out[np.arange(60), TARGET])
    assert values == pytest.approx([expected, expected], rel=1e-5)


class Stubborn:
    """Forward passes that vmap cannot map."""

    @staticmethod
    def branching(model: Any, x: Any) -> Any:
        y = model[0](x)
        return model[1:](y if float(y.sum()) > 0 else -y)

    @staticmethod
    def noisy(model: Any, x: Any) -> Any:
        return model(x + 0.1 * torch.randn_like(x))


@pytest.mark.parametrize("kind", ["branching", "noisy"])
def test_a_module_that_cannot_be_mapped_is_taken_one_at_a_time(kind: str) -> None:
    forward: Callable[[Any, Any], Any] = getattr(Stubborn, kind)

    class Wrapped(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = perceptron()

        def forward(self, x: Any) -> Any:
            return forward(self.inner, x)

    task = TorchTask(Wrapped(), cross_entropy, (POINTS, TARGET))
    assert task.way.startswith("one at a time: vmap cannot map this module")
    found = slices.plan(task, task.theta, "filter", n=3).whole()
    again = slices.plan(task, task.theta, "filter", n=3).whole()
    np.testing.assert_array_equal(found.value, again.value)  # the noise is the same everywhere, each time
    theta = task.theta + found.x[2] * found.directions[0] + found.y[0] * found.directions[1]
    model = Wrapped()
    torch.nn.utils.vector_to_parameters(torch.tensor(theta), model.parameters())
    torch.manual_seed(0)
    with torch.no_grad():
        right = float(cross_entropy(model(torch.tensor(POINTS)), torch.tensor(TARGET)))
    assert found.value[0, 2] == pytest.approx(right, rel=1e-12)


def test_attention_and_recurrence_have_hessian_products() -> None:
    class Sequence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = torch.nn.Embedding(9, 8)
            self.attend = torch.nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
            self.recur = torch.nn.GRU(8, 5, batch_first=True)
            self.end = torch.nn.Linear(5, 9)

        def forward(self, words: Any) -> Any:
            return self.end(self.recur(self.attend(self.embed(words)))[0])

    torch.manual_seed(0)
    words = RNG.integers(0, 9, (6, 7))
    task = TorchTask(
        Sequence().double(), lambda out, target: cross_entropy(out.flatten(0, 1), target.flatten()), (words, words)
    )
    direction = RNG.normal(size=task.network.size)
    h = 1e-5
    slope = (task.gradient(task.theta + h * direction) - task.gradient(task.theta - h * direction)) / (2 * h)
    np.testing.assert_allclose(task.hessian_times(task.theta, direction), slope, rtol=1e-4, atol=1e-7)


def test_frozen_parameters_stay_as_they_are() -> None:
    model = perceptron()
    model[0].requires_grad_(False)
    task = TorchTask(model, cross_entropy, (POINTS, TARGET))
    assert [p.name for p in task.network.parameters] == ["2.weight", "2.bias", "4.weight", "4.bias"]
    assert task.remarks == ["56 parameters require no gradient and stay as they are"]
    assert float(task.loss(task.theta)) == pytest.approx(
        plain_loss(perceptron(), task_of("perceptron").theta, POINTS, TARGET), rel=1e-12
    )


# ---------------------------------------------------------------------------------------------------- command and files

MINE = """
import numpy as np
import torch

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(40, 6)), rng.integers(0, 3, 40)
loss = torch.nn.functional.cross_entropy


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = torch.nn.Linear(6, 5), torch.nn.BatchNorm1d(5), torch.nn.Linear(5, 3)

    def forward(self, x):
        return self.last(torch.tanh(self.norm(self.first(x))))


def made():
    torch.manual_seed(0)
    return Net().double(), loss, (X, Y)


def single():
    return Net(), loss, (X, Y)


def two():
    return Net(), loss


def listed():
    return [Net(), loss, (X, Y)]


def no_module():
    return made, loss, (X, Y)


def no_loss():
    return Net(), 3, (X, Y)


def half():
    return Net().half(), loss, (X, Y)


def unreduced():
    return Net(), torch.nn.CrossEntropyLoss(reduction="none"), (X, Y)


def a_float():
    return Net(), lambda out, target: float(loss(out, target)), (X, Y)


def undefined():
    return Net(), lambda out, target: loss(out, target) * float("nan"), (X, Y)


def uneven():
    return Net(), loss, (X, Y[:-1])


def empty():
    return Net(), loss, (X[:0], Y[:0])


def unpaired():
    return Net(), loss, [X, Y, Y]


def narrow():
    return Net(), loss, (X[:, :4], Y)


def frozen():
    return Net().requires_grad_(False), loss, (X, Y)


def failing():
    raise RuntimeError("out of coffee")
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, twelve checkpoints of its training, and the same as a recorded run."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "mine.py").write_text(MINE)
    names: dict[str, Any] = {}
    exec(compile(MINE, "mine", "exec"), names)
    model, loss, (points, target) = names["made"]()
    points, target = torch.tensor(points), torch.tensor(target)
    rule = torch.optim.Adam(model.parameters(), lr=0.05)
    with ll.Recorder(folder / "run.npz") as run:
        for step in range(12):
            value = loss(model(points), target)
            torch.save(model.state_dict(), folder / f"e{step}.pt")
            run.save(model, step, loss=value)
            if step < 11:
                rule.zero_grad()
                value.backward()
                rule.step()
    return folder


def sliced(folder: Path, *words: str, n: str = "5", to: str = "s.npz") -> int:
    return main(["slice", "--torch", str(folder / "mine.py:made"), "-n", n, "-o", str(folder / to), *words])


def rows_of(folder: Path) -> np.ndarray:
    names = ("first.weight", "first.bias", "norm.weight", "norm.bias", "last.weight", "last.bias")
    states = [torch.load(folder / f"e{step}.pt") for step in range(12)]
    return np.array([np.concatenate([state[name].numpy().ravel() for name in names]) for state in states])


def eval_loss(folder: Path, row: np.ndarray) -> float:
    """Return the loss in evaluation, with the last checkpoint's running statistics."""
    names: dict[str, Any] = {}
    exec(compile(MINE, "mine", "exec"), names)
    model, _, data = names["made"]()
    model.load_state_dict(torch.load(folder / "e11.pt"))
    return plain_loss(model, row, *data)


@pytest.mark.parametrize("saved", ["e*.pt", "run.npz"])
def test_checkpoints_are_projected_as_numpy_does(saved: str, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sliced(trained, "--checkpoints", str(trained / saved), "--directions", "pca", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    with np.load(trained / "s.npz") as arrays:
        found = dict(arrays)
    rows = rows_of(trained)
    away = rows - rows[-1]
    _, size, axes = np.linalg.svd(away - away.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs((found["directions"] * axes[:2]).sum(axis=1)), 1, rtol=1e-9)
    np.testing.assert_allclose(found["path"], away @ found["directions"].T, atol=1e-9)
    np.testing.assert_allclose(found["centre"], rows[-1], atol=1e-12)
    np.testing.assert_allclose(found["path"][-1], 0, atol=1e-12)
    assert told["explained"] == pytest.approx((size[:2] ** 2).sum() / (size**2).sum(), rel=1e-9)
    losses = [eval_loss(trained, row) for row in rows]
    np.testing.assert_allclose(found["path_loss"], losses, rtol=1e-10)
    assert told["training_loss"] == pytest.approx(losses[-1], rel=1e-12)
    assert told["remarks"] == ["batch normalization uses the running statistics of the network in the middle"]
    assert (told["net"], told["samples"], told["dtype"], told["device"]) == ("Net", 40, "float64", "cpu")


def test_a_single_checkpoint_is_loaded_and_no_path(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sliced(trained, "--checkpoints", str(trained / "e11.pt"), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["training_loss"] == pytest.approx(eval_loss(trained, rows_of(trained)[-1]), rel=1e-12)
    assert told["explained"] == "nan"
    with np.load(trained / "s.npz") as arrays:
        np.testing.assert_allclose(arrays["centre"], rows_of(trained)[-1], atol=1e-12)


def test_a_surface_that_follows_the_checkpoints_has_their_true_loss(trained: Path) -> None:
    assert sliced(trained, "--checkpoints", str(trained / "run.npz"), "--directions", "local", n="9x7") == 0
    assert ll.scene(str(trained / "s.npz")).readouts(0.0)["least"] > 0
    task_rows = rows_of(trained)
    names: dict[str, Any] = {}
    exec(compile(MINE, "mine", "exec"), names)
    model, loss, data = names["made"]()
    model.load_state_dict(torch.load(trained / "e11.pt"))
    task = TorchTask(model, loss, data)
    recipe = slices.plan(task, task.theta, "local", n=3, path=task_rows)
    values, _ = recipe.surface.at(recipe.blank.path)
    np.testing.assert_allclose(values, [eval_loss(trained, row) for row in task_rows], rtol=1e-9)


def test_through_points_and_along_a_line(trained: Path) -> None:
    assert (
        sliced(trained, "--checkpoints", str(trained / "e5.pt"), str(trained / "e11.pt"), "--directions", "points") == 0
    )
    with np.load(trained / "s.npz") as arrays:
        rows = rows_of(trained)
        for mark, row in zip(arrays["marks"], (rows[0], rows[5], rows[11]), strict=True):
            np.testing.assert_allclose(rows[0] + mark @ arrays["directions"], row, atol=1e-9)
    assert sliced(trained, "--line", "--dtype", "float32") == 0
    with np.load(trained / "s.npz") as arrays:
        assert arrays["value"].shape == (5,)


def test_files_have_the_layout_of_the_papers_code(trained: Path) -> None:
    h5py: Any = import_module("h5py")
    assert sliced(trained, to="s.h5") == 0
    with h5py.File(trained / "s.h5") as file:
        group = file["xdirection"]
        assert [group[str(i)].shape for i in range(6)] == [(5, 6), (5,), (5,), (5,), (3, 5), (3,)]


def test_the_same_words_give_the_same_file(trained: Path) -> None:
    kept = []
    for _ in range(2):
        assert sliced(trained, "--checkpoints", str(trained / "e*.pt"), "--seed", "3") == 0
        kept.append((trained / "s.npz").read_bytes())
    assert kept[0] == kept[1]


def test_a_module_is_found_from_the_folder_at_hand(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained)
    (trained / "package_at_hand").mkdir()
    (trained / "package_at_hand" / "nets.py").write_text(MINE)
    assert main(["slice", "--torch", "package_at_hand.nets:made", "-n", "3", "-o", "s.npz"]) == 0
    assert main(["slice", "--torch", "package_at_hand.nets:mode", "-n", "3", "-o", "s.npz"]) == 2
    assert "package_at_hand.nets has no factory 'mode'. Did you mean 'made'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("factory", "told"),
    [
        ("mine.py:maed", "mine.py has no factory 'maed'. Did you mean 'made'?"),
        ("mine.py", "Say which function makes the model, as in mine.py:factory."),
        ("nowhere.py:made", "There is no file 'nowhere.py'."),
        ("nowhere_at_all:made", "There is no module 'nowhere_at_all' here, and none is installed."),
        ("mine", "A factory is written module:factory or path/to/file.py:factory, not 'mine'."),
        ("mine.py:two", "(inputs, targets); mine.py:two returned a tuple of length 2."),
        ("mine.py:listed", "mine.py:listed returned a list of length 3."),
        ("mine.py:no_module", "the first of mine.py:no_module is a function and no torch.nn.Module."),
        ("mine.py:no_loss", "the second of mine.py:no_loss is a int and no function."),
        ("mine.py:half", "The model has parameters of type float16, too coarse for a slice; make it model.float()."),
        ("mine.py:unreduced", "of one number, the mean over samples, not a tensor of shape (40,)."),
        ("mine.py:a_float", "The loss function must return a tensor of one number, the mean over samples, not 1."),
        ("mine.py:undefined", "The loss of the model itself is nan"),
        ("mine.py:uneven", "The data have 40 inputs and 39 targets"),
        ("mine.py:empty", "The data are empty"),
        ("mine.py:unpaired", "or yield such pairs, as a DataLoader does; here is a ndarray."),
        ("mine.py:narrow", "cannot be evaluated: mine.py, line 16: RuntimeError: mat1 and mat2 shapes"),
        ("mine.py:frozen", "no parameter that requires a gradient"),
        ("mine.py:failing", "The factory mine.py:failing fails: mine.py, line 81: RuntimeError: out of coffee."),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    factory: str, told: str, trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained)
    assert main(["slice", "--torch", factory, "-n", "3", "-o", "wrong.npz"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not Path("wrong.npz").exists()


def a_model(folder: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), folder / "bad.pt")


def half_a_file(folder: Path) -> None:
    whole = (folder / "e3.pt").read_bytes()
    (folder / "bad.pt").write_bytes(whole[: len(whole) // 2])


def a_list(folder: Path) -> None:
    torch.save([torch.ones(2)], folder / "bad.pt")


def another(folder: Path) -> None:
    torch.save(torch.nn.Linear(6, 5).state_dict(), folder / "bad.pt")


def wider(folder: Path) -> None:
    state = torch.load(folder / "e3.pt")
    torch.save(state | {"first.weight": torch.ones(5, 7)}, folder / "bad.pt")


def more(folder: Path) -> None:
    torch.save(torch.load(folder / "e3.pt") | {"extra.weight": torch.ones(5, 7)}, folder / "bad.pt")


def diverged(folder: Path) -> None:
    state = torch.load(folder / "e3.pt")
    torch.save(state | {"first.weight": torch.full((5, 6), torch.nan)}, folder / "bad.pt")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_model, "bad.pt holds more than tensors, a whole model perhaps, and is not read: save model.state_dict()."),
        (half_a_file, "bad.pt is no checkpoint that PyTorch can read: it is damaged, or something else."),
        (a_list, "bad.pt holds a list and no state dict"),
        (another, "bad.pt has no 'first.weight', which the model has; it holds weight, bias."),
        (wider, "bad.pt has 'first.weight' of shape (5, 7); the model's has (5, 6)."),
        (more, "bad.pt has 'extra.weight', which the model has not: it is of another model."),
        (diverged, "bad.pt holds numbers that are not finite: the training had diverged."),
    ],
)
def test_damaged_and_foreign_checkpoints_are_told(
    make: Callable[[Path], None], told: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(trained)
    files = [str(trained / name) for name in ("e1.pt", "e2.pt", "bad.pt", "e4.pt")]
    assert sliced(trained, "--checkpoints", *files) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_the_number_of_checkpoints_must_do(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = [str(trained / "e3.pt")] * 3
    for words, told in (
        (["--directions", "pca"], "need --checkpoints of at least three steps, not 0."),
        (["--directions", "local", "--checkpoints", *same[:2]], "of at least three steps, not 2."),
        (["--directions", "points"], "need one or two --checkpoints besides the model, not 0."),
        (["--checkpoints", *same], "All of the checkpoints hold the same parameters"),
        (
            ["--checkpoints", str(trained / "run.npz"), same[0]],
            "run.npz is an .npz file; a recorded run is given alone",
        ),
    ):
        assert sliced(trained, *words) == 2
        assert told in capsys.readouterr().err


@pytest.mark.parametrize("wrap", ["safetensors", "lightning", "compiled", "coarse"])
def test_checkpoints_as_others_write_them(wrap: str, trained: Path, tmp_path: Path) -> None:
    for step in range(12):
        state = torch.load(trained / f"e{step}.pt")
        if wrap == "safetensors":
            import_module("safetensors.torch").save_file(state, tmp_path / f"e{step}.safetensors")
        elif wrap == "lightning":
            inner = {f"model.{name}": value for name, value in state.items()} | {"accuracy.total": torch.ones(3)}
            held = {"epoch": step, "state_dict": inner, "optimizer_states": [{"state": {}}], "callbacks": {}}
            torch.save(held, tmp_path / f"e{step}.ckpt")
        elif wrap == "compiled":
            torch.save({f"_orig_mod.{name}": value for name, value in state.items()}, tmp_path / f"e{step}.pth")
        else:
            torch.save({name: v.bfloat16() if v.ndim else v for name, v in state.items()}, tmp_path / f"e{step}.pt")
    assert sliced(trained, "--checkpoints", f"{tmp_path}/e*", "--directions", "pca") == 0
    with np.load(trained / "s.npz") as arrays:
        rows = rows_of(trained)
        precision = 0.02 if wrap == "coarse" else 1e-9
        np.testing.assert_allclose(arrays["path"], (rows - rows[-1]) @ arrays["directions"].T, atol=precision)


# ------------------------------------------------------------------------------------------------------------ recording


@pytest.mark.filterwarnings("ignore")
def test_lightning_is_recorded_and_its_checkpoints_are_read(trained: Path, tmp_path: Path) -> None:
    lightning = import_module("lightning.pytorch")
    callbacks = import_module("lightning.pytorch.callbacks")
    names: dict[str, Any] = {}
    exec(compile(MINE, "mine", "exec"), names)

    class Around(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.loss, (self.points, self.target) = names["made"]()

        def training_step(self, batch: Any, index: int) -> Any:
            value = self.loss(self.model(batch[0]), batch[1])
            self.log("loss", value, on_epoch=True)
            return value

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

        def train_dataloader(self) -> Any:
            pairs = torch.utils.data.TensorDataset(torch.tensor(self.points), torch.tensor(self.target))
            return torch.utils.data.DataLoader(pairs, batch_size=20)

    with ll.Recorder(tmp_path / "run.npz") as run:

        def keep(trainer: Any, module: Any) -> None:
            run.save(module, trainer.current_epoch, loss=trainer.callback_metrics["loss"])
            trainer.save_checkpoint(tmp_path / f"e{trainer.current_epoch}.ckpt")

        callback = callbacks.LambdaCallback(on_train_epoch_end=keep)
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        trainer = lightning.Trainer(
            max_epochs=3, accelerator="cpu", default_root_dir=tmp_path, callbacks=[callback], **quiet
        )
        trainer.fit(Around())
    read = recorder.read_run(tmp_path / "run.npz")
    assert read.steps.tolist() == [0, 1, 2]
    assert np.isfinite(read.scalars["loss"]).all()
    kept = []
    for saved in ("run.npz", "e*.ckpt"):
        assert sliced(trained, "--checkpoints", str(tmp_path / saved), "--directions", "pca") == 0
        with np.load(trained / "s.npz") as arrays:
            kept.append(arrays["path"])
    np.testing.assert_allclose(kept[0], kept[1], atol=1e-12)
    assert np.linalg.norm(kept[0][0]) > 0.1


def test_keras_and_jax_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras, jax = import_module("keras"), import_module("jax")
    model = keras.Sequential([keras.layers.Dense(4, activation="tanh"), keras.layers.BatchNormalization()])
    model.compile("sgd", "mse")
    with ll.Recorder(tmp_path / "keras.npz") as run:
        keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: run.save(model, epoch, **logs))
        model.fit(POINTS, POINTS[:, :4], epochs=3, verbose=0, callbacks=[keep])
    read = recorder.read_run(tmp_path / "keras.npz")
    assert read.steps.tolist() == [0, 1, 2]
    assert np.isfinite(read.scalars["loss"]).all()
    kernel = next(values for name, values in read.parameters.items() if name.endswith("kernel"))
    np.testing.assert_array_equal(kernel[-1], model.layers[0].kernel.value.detach().numpy())
    assert {name.rpartition("/")[2] for name in read.buffers} >= {"moving_mean", "moving_variance"}

    # The type is named: JAX's default is float64 in a process where another test switched float64 on.
    kernel, bias = jax.numpy.ones((2, 3), jax.numpy.float32), jax.numpy.zeros(3, jax.numpy.bfloat16)
    tree = {"dense": {"kernel": kernel, "bias": bias}}
    with ll.Recorder(tmp_path / "jax.npz") as run:
        run.save(tree, loss=jax.numpy.float32(2.0))
    read = recorder.read_run(tmp_path / "jax.npz")
    assert {name: (v.shape, v.dtype.name) for name, v in read.parameters.items()} == {
        "dense.kernel": ((1, 2, 3), "float32"), "dense.bias": ((1, 3), "float32")
    }  # fmt: skip
    assert read.scalars["loss"].tolist() == [2.0]
