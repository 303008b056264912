import pytest

from ssetape.recording.moment import moment_of


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("chat-20261123-093012-46e9f3.ssetape", "20261123-093012"),
        ("20261123-093012-a.test-chat-46e9f3.ssetape", "20261123-093012"),
        ("chat-01.ssetape", ""),
        ("answer.ssetape", ""),
    ],
)
def test_a_name_says_when_in_the_order_of_time(name: str, moment: str) -> None:
    assert moment_of(name) == moment
