"""A suggestion ends a message, or there is none."""

import pytest

from ssetape.output.did_you_mean import did_you_mean, expected_one_of


@pytest.mark.parametrize("word", ["recrod", "recor", "RECORD", "record"])
def test_the_nearest_word_is_suggested(word: str) -> None:
    assert did_you_mean(word, ["replay", "record"]) == "; did you mean record?"


@pytest.mark.parametrize("word", ["", "*", "zzz", "\x1b[2J"])
def test_what_resembles_none_gets_no_suggestion(word: str) -> None:
    assert did_you_mean(word, ["replay", "record"]) == ""


def test_a_suggestion_is_in_the_letter_case_of_what_is_known() -> None:
    assert did_you_mean("fech", ["Fetch"]) == "; did you mean Fetch?"


def test_an_error_names_what_is_known_what_was_found_and_what_is_nearest() -> None:
    said = expected_one_of(iter(["replay", "record"]), "recrod")
    assert said == "expected one of replay, record; found 'recrod'; did you mean record?"
    assert expected_one_of(["a", "b"], 1) == "expected one of a, b; found 1"
