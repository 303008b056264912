import pytest
from mitmproxy import exceptions

from ssetape.addon.windows import needed


def test_a_module_beside_it() -> None:
    assert needed.load("measuring").__name__ == "ssetape.addon.windows.measuring"


def test_without_what_it_needs_the_command_says_how_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'msgspec'", name="msgspec")

    monkeypatch.setattr(needed, "import_module", missing)
    with pytest.raises(exceptions.CommandError) as raised:
        needed.load("lines")
    assert str(raised.value) == (
        "needs what ssetape installs: pip install 'ssetape[record]', and start mitmproxy from "
        "there (No module named 'msgspec')"
    )
