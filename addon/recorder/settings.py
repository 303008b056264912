"""The recorder's options in mitmproxy: their names, their defaults, and what they may say."""

from pathlib import Path

from mitmproxy import addonmanager, ctx, exceptions, flowfilter

_MASKS = ("on", "off")


def define(loader: addonmanager.Loader) -> None:
    """Make the options known to mitmproxy."""
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
        "tape_all", bool, False, "Record ordinary responses too, each as one chunk (ssetape)."
    )
    loader.add_option(
        "tape_types",
        str,
        "",
        "Further media types that are streams, separated by commas, as audio/* (ssetape).",
    )
    loader.add_option(
        "tape_websocket",
        bool,
        True,
        "Record WebSockets; of a recorded one mitmproxy keeps the last message alone (ssetape).",
    )
    loader.add_option(
        "tape_peek",
        bool,
        True,
        "Look for event streams in responses without length or telling label, which are then "
        "let through as they come (ssetape).",
    )


class RecorderSettings:
    """The options that are not used as they are written.

    Attributes:
        filter: `tape_filter`, parsed; None lets everything through.
        types: the patterns in `tape_types`.
    """

    def __init__(self) -> None:
        self.filter: flowfilter.TFilter | None = None
        self.types: tuple[str, ...] = ()

    def update(self, updated: set[str]) -> None:
        """Take over options that have changed; raises OptionsError."""
        if "tape_filter" in updated:
            self.filter = _parse_filter(ctx.options.tape_filter)
        if "tape_types" in updated:
            self.types = _parse_types(ctx.options.tape_types)
        if "tape_mask" in updated and ctx.options.tape_mask not in _MASKS:
            found = ctx.options.tape_mask
            raise exceptions.OptionsError(f"tape_mask {found!r}: expected {' or '.join(_MASKS)}")


def folder() -> Path:
    """Where captures go."""
    return Path(ctx.options.tape_dir).expanduser().absolute()


def is_masking() -> bool:
    """Whether credentials are masked."""
    return bool(ctx.options.tape_mask == "on")


def _parse_filter(expression: str) -> flowfilter.TFilter | None:
    if not expression:
        return None
    try:
        parsed = flowfilter.parse(expression)
    except ValueError as error:
        raise exceptions.OptionsError(f"tape_filter {expression!r}: {error}") from error
    if parsed is None:
        raise exceptions.OptionsError(f"tape_filter {expression!r}: not a filter expression")
    return parsed


def _parse_types(listed: str) -> tuple[str, ...]:
    patterns = tuple(part.strip().lower() for part in listed.split(",") if part.strip())
    for pattern in patterns:
        if pattern.count("/") != 1 or pattern.startswith("/") or pattern.endswith("/"):
            raise exceptions.OptionsError(
                f"tape_types {listed!r}: expected media types as audio/* or "
                f"multipart/x-mixed-replace, found {pattern!r}"
            )
    return patterns
