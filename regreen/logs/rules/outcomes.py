"""Outcomes that a project's own checks print: tests, style, links, messages of commits.

Wordings of commitlint, link checkers, pull-request title checks, TAP, bats and many small scripts.
"""

from __future__ import annotations

from regreen.logs.rules.phrases import told
from regreen.model import Category

RULES = (
    told(
        "outcome-tests",
        Category.TEST_FAILURE,
        {
            "AssertionError": r"^(?:\w{1,40}\.)?AssertionError(?: \[\w{1,40}\])?(?:: .{1,300})?$",
            "ssertion failed": r"(?i:^(?:error: )?assertion failed)",
            "xpected ": r"^(?:\W{0,6}(?:Error|FAIL|FAILED|Test failed)\W{1,3})?[Ee]xpected "
            r".{1,120}?,? (?:but "
            r"(?:got|received|was|found|saw)|got|received|actual) ",
            "ests failed": r"(?<![\w.])[1-9]\d* (?:of|/|out of) \d+ tests failed",
            "not ok ": r"^not ok [1-9]\d* (?:- )?(?!.{0,200}# (?:TODO|SKIP))",
            "napshot": r"(?i:snapshots? (?:mismatch|do(?:es)? not match|comparison failed))",
            "tests, ": r"\b\d+ tests?, [1-9]\d* fail(?:ed|ures?)\b",
            "erification failed": r"^\W{0,6}(?:[Vv]erification|Smoke check|Sanity check) failed",
            "creenshot": r"(?i:screenshots? (?:mismatch|differ|do(?:es)? not match"
            r"|comparison failed))",
        },
        "AssertionError: expected true to be false",
        "as expected\nok 3 - works",
        lead=r"\s*+\W{0,6}?(?:\w{1,20} )?",
        confidence=0.6,
        tail=14,
    ),
    told(
        "outcome-style",
        Category.LINTING_ERROR,
        {
            " problems (": r"[1-9]\d* problems? \([1-9]\d* errors?, \d+ warnings?\)",
            "int failed": r"(?i:\blint failed)",
            "inting failed": r"(?i:\blinting failed)",
            "ormatted": r"(?i:(?:following |some |\d+ )?files? (?:are|is|were) not (?:properly "
            r"|correctly )?"
            r"formatted)",
            "ormatting": r"(?i:files? needs? (?:re)?formatting|code needs? (?:re)?formatting"
            r"|formatting (?:check )?failed|formatting (?:issues|errors|violations) (?:found"
            r"|detected))",
            " lint ": r"(?i:found [1-9]\d* lint (?:errors?|issues?|violations?))",
            "tyle ": r"(?i:[1-9]\d* (?:code )?style (?:violations?|errors?|issues?) found)",
            "ommit message": r"(?i:commit messages? .{0,60}?(?:does not|doesn't|do not|must"
            r"|invalid|not valid)"
            r"|(?:invalid|bad) commit messages?)",
            "may not be empty [": r"may not be empty \[[a-z-]{1,40}\]",
            "[subject-": r"\[subject-(?:case|empty|full-stop|max-length)\]$",
            "[type-": r"\[type-(?:case|empty|enum)\]$",
            "[header-": r"\[header-\w[\w-]{1,40}\]$",
            "railing whitespace": r"(?i:^\W{0,6}(?:\S{1,120}: )?trailing whitespace(?: "
            r"found)?\.?$)",
            " links": r"(?i:(?:broken|dead) links? (?:found|detected)|[1-9]\d* (?:broken"
            r"|dead) links?)",
            "PR title": r"(?i:pr title .{0,60}?(?:does not|doesn't|must|is not|invalid|failed))",
            "pull request title": r"(?i:no release type found in pull request title"
            r"|pull request title .{0,"
            r"60}?(?:does not|doesn't|must|is not|invalid))",
        },
        "Found 3 lint errors",
        "0 problems; lint passed; the files are formatted",
        confidence=0.65,
        tail=14,
    ),
)
