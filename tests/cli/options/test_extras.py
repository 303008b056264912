from collections.abc import Callable

import pytest

from ssetape.cli.options import extras
from ssetape.errors import RecordError, ReplayError, ViewError


def test_what_the_page_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    extras.require_page()
    monkeypatch.setattr(extras, "_NEEDED_BY_THE_PAGE", ("nothing_of_that_name",))
    with pytest.raises(ViewError, match=r"nothing_of_that_name.*pip install 'ssetape\[view\]'"):
        extras.require_page()


def test_without_mitmproxy_the_error_says_what_to_install(without: Callable[[str], None]) -> None:
    without("mitmproxy")
    with pytest.raises(RecordError, match=r"pip install 'ssetape\[record\]'"):
        extras.import_inside()


def test_without_cryptography_the_error_says_what_to_install(
    without: Callable[[str], None],
) -> None:
    without("cryptography")
    with pytest.raises(ReplayError, match=r"cryptography.*pip install 'ssetape\[proxy\]'"):
        extras.import_authority()
