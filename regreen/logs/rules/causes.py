"""What went wrong inside a build that an installer ran: the compiler's word, not the wrapper's.

pip, uv, poetry, pdm and ``build`` all show the output of the build back end that failed, and then
say in their own words that it did. The category is that of what the back end said: a module that
is not there is a dependency's business, everything that a compiler rejects a build error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.model import Category

_LONGEST = 2000
"""Lines of a build's output that are looked at, counted from its end."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The line that says why a build failed; ``code`` is the module where one is missing."""

    index: int
    category: Category
    message: str
    code: str | None = None


_FRAME = expression(
    r"^[\s\u2502\u256d\u2570\u2500\u251c\u25b6<>~|]*(?:cause: |Caused by: )?(?:#\d+ )?"
)
_DECISIVE = (
    (
        expression(
            r"No space left on device|Cannot allocate memory|\bKilled \(program |MemoryError$"
            r"|[Kk]illed signal terminated program|out of memory(?: allocating|$)"
        ),
        Category.RESOURCE_EXHAUSTION,
    ),
    (
        expression(
            r"^(?:ERROR: )?(?:No matching distribution found for|Could not find a version that)"
            r"|^(?:ERROR: )?ResolutionImpossible|No solution found when resolving"
            r"|requires a different Python:|^ERROR: Cannot install .* conflicting dependencies"
        ),
        Category.DEPENDENCY_ISSUE,
    ),
    (
        expression(
            r"Could not resolve host|Temporary failure in name resolution|^urllib\.error\.URLError"
            r"|Name or service not known|Connection (?:timed out|reset by peer|refused)"
            r"|Read timed out|Max retries exceeded with url|HTTP Error (?:5\d\d|429)"
            r"|CERTIFICATE_VERIFY_FAILED|Failed to connect to \S+ port|: no such host"
        ),
        Category.NETWORK_ERROR,
    ),
)
_COMPILER = expression(
    r"^\S[^\n]{0,300}?:\d+(?::\d+)?: (?:fatal )?error: |^[^\s:]+\(\d+\): (?:fatal )?error C\d+"
    r"|^[\w./+-]*(?:cc|c\+\+|clang|g\+\+|ld|cl\.exe|collect2|LINK)(?:[\d.-]+)?: (?:fatal )?error"
    r"|undefined reference to|cannot find -l|^CMake Error|^error\[E\d+\]: |: ERROR: "
    r"|^error: (?:could not compile|linker |failed to run custom build command|can't find Rust)"
    r"|^Error compiling Cython file|^\S+\.pyx:\d+:\d+: |^error: Microsoft Visual C\+\+"
    r"|^error: package .* cannot be built because it requires rustc|^\U0001f4a5 maturin failed"
    r"|^Cargo, the Rust package manager, is not installed"
)
_ENDING = expression(
    r"^(?P<kind>(?:[a-zA-Z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Warning|NotFound|Conflict"
    r"|Failed|Failure|Missing))(?:: (?P<message>.*))?$"
    r"|^(?:error|ERROR|Error)(?: in .{1,80} (?:setup )?command)?: (?P<error>\S.*)$"
)
_WRAPPERS = expression(
    r"^(?:subprocess\.)?CalledProcessError|^(?:error|ERROR): (?:subprocess-exited|metadata-gen"
    r"|legacy-install|failed-wheel|backend-unavail|Command |command |.*did not run successfully"
    r"|Failed building wheel|Failed to build|Could not build wheels)|BackendUnavailable"
    r"|^SystemExit|CompileError: (?:command |\S+$)|^Error running maturin|BackendInvalid$"
    r"|^(?:error|ERROR): (?:Building wheel|Getting requirements|Preparing metadata)"
)
_MODULE = expression(
    r"(?:ModuleNotFoundError|ImportError): (?:No module named ['\"]?(?P<module>[\w.]+)"
    r"|cannot import name )|^(?:\S+\.)?(?:DistributionNotFound|VersionConflict"
    r"|PackageNotFoundError)\b"
)
_SETTINGS = expression(
    r"configuration error: `|[Ii]nvalid pyproject\.toml|TOMLDecodeError|TomlError"
    r"|InvalidConfigError|ConfigError\b|Could not parse version constraint"
    r"|(?:TypeError|ValueError): (?:Field|Dependency|Unknown classifier|Invalid version)\b"
    r"|ConfigurationError\b"
)
_DENIED = expression(r"^PermissionError|\[Errno 13\]")


def cause(excerpt: Excerpt, first: int, last: int) -> Cause | None:
    """Return why the build failed whose output is the lines ``first`` to ``last`` (excluded)."""
    lines = list(_plain(excerpt, max(first, last - _LONGEST), last))
    for wording, category in _DECISIVE:
        for index, text in reversed(lines):
            if wording.search(text):
                return Cause(index, category, text)
    ending = _ending(lines)
    if ending is not None and ending.category is not Category.BUILD_ERROR:
        return ending
    for index, text in lines:
        if _COMPILER.search(text):
            return Cause(index, Category.BUILD_ERROR, text)
    return ending


def _plain(excerpt: Excerpt, first: int, last: int) -> Iterator[tuple[int, str]]:
    """The lines without the indentation and the frame that an installer puts around them."""
    for index in range(first, last):
        text = excerpt.lines[index]
        yield index, text[_end(text) :]


def _end(text: str) -> int:
    match = _FRAME.match(text)
    return match.end() if match else 0


def _ending(lines: list[tuple[int, str]]) -> Cause | None:
    """The last exception or error that is not just a wrapper's report of another."""
    for index, text in reversed(lines):
        match = _ENDING.match(text)
        if match is None or _WRAPPERS.search(text):
            continue
        module = _MODULE.search(text)
        if module:
            return Cause(index, Category.DEPENDENCY_ISSUE, text, module["module"])
        if _SETTINGS.search(text):
            return Cause(index, Category.CONFIGURATION_ERROR, text)
        if _DENIED.search(text):
            return Cause(index, Category.PERMISSION_ERROR, text)
        return Cause(index, Category.BUILD_ERROR, text)
    return None
