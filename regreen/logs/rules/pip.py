"""pip: requirements that conflict or cannot be read, releases that do not fit, settings.

The wordings are those of pip 9 to 26; what it fetches is in ``pip_index``, packages that did not
build are in ``builds``.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.model import AutoFixable, Category

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_PARTIAL = AutoFixable.PARTIAL

RULES = (
    pattern(
        "pip-conflict",
        r"^[ \t]*(?:ERROR: )?(?P<message>Cannot install .+ because these package versions"
        r" have conflicting dependencies\.|ResolutionImpossible: .*"
        r"|Double requirement given: .*)",
        triggers=("conflicting dependencies", "ResolutionImpossible", "Double requirement"),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        confidence=0.96,
        matches=(
            "ERROR: Cannot install a and b==1 because these package versions have"
            " conflicting dependencies."
        ),
        ignores="Installing collected packages: a, b",
    ),
    pattern(
        "pip-python",
        r"^[ \t]*(?:ERROR: )?(?P<message>Package '(?P<code>[^'\n]+)' requires a different"
        r" Python: .*"
        r"|\S+ requires Python '[^'\n]+' but the running Python is .*)$",
        triggers=("requires a different Python", "but the running Python is"),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="ERROR: Package 'a' requires a different Python: 3.9.25 not in '>=3.10'",
        ignores="Requires-Python: >=3.10",
    ),
    pattern(
        "pip-hashes",
        r"^[ \t]*(?:ERROR: )?(?P<message>THESE PACKAGES DO NOT MATCH THE HASHES.*"
        r"|In --require-hashes mode, all requirements must have.*"
        r"|Hashes are required in --require-hashes mode.*"
        r"|Can't verify hashes for these .*)$",
        triggers=("THE HASHES", "--require-hashes mode", "Can't verify hashes"),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        ignores="hashes match",
    ),
    pattern(
        "pip-unusable",
        r"^[ \t]*(?:ERROR: )?(?P<message>\S+\.whl is not a supported wheel on this platform\."
        r"|Requested \S+ from .* has (?:inconsistent|different|invalid) .*"
        r"|Wheel '[^'\n]+' located at .* is invalid\.|Cannot uninstall ['\"]?\S+.*"
        r"|Could not find a tag or branch .*)$"
        r"|^error: (?P<kind>resolution-too-deep|uninstall-distutils-installed-package"
        r"|uninstall-no-record-file|invalid-installed-package|unsupported-wheel)$",
        triggers=(
            "supported wheel",
            "Requested ",
            " is invalid.",
            "Cannot uninstall",
            "error: resolution-too-deep",
            "error: uninstall-",
            "error: invalid-installed",
            "tag or branch",
            "error: unsupported-wheel",
        ),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="ERROR: a-1.0-cp27-cp27m-win32.whl is not a supported wheel on this platform.",
        ignores="Requested a==1",
    ),
    pattern(
        "pip-check",
        r"^(?P<message>(?P<code>[\w.-]+) \S+ (?:requires [\w.-]+, which is not"
        r" installed\.|has requirement .+, but you have .+|is not supported on this platform))$",
        triggers=("which is not installed.", ", but you have ", "is not supported on this platf"),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="a 1.0 requires b, which is not installed.",
        ignores="b is not installed",
    ),
    pattern(
        "pip-file",
        r"^[ \t]*+(?:ERROR: )?(?P<message>Could not open requirements file: .*"
        r"|Invalid requirement: .*|File \"setup\.py\" (?:or \"setup\.cfg\" )?not found.*"
        r"|(?!error: `|ERROR Source).* does not appear to be a Python project(?!, as).*"
        r"|Directory '.*' is not installable\..*|Project \S+ (?:has a|uses a) .*build_editable.*"
        r"|\S+ is not a valid editable requirement.*|.* should either be a path to a local project"
        r" or a VCS url.*|Could not detect requirement name for .*"
        r"|(?:Constraints cannot have|Unnamed requirements are not allowed|Links are not allowed)"
        r".*|Could not find an activated virtualenv.*|Can not perform a '--user' install\..*"
        r"|You must give at least one requirement to .*|To modify pip, please run .*"
        r"|unknown command \".*)$|^error: (?P<kind>externally-managed-environment"
        r"|missing-pyproject-build-system-requires|invalid-pyproject-build-system-requires)$",
        triggers=(
            "requirements file",
            "Invalid requirement",
            "does not appear to be a Python project",
            "is not installable",
            'File "setup.py"',
            "build_editable",
            "valid editable requirement",
            "should either be a path",
            "Could not detect requirement",
            "Constraints cannot",
            "Unnamed requirements",
            "Links are not allowed",
            "activated virtualenv",
            "'--user' install",
            "at least one requirement",
            "To modify pip",
            "ERROR: unknown command",
            "externally-managed-environment",
            "-pyproject-build-system-requires",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="pip",
        weight=Weight.VERDICT,
        matches=(
            "ERROR: Could not open requirements file: [Errno 2] No such file or"
            " directory: 'dev.txt'"
        ),
        ignores="Reading requirements file",
    ),
    pattern(
        "pip-option",
        r"^(?:ERROR: )?(?:\S*pip[\d.]*: error: )?(?P<message>no such option: (?P<code>-\S+))$",
        triggers=("no such option: ",),
        category=Category.CONFIGURATION_ERROR,
        tool="pip",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        matches="no such option: --nope",
        ignores="such an option",
    ),
)
