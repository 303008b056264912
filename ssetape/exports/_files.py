"""Writes exports to files and folders: completely or not at all, overwriting only if asked to."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import ExportError, SsetapeError
from ssetape.exports import ExportFormat, FolderFormat, load, names
from ssetape.output.whole_file import is_special, replacing


def formats_of(path: Path) -> list[str]:
    """The formats that a path's suffix belongs to.

    A format without a suffix has its name as one: a folder of Parquet files may end in `.parquet`.
    """
    return [name for name in names() if (load(name).SUFFIX or f".{name}") == path.suffix]


def check_free(path: Path, *, overwrite: bool) -> None:
    """Check that a file may be written.

    Raises:
        ExportError: it already exists.
    """
    if path.exists() and not overwrite and not is_special(path):
        raise ExportError(f"{path} already exists; --overwrite replaces it")


def check_new(folder: Path) -> None:
    """Check that a folder for a data set is new, or empty.

    Raises:
        ExportError: it is not.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} already exists, and is not empty: choose another folder")


def to_file(
    form: ExportFormat, captures: Iterable[Capture], path: Path, *, overwrite: bool = False
) -> None:
    """Write captures into one file.

    Raises:
        ExportError: the file already exists; or a capture cannot be written completely, and then
            the file has what was good, if the format can keep that.
    """
    check_free(path, overwrite=overwrite)
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


def to_data_set(
    form: FolderFormat, captures: Iterable[Capture], folder: Path, jobs: int | None = 1
) -> None:
    """Write captures as one folder, laid out as the format says.

    Args:
        jobs: how many processes read, as in `ssetape.cores.reading.each_read`.

    Raises:
        ExportError: the folder exists and is not empty; or as the format says.
    """
    check_new(folder)
    folder.mkdir(parents=True, exist_ok=True)
    form.write_folder(captures, folder, jobs)
