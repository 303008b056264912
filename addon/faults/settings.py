"""The mitmproxy options of faults in passing streams."""

from collections.abc import Sequence

from mitmproxy import addonmanager

NAMES = frozenset({"tape_fault", "tape_fault_filter", "tape_fault_seed"})


def define(loader: addonmanager.Loader) -> None:
    """Add the options to mitmproxy's."""
    loader.add_option(
        "tape_fault",
        Sequence[str],
        [],
        "Inject faults into the streams that are recorded, such as 'cut event=3'; captures have "
        "what the server sent (ssetape).",
    )
    loader.add_option(
        "tape_fault_filter",
        str,
        "",
        "Inject faults only into flows that match this mitmproxy filter expression (ssetape).",
    )
    loader.add_option("tape_fault_seed", int, 0, "Random seed of the faults (ssetape).")
