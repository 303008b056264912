"""Masks likely secrets in a finished capture, and replaces its file atomically."""

import os
import secrets
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ssetape.errors import DecodingError
from ssetape.masking.encoded import has_secrets
from ssetape.masking.lines import Masker

_SALT_BYTES = 32
_COPY_BYTES = 1024 * 1024


def user_salt() -> bytes:
    """This user's secret salt, created on first use and readable only by the user.

    It is in `$XDG_STATE_HOME/ssetape/mask-salt`, by default `~/.local/state/ssetape/mask-salt`,
    away from the captures. Raises OSError.
    """
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    path = Path(state) / "ssetape" / "mask-salt"
    try:
        salt = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"mask-salt-{secrets.token_hex(6)}")
        with _create(draft) as file:
            file.write(secrets.token_bytes(_SALT_BYTES))
        try:
            os.link(draft, path)  # the first process to link wins, with a complete file
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        salt = path.read_bytes()
    if len(salt) < _SALT_BYTES:
        raise OSError(0, f"expected {_SALT_BYTES} bytes of salt, found {len(salt)}", str(path))
    return salt


class Masked(NamedTuple):
    """What masking a capture came to.

    Attributes:
        secret_count: how many secrets were masked.
        problem: what could not be searched and why, or None.
    """

    secret_count: int
    problem: str | None


def mask_capture(path: Path, salt: bytes) -> Masked:
    """Mask a finished capture's secrets. Without any, the file is untouched.

    A body with a Content-Encoding is replaced by what it decodes to if that has secrets.

    If `path` is a link, the file that it leads to is masked, and the link stays.

    Raises:
        OSError, ValueError, LookupError, TypeError: the file cannot be read or written, or is not
            as a recorder writes it. The original then stays in place.
    """
    path = Path(os.path.realpath(path))
    # Not named like a capture, so that a listing of the folder does not show two.
    draft_path = path.with_name(f".{path.name}-{secrets.token_hex(3)}.tmp")
    draft: BinaryIO | None = None
    offset = 0
    try:
        with path.open("rb") as file:
            masker = _masker(file, salt)
            for old, new in masker.lines(file):
                if new != old:
                    draft = draft or _begin(draft_path, path, offset)
                if draft is not None:
                    draft.write(new)
                offset += len(old)
        if draft is not None:
            draft.close()
            os.replace(draft_path, path)
    except BaseException:
        if draft is not None:
            draft.close()
            draft_path.unlink(missing_ok=True)
        raise
    return Masked(masker.count, masker.problem)


def _masker(file: BinaryIO, salt: bytes) -> Masker:
    """The masker for a capture; the file is back at its start."""
    problem = None
    decodes = False
    try:
        decodes = has_secrets(file)
    except DecodingError as error:
        problem = f"the body was not searched: {error}"
    file.seek(0)
    masker = Masker(salt, decodes=decodes)
    masker.problem = problem
    return masker


def _begin(draft_path: Path, path: Path, size_bytes: int) -> BinaryIO:
    """Start a draft with the unchanged first bytes of the file."""
    draft = _create(draft_path)
    with path.open("rb") as source:
        while size_bytes > 0 and (data := source.read(min(_COPY_BYTES, size_bytes))):
            draft.write(data)
            size_bytes -= len(data)
    return draft


def _create(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")
