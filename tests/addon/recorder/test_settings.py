import pytest
from mitmproxy import ctx
from mitmproxy.exceptions import OptionsError
from proxies import in_context

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder.settings import RecorderSettings, unknown_options


def settings(**options: object) -> RecorderSettings:
    found = RecorderSettings()
    with in_context(SsetapeRecord(), **options):
        found.update(set(options))
    return found


def test_types_are_separated_by_commas_in_any_spelling() -> None:
    found = settings(tape_types=" Audio/*, multipart/x-mixed-replace ,")
    assert found.types == ("audio/*", "multipart/x-mixed-replace")
    assert settings(tape_types="").types == ()


@pytest.mark.parametrize("types", ["audio", "audio/", "/mpeg", "a/b/c", "audio/*;x/y/z"])
def test_what_is_no_media_type_is_refused(types: str) -> None:
    with pytest.raises(OptionsError, match="expected media types such as audio"):
        settings(tape_types=types)


def test_a_filter_is_parsed_and_an_empty_one_is_none() -> None:
    assert settings(tape_filter="~u /chat").filter is not None
    assert settings(tape_filter="").filter is None
    with pytest.raises(OptionsError, match="tape_filter '~nonsense'"):
        settings(tape_filter="~nonsense")


def test_a_mistyped_option_is_told_once_all_addons_are_there() -> None:
    with in_context(SsetapeRecord()):
        ctx.options.update_defer(tape_dri="x", other="y")
        assert unknown_options() == ["there is no option 'tape_dri'; did you mean tape_dir?"]
