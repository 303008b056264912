from mitmproxy import ctx
from proxies import in_context

from ssetape.addon.faults import live, settings


def test_no_fault_is_the_default() -> None:
    with in_context(live.SsetapeFaults()):
        found = {name: getattr(ctx.options, name) for name in settings.NAMES}
    assert {name: list(v) if name == "tape_fault" else v for name, v in found.items()} == {
        "tape_fault": [],
        "tape_fault_filter": "",
        "tape_fault_seed": 0,
    }
