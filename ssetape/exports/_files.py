"""Writes exports to files and folders: completely or not at all, overwriting only if asked to."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import ExportError, SsetapeError
from ssetape.exports import ExportFormat, FolderFormat, load, names
from ssetape.output.whole_file import is_special, replacing


def format_of(path: Path) -> str | None:
    """The format that a file's suffix belongs to, if it belongs to exactly one."""
    found = [name for name in names() if load(name).SUFFIX == path.suffix != ""]
    return found[0] if len(found) == 1 else None


def to_file(
    form: ExportFormat, captures: Iterable[Capture], path: Path, *, overwrite: bool = False
) -> None:
    """Write captures into one file.

    Raises:
        ExportError: the file already exists; or a capture cannot be written completely, and then
            the file has what was good, if the format can keep that.
    """
    if path.exists() and not overwrite and not is_special(path):
        raise ExportError(f"{path} already exists; --overwrite replaces it")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, keep_after=ExportError) as file:
        form.write(captures, file)


def to_folder(
    form: ExportFormat, captures: Iterable[Capture], folder: Path, *, overwrite: bool = False
) -> Iterator[Path]:
    """Write captures into a folder, one file per capture, named after it. Yield the files.

    Raises:
        ExportError: there were problems with some captures; the others are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    taken: set[Path] = set()
    for capture in captures:
        stem = capture.path.name.removesuffix(".ssetape")
        path = folder / f"{stem}{form.SUFFIX}"
        number = 2
        while path in taken:  # captures of the same name, in several folders
            path = folder / f"{stem}-{number}{form.SUFFIX}"
            number += 1
        taken.add(path)
        try:
            to_file(form, [capture], path, overwrite=overwrite)
        except ExportError as error:
            problems += error.args
        except FileExistsError as error:  # a planted link
            problems.append(f"{error.filename}: {error.strerror}")
        except SsetapeError as error:
            problems.append(str(error))
        else:
            yield path
    if problems:
        raise ExportError(*problems)


def to_data_set(form: FolderFormat, captures: Iterable[Capture], folder: Path) -> None:
    """Write captures as one folder, laid out as the format says.

    Raises:
        ExportError: the folder exists and is not empty; or as the format says.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} already exists, and is not empty: choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    form.write_folder(captures, folder)
