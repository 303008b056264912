import pytest

from ssetape.cli.terminal.playhead import Playhead


def test_it_moves_with_time() -> None:
    head = Playhead(100.0, speed=2.0)
    assert (head.at(100.0), head.at(101.5)) == (0.0, 3.0)
    assert head.wait_s(5.0, 101.5) == 1.0
    assert head.wait_s(2.0, 101.5) == -0.5


def test_it_stands_while_it_is_paused() -> None:
    head = Playhead(0.0)
    head.pause(1.0)
    assert (head.is_paused, head.at(50.0), head.wait_s(2.0, 50.0)) == (True, 1.0, None)
    head.pause(60.0)
    assert (head.is_paused, head.at(61.0)) == (False, 2.0)


def test_a_step_goes_there_and_stands_there() -> None:
    head = Playhead(0.0)
    head.pause(1.0)
    head.move_to(7.0, 2.0)
    assert head.at(9.0) == 7.0
    head.pause(9.0)
    assert head.at(10.0) == 8.0


def test_the_speed_changes_from_now_on() -> None:
    head = Playhead(0.0)
    head.change_speed(4.0, 1.0)
    assert head.at(2.0) == 5.0
    head.change_speed(0.5, 2.0)
    assert head.at(3.0) == pytest.approx(7.0)
