"""``regreen-syntax``: refuse Python files that do not compile, and merge-conflict markers.

Files are compiled in memory, never imported or executed. Compiling, unlike parsing alone, also
finds what Python refuses later on: ``return`` outside a function, a parameter declared global.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from regreen.errors import ExitCode
from regreen.model import Category
from regreen_hooks.conflicts import first_conflict, operation_unfinished
from regreen_hooks.finding import Finding, Result, Skipped, conclude

_RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


def check(path: str, source: bytes, *, in_conflict: bool) -> Finding | None:
    """Return why ``source``, the content of ``path``, must not be committed, if there is a reason.

    Markers inside a string that compiles are only refused when ``in_conflict`` says that git is in
    the middle of a merge: a test's fixture may hold them on purpose.
    """
    broken = _compile(path, source)
    if broken is None and not in_conflict:
        return None
    line = first_conflict(source)
    if line is not None:
        return Finding(
            path,
            line,
            1,
            Category.SYNTAX_ERROR,
            "a merge conflict is still in this file",
            f"choose what stays between the markers, then: git add {path}",
        )
    return broken


def _compile(path: str, source: bytes) -> Finding | None:
    """Return where and why Python refuses ``source``; bytes, so that its encoding line counts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line, column, message = error.lineno or 1, error.offset or 1, error.msg
    except ValueError as error:  # a null byte, before Python 3.12
        line, column, message = source.count(b"\n", 0, source.find(b"\0")) + 1, 1, str(error)
    except (RecursionError, MemoryError):
        line, column, message = 1, 1, "nested too deeply to compile"
    else:
        return None
    return Finding(
        path,
        line,
        max(column, 1),
        Category.SYNTAX_ERROR,
        f"{message} (read as Python {_RUNNING})",
        f"correct line {line}, then: git add {path}",
    )


def check_files(paths: Sequence[str], root: Path) -> Iterator[Result]:
    """Yield what is wrong with ``paths``, which are relative to ``root``, the work tree.

    Where the project does not support the Python that runs this, a file that does not compile may
    well be right: it is skipped, with the reason.
    """
    in_conflict = operation_unfinished(_git_dir(root))
    for path in paths:
        try:
            source = (root / path).read_bytes()
        except OSError as error:
            yield Skipped(path, error.strerror or str(error))
            continue
        finding = check(path, source, in_conflict=in_conflict)
        if finding is None:
            continue
        unfit = first_conflict(source) is None and _cannot_judge(root)
        yield Skipped(path, unfit) if unfit else finding


def _git_dir(root: Path) -> Path:
    """Return the folder of git's state; in a linked work tree ``.git`` is a file that names it."""
    given = os.environ.get("GIT_DIR")
    if given:
        return root / given
    dot_git = root / ".git"
    if dot_git.is_file():
        return root / dot_git.read_text().removeprefix("gitdir:").strip()
    return dot_git


@cache
def _cannot_judge(root: Path) -> str | None:
    """Return why this Python cannot judge the project's files, or ``None`` when it can."""
    # Only a commit that is held up pays for these imports; the others are to take no time.
    import tomllib

    from packaging.specifiers import SpecifierSet

    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        required = SpecifierSet(project["requires-python"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None  # no usable statement: InvalidSpecifier and TOMLDecodeError are ValueErrors
    if required.contains(f"{_RUNNING}.{sys.version_info.micro}", prereleases=True):
        return None
    return (
        f"the project requires Python {required} and this hook runs on {_RUNNING}; "
        "set language_version of regreen-syntax in .pre-commit-config.yaml"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files named by ``arguments`` (default: the command line's), from the work tree."""
    paths = sys.argv[1:] if arguments is None else arguments
    flags = [path for path in paths if path.startswith("-")]
    if flags:
        sys.stderr.write(f"regreen-syntax takes file names only, not {flags[0]}\n")
        return ExitCode.USAGE
    return conclude(check_files(paths, Path.cwd()))


if __name__ == "__main__":
    sys.exit(main())
