"""What a command is told twice: refused, since one of the two would be ignored. And the rates of who joins a race."""

from __future__ import annotations

import argparse
from importlib import import_module

import pytest

import lossland as ll
from lossland.cli import COMMANDS, main
from lossland.cli.parsing import Parser
from lossland.errors import UserError
from lossland.optimizers import rates


def options_with_a_value() -> list[tuple[str, str]]:
    """Return every (command, option) that takes one value and no more."""
    found = []
    for command in COMMANDS:
        parser = Parser(prog=command)
        import_module(f"lossland.cli.{command}").configure(parser)
        for option, action in parser._option_string_actions.items():
            repeatable = isinstance(action, (argparse._AppendAction, argparse._StoreTrueAction, argparse._HelpAction))
            if not repeatable:
                found.append((command, option))
    return found


VALUES = {  # of each option: one that it reads
    **dict.fromkeys(("-n", "--steps", "--seed", "--time", "--seconds", "--fps", "--frames", "--dpi", "--threads"), "2"),
    **dict.fromkeys(("--domain",), "-1,1,-1,1"),
    **dict.fromkeys(("--start", "--camera"), "1,1"),
    **dict.fromkeys(("--size",), "320x180"),
    "--theme": "print",
    "--backend": "cpu",
    "--text-scale": "1.5",
    "--export": "coco",
    "--directions": "random",
}


def test_every_option_with_one_value_is_refused_the_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    options = options_with_a_value()
    assert len(options) > 60
    needs_word = {command for command, _ in options} - {"doctor", "scenes", "landscapes", "optimizers"}
    for command, option in options:
        action_type = next(
            action.type
            for action in parser_of(command)._option_string_actions.values()
            if option in action.option_strings
        )
        value = next(
            (v for v in (VALUES.get(option), "2", "1,1", "adam", "cpu", "float32") if v and reads(action_type, v)), None
        )
        assert value is not None, (command, option)
        words = [command, *(["bowl"] if command in needs_word else []), option, value, option, value]
        assert main(words) == 2, words
        assert "is given twice" in capsys.readouterr().err, words


def parser_of(command: str) -> Parser:
    parser = Parser(prog=command)
    import_module(f"lossland.cli.{command}").configure(parser)
    return parser


def reads(reader: object, value: str) -> bool:
    try:
        return reader is None or reader(value) is not None  # type: ignore[operator]
    except argparse.ArgumentTypeError:
        return False


@pytest.mark.parametrize(
    "words",
    [
        ["run", "bowl", "--optimizer", "adam", "--optimizer=sgd"],
        ["shot", "bowl", "-o", "a.png", "--output", "b.png"],
        ["readouts", "bowl", "--set", "steps=3", "--set", "steps=4"],
        ["readouts", "bowl", "--set", "lanes=adam", "--optimizer", "sgd"],
        ["readouts", "gradient_descent", "--set", "domain=-1,1,-1,1", "--domain", "-2,2,-2,2"],
        ["readouts", "bowl", "--set", "landscape=himmelblau"],
    ],
)
def test_one_sentence_and_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "give " in err


def test_a_lane_without_a_rate_gets_one_that_suits_however_it_is_named() -> None:
    land = ll.landscape("bowl")

    def rate(lanes: object) -> float:
        return ll.scene("bowl", lanes=lanes).values["lanes"][0].optimizer.lr

    suits = rates.suggested_rate(ll.optimizers.Adam(), land, ll.scene("bowl").values["start"])
    assert suits != ll.optimizers.Adam().lr == 0.001  # PyTorch's
    assert rate("adam") == rate(["adam"]) == rate("adam:beta1=0.8") == rate(ll.optimizers.Adam) == suits
    assert rate("adam:lr=0.001") == rate(ll.optimizers.Adam()) == 0.001


def test_both_options_race_alike(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for words in (["--set", "lanes=adam;sgd"], ["--optimizer", "adam", "--optimizer", "sgd"]):
        assert main(["readouts", "himmelblau", *words, "--json"]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


def test_two_landscapes_are_refused_in_python_too() -> None:
    with pytest.raises(UserError, match="Two landscapes are given, 'bowl' and 'beale'"):
        ll.scene("bowl", landscape="beale")
