"""The recorder's mitmproxy options: names, defaults and legal values."""

from pathlib import Path

from mitmproxy import addonmanager, ctx, exceptions, flowfilter

from ssetape.masking.names import also_mask
from ssetape.output.did_you_mean import did_you_mean

_MASKS = ("on", "off")
# Of all of ssetape's options.
_PREFIX = "tape_"


def define(loader: addonmanager.Loader) -> None:
    """Add the options to mitmproxy's."""
    loader.add_option("tape_dir", str, "captures", "Folder for the captures (ssetape).")
    loader.add_option(
        "tape_filter",
        str,
        "",
        "Record only flows that match this mitmproxy filter expression (ssetape).",
    )
    loader.add_option(
        "tape_mask",
        str,
        "on",
        "Mask credentials, and what looks like one in URLs and bodies; off keeps all (ssetape).",
        choices=_MASKS,
    )
    loader.add_option(
        "tape_mask_names",
        str,
        "",
        "More names to mask as secrets, of headers, parameters and fields, comma-separated, "
        "such as oai-device-id (ssetape).",
    )
    loader.add_option(
        "tape_all", bool, False, "Record ordinary responses too, each as one chunk (ssetape)."
    )
    loader.add_option(
        "tape_types",
        str,
        "",
        "More media types to record as streams, comma-separated, such as audio/* (ssetape).",
    )
    loader.add_option(
        "tape_websocket",
        bool,
        True,
        "Record WebSockets; without a window, mitmproxy then keeps only the last message of each "
        "(ssetape).",
    )
    loader.add_option(
        "tape_peek",
        bool,
        True,
        "Look for event streams in responses without a length or a specific media type; stream "
        "these responses (ssetape).",
    )


class RecorderSettings:
    """The options that need parsing.

    Attributes:
        filter: `tape_filter`, parsed; None lets everything through.
        types: the patterns in `tape_types`.
    """

    def __init__(self) -> None:
        self.filter: flowfilter.TFilter | None = None
        self.types: tuple[str, ...] = ()

    def update(self, updated: set[str]) -> None:
        """Parse the options that have changed; raises OptionsError."""
        if "tape_filter" in updated:
            self.filter = parse_filter("tape_filter")
        if "tape_types" in updated:
            self.types = _parse_types(ctx.options.tape_types)
        if "tape_mask_names" in updated:
            also_mask(
                name.strip() for name in ctx.options.tape_mask_names.split(",") if name.strip()
            )
        if "tape_mask" in updated and ctx.options.tape_mask not in _MASKS:
            found = ctx.options.tape_mask
            raise exceptions.OptionsError(f"tape_mask {found!r}: expected {' or '.join(_MASKS)}")


def unknown_options() -> list[str]:
    """What to say of each option in our own words that mitmproxy has kept for an unknown addon."""
    options = ctx.options
    return [
        f"there is no option {name!r:.60}{did_you_mean(name, options.keys())}"
        for name in options.deferred
        if name.startswith(_PREFIX)
    ]


def folder() -> Path:
    """The folder for captures."""
    return Path(ctx.options.tape_dir).expanduser().absolute()


def is_masking() -> bool:
    """Whether credentials are masked."""
    return bool(ctx.options.tape_mask == "on")


def idle_limit_s() -> float:
    """How long a connection may be silent before mitmproxy closes it; 0 is for ever."""
    try:
        return float(ctx.options.tcp_timeout)
    except (AttributeError, KeyError):  # before mitmproxy 12.2.1
        return 600.0


def parse_filter(name: str) -> flowfilter.TFilter | None:
    """The filter in an option, None if it is empty; raises OptionsError."""
    expression: str = getattr(ctx.options, name)
    if not expression:
        return None
    try:
        parsed = flowfilter.parse(expression)
    except ValueError as error:
        raise exceptions.OptionsError(f"{name} {expression!r}: {error}") from error
    if parsed is None:
        raise exceptions.OptionsError(f"{name} {expression!r}: not a filter expression")
    return parsed


def _parse_types(listed: str) -> tuple[str, ...]:
    patterns = tuple(part.strip().lower() for part in listed.split(",") if part.strip())
    for pattern in patterns:
        if pattern.count("/") != 1 or pattern.startswith("/") or pattern.endswith("/"):
            raise exceptions.OptionsError(
                f"tape_types {listed!r}: expected media types such as audio/* or "
                f"multipart/x-mixed-replace, found {pattern!r}"
            )
    return patterns
