"""Logs at mitmproxy's end what came and was not recorded, and what to check if nothing came."""

from mitmproxy import ctx

from ssetape.recording import recording
from ssetape.recording.log import logger
from ssetape.recording.unrecorded import unrecorded

NOTHING = (
    "check that the program uses the proxy, and that its NO_PROXY does not exempt the server; "
    "`ssetape doctor URL` says what the server sends"
)


class Summary:
    """The addon; `ssetape record` says the same in its own place."""

    def done(self) -> None:
        if not ctx.master.should_exit.is_set():
            return  # mitmproxy reloads the script
        lines = unrecorded.lines("--set tape_all=true")
        if not (recording.finished or recording.live or unrecorded.has_come):
            lines.append(f"nothing came: {NOTHING}")
        for line in lines:
            logger.info(f"ssetape: {line}")
