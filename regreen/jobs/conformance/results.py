"""What came of one test vector, and the folder that vectors are read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from regreen.errors import UsageError


@dataclass(frozen=True, slots=True)
class Result:
    """One vector: its file, its name in the file, and, where it failed, what differs."""

    file: str
    name: str
    expected: str = ""
    came: str = ""
    passed: bool = True


def failed(file: str, name: str, expected: str, came: str) -> Result:
    """Return the result of a vector of which something else came than was expected."""
    return Result(file, name, expected, came, passed=False)


def vector_files(folder: Path, *endings: str) -> tuple[Path, ...]:
    """Return the files in ``folder`` with one of ``endings``, by name.

    Raises ``UsageError`` where there is no such folder, or none of them in it.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", "name the folder of the vectors")
    found = sorted(path for path in folder.iterdir() if path.suffix in endings and path.is_file())
    if not found:
        kinds = " or ".join(f"*{ending}" for ending in endings)
        raise UsageError(f"{folder} holds no vectors ({kinds})", "name the folder of the vectors")
    return tuple(found)


def text_of(path: Path) -> str:
    """Return the text of a vector file, its line ends as they are; raises ``UsageError``."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise malformed(path, error.strerror or str(error)) from error


def malformed(path: Path, why: str) -> UsageError:
    """Return the error of a file that is no vector file."""
    return UsageError(
        f"{path} is no file of vectors: {why}", "correct it, or take it out of the folder"
    )
