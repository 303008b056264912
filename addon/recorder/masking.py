"""Looks over captures that are finished, once more, and masks what looks like a secret in them.

A secret may be cut by chunk borders, so that it shows only in the whole. Done in a thread beside
the proxy, one capture after the other: the traffic does not wait for it.
"""

import logging
import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from ssetape.masking.files import mask_capture, user_salt

logger = logging.getLogger("ssetape")

# The thread shares the interpreter with the proxy: after some tenths of a millisecond of work
# it steps aside for this long.
_BREATH_S = 0.0005

# It lives here, not in record.py, which mitmproxy may load anew.
_thread = ThreadPoolExecutor(1, thread_name_prefix="ssetape-mask")
_waiting: set[Future[None]] = set()
_salts: list[bytes] = []


def take(path: Path) -> None:
    """Have a finished capture masked, soon."""
    try:
        task = _thread.submit(_mask, path, _BREATH_S)
    except RuntimeError:  # the process is about to end, and there are no threads any more
        _mask(path, 0.0)
        return
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)


def settle() -> None:
    """Wait until all that were taken are done."""
    wait(list(_waiting))


def _mask(path: Path, breath_s: float) -> None:
    try:
        count = mask_capture(path, _salt(), lambda: time.sleep(breath_s))
    except FileNotFoundError:
        return  # somebody has removed it
    except Exception as error:  # the capture stays as it is, and the traffic is not concerned
        logger.error(
            f"ssetape: {path}: not looked over for secrets: {error}; "
            f"ssetape scan --mask {path} tries again"
        )
        return
    if count:
        logger.info(f"ssetape: masked in {count} place{'s' * (count != 1)}: {path.name}")


def _salt() -> bytes:
    if not _salts:
        try:
            _salts.append(user_salt())
        except OSError as error:
            _salts.append(secrets.token_bytes(32))
            logger.warning(
                f"ssetape: cannot keep a salt for placeholders: {error}; "
                f"equal secrets get equal ones within this run alone"
            )
    return _salts[0]
