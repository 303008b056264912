import os
import select
import signal

from ssetape.replay.workers.signals import signals


def test_a_signal_is_a_byte_and_later_again_what_it_was() -> None:
    def handler(*_: object) -> None:
        pass

    before = signal.signal(signal.SIGHUP, handler)
    try:
        with signals([signal.SIGHUP]) as received:
            os.kill(os.getpid(), signal.SIGHUP)
            assert select.select([received], [], [], 60)[0]
            assert received.recv(10) == bytes([signal.SIGHUP])
        assert signal.getsignal(signal.SIGHUP) is handler
    finally:
        signal.signal(signal.SIGHUP, before)
