"""Masks what looks like a secret in finished captures.

A secret may be split between chunks, so only the whole body shows it. A separate thread does
this, one capture after the other: the traffic does not wait for it.
"""

import logging
import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from ssetape.masking.files import mask_capture, user_salt

logger = logging.getLogger("ssetape")

# The thread shares the interpreter with the proxy: after a few tenths of a millisecond of work
# it pauses for this long.
_BREATH_S = 0.0005

# Here and not in record.py, which mitmproxy may reload.
_thread = ThreadPoolExecutor(1, thread_name_prefix="ssetape-mask")
_waiting: set[Future[None]] = set()
_salts: list[bytes] = []


def take(path: Path) -> None:
    """Queue a finished capture for masking."""
    try:
        task = _thread.submit(_mask, path, _BREATH_S)
    except RuntimeError:  # the process is exiting and starts no more threads
        _mask(path, 0.0)
        return
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)


def settle() -> None:
    """Wait until all queued captures are masked."""
    wait(list(_waiting))


def _mask(path: Path, breath_s: float) -> None:
    try:
        count = mask_capture(path, _salt(), lambda: time.sleep(breath_s))
    except FileNotFoundError:
        return  # removed in the meantime
    except Exception as error:  # the capture stays as it is, and the traffic goes on
        logger.error(
            f"ssetape: {path}: cannot look for secrets: {error}; "
            f"to try again: ssetape scan --mask {path}"
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
                f"equal secrets get equal placeholders within this run only"
            )
    return _salts[0]
