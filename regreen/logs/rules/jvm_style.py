"""Style checkers of the JVM languages: checkstyle, ktlint, detekt, PMD, spotless."""

from __future__ import annotations

from regreen.logs.rules.base import Weight
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable

_CHECKSTYLE = (
    r"^\[?(?:ant:checkstyle\] )?\[(?:ERROR|WARN)\] (?P<file>\S+\.\w+):(?P<line>\d+)"
    r"(?::(?P<column>\d+))?: "
    r"(?P<message>.+?)(?: \[(?P<code>\w+)\])?$"
)
_CHECKSTYLE_MAVEN = (
    r"^\[(?:ERROR|WARN(?:ING)?)\] (?P<file>\S+\.\w+):\[(?P<line>\d+)(?:,(?P<column>\d+))?\] "
    r"\(\w+\) (?P<code>\w+): (?P<message>.+)$"
)

RULES = (
    checker(
        "checkstyle",
        "checkstyle",
        r"^.{0,120}?(?:You have \d+ Checkstyle violations?.*"
        r"|Checkstyle rule violations were found.*|Checkstyle ends with [1-9]\d* errors?\."
        r"|There (?:is|are) \d+ errors? reported by Checkstyle.*)$",
        (
            Shape(_CHECKSTYLE, ("[ERROR] ", "[WARN] ")),
            Shape(_CHECKSTYLE_MAVEN, ("] (",)),
        ),
        triggers=("heckstyle",),
        matches=(
            "[ERROR] There are 2 errors reported by Checkstyle 9.3 with sun_checks.xml ruleset."
        ),
        ignores="> Task :a:checkstyleMain",
    ),
    checker(
        "spotless",
        "spotless",
        r"^.{0,60}?(?:The following files had format violations:|.*Run '.*spotless(?:Apply|:apply)"
        r"' to fix)"
        r".*$",
        (
            Shape(
                r"^(?:\[ERROR\] | {2,8})(?P<file>[\w./+-]+\.(?:java|kt|kts|scala|groovy|gradle|xml|"
                r"md|json|ya?ml"
                r"|sql|ts|js))$",
                (".",),
            ),
        ),
        triggers=("The following files had format violations", "to fix"),
        fixable=AutoFixable.YES,
        matches="> The following files had format violations:\n      src/main/java/A.java",
        ignores="this is to fix",
    ),
    checker(
        "ktlint",
        "ktlint",
        r"^.{0,80}?(?:KtLint found code style violations.*|Summary error count.*|Lint errors? "
        r"cannot be "
        r"auto-?corrected.*)$",
        (
            Shape(
                r"^\s*(?P<file>[^\s:]{1,300}\.kts?):(?P<line>\d{1,7}):(?P<column>\d{1,7}):? "
                r"(?P<message>.+) "
                r"\((?P<code>[a-z][\w:-]{1,80})\)$",
                (".kt:", ".kts:"),
            ),
        ),
        triggers=("KtLint found", "Summary error count", "(standard:", ".kt:", "Lint error"),
        alone=Weight.VERDICT,
        needs_rows=True,
        fixable=AutoFixable.PARTIAL,
        matches=(
            "src/main/kotlin/A.kt:3:1: Unexpected indentation (2) (should be 4) (standard:indent)"
        ),
        ignores="src/main/kotlin/A.kt:3:1: warning: unused",
    ),
    checker(
        "detekt",
        "detekt",
        r"^.{0,80}?(?:Analysis failed with [1-9]\d* (?:weighted )?issues?\.?.*"
        r"|Build failed with \d+ weighted issues.*)$",
        (
            Shape(
                r"^\s*(?P<file>\S+\.kts?):(?P<line>\d+):(?P<column>\d+): (?P<message>.+) "
                r"\[(?P<code>\w+)\]$",
                (".kt:", ".kts:"),
            ),
        ),
        triggers=("Analysis failed with", "weighted issues"),
        fixable=AutoFixable.PARTIAL,
        matches="Analysis failed with 3 weighted issues.",
        ignores="detekt finished",
    ),
    checker(
        "pmd",
        "pmd",
        r"^.{0,120}?(?:(?:\d+ )?PMD rule violations? were found.*|You have \d+ PMD violations?.*"
        r"|You have \d+ CPD duplications?.*)$",
        (
            Shape(
                r"^(?:\[INFO\] PMD Failure: )?(?P<file>\S+):(?P<line>\d+):?(?:\s+Rule:(?P<code>\w+)"
                r"\s.*|\s+"
                r"(?P<message>\w+:\s.*))$",
                ("Rule:", ":\t"),
            ),
        ),
        triggers=("PMD rule violation", " PMD violation", " CPD duplication"),
        matches="[ERROR] You have 3 PMD violations.",
        ignores="PMD ended",
    ),
    checker(
        "spotbugs",
        "spotbugs",
        r"^.{0,120}?(?:SpotBugs rule violations were found.*|\[ERROR\] .*failed with [1-9]\d* "
        r"bugs.*"
        r"|SpotBugs ended with exit code [1-9]\d*.*)$",
        (
            Shape(
                r"^\[ERROR\] (?:High|Medium|Low): (?P<message>.+) \[.*\] .*(?P<code>[A-Z_]{5,})$",
                ("ERROR]",),
            ),
        ),
        triggers=("SpotBugs ", "failed with "),
        matches="> SpotBugs rule violations were found. See the report",
        ignores="SpotBugs ended",
    ),
)
