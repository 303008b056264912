"""h2, except that it ends a stream, or nothing, where h2 ends the whole connection.

h2 raises an error for a request that is malformed, and lets nothing more be sent after GOAWAY. RFC
9113 wants the stream reset (section 8.1.1), and the other streams to go on (section 6.8).
"""

from dataclasses import dataclass

from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import Event
from h2.exceptions import H2Error, InvalidBodyLengthError, ProtocolError
from hpack.exceptions import HPACKError
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame


@dataclass
class RequestMalformed(Event):
    """A request was malformed, and its stream has been reset."""

    stream_id: int
    why: str


class ClientLeaving(Event):
    """The client opens no more streams; those that are open go on."""


class Http2Protocol(H2Connection):
    """A server's side of a connection."""

    def end(self) -> None:
        """Drop what it has of itself, so that it is freed at once, and not by the collector."""
        self._frame_dispatch_table.clear()

    def _receive_frame(self, frame: Frame) -> list[Event]:
        try:
            return super()._receive_frame(frame)
        except ProtocolError as error:
            if not self._concerns_a_request(frame, error):
                raise
            try:
                self.reset_stream(frame.stream_id, ErrorCodes.PROTOCOL_ERROR)
                if isinstance(frame, DataFrame):  # the other streams need its part of the window
                    length_bytes = frame.flow_controlled_length
                    self.acknowledge_received_data(length_bytes, frame.stream_id)
            except H2Error:
                raise error from None
            return [RequestMalformed(frame.stream_id, str(error))]

    def _concerns_a_request(self, frame: Frame, error: ProtocolError) -> bool:
        """Whether the error is in a request's headers or length; if not, in the protocol."""
        if type(error) is InvalidBodyLengthError:
            return True
        is_of_h2 = type(error) is ProtocolError and not isinstance(error.__cause__, HPACKError)
        return is_of_h2 and isinstance(frame, HeadersFrame) and frame.stream_id in self.streams

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        if frame.error_code == ErrorCodes.NO_ERROR:
            return [], [ClientLeaving()]
        return super()._receive_goaway_frame(frame)
