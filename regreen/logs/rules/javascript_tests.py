"""JavaScript test runners: jest, vitest, mocha, ava, playwright, cypress, karma, node, tap, bun.

A test file that could not even be loaded is no failing test: jest's "Test suite failed to run" is
judged by what stands below it when no test itself failed.
"""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category

_TESTS = r"^.{0,120}?Tests:? +(?:.{0,120}?[,|] )?[1-9]\d* failed\b.*$"
_FILES = (
    r"^.{0,120}?(?:Test (?:Files|Suites):? +(?:.{0,120}?[,|] )?[1-9]\d* failed\b"
    r"|Failed: +\S+#test\b).*$"
)
_ERRORS = r"^ *Errors +[1-9]\d* errors?$|^⎯+ Unhandled (?:Errors?|Rejection) ⎯+$"
_JEST_NAME = (
    r"^\s*● (?P<message>(?!Test suite failed|Console$|Cannot log|Validation|Deprecation)"
    r"\S.* \u203a .+)$"
)
_VITEST_NAME = (
    r"^ *(?:\u276f|\u00d7|FAIL) +(?:\|\S+?\| +)?(?P<file>[\w./@+-]+\.[cm]?[jt]sx?) > "
    r"(?P<message>.+?)(?: \d+ms)?$"
)
_SUITE = (
    r"^ *FAIL +(?:\S+ )?(?:\|\S+?\| +)?(?P<file>[\w./@+\\-]+\.[cm]?[jt]sx?)(?: \[.*\]| \([\d.]+ "
    r"m?s\))?$"
)
_BROKEN = (
    (
        Category.SYNTAX_ERROR,
        expression(r"^ *(?:SyntaxError: (?P<message>.+)|Jest encountered an unexpected token)"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        expression(
            r"^ *(?:Error: |● .* )?(?P<message>(?:Cannot find (?:module|package) '(?![./@~]+/|[./])"
            r"[^']+'"
            r"(?: from| imported from).*"
            r"|Failed to (?:load url|resolve import) \"?(?![./@~]*/)[\w@][\w@./-]*\"? .*))"
        ),
    ),
)

_BROKEN_HINTS = (
    "SyntaxError: ",
    "Jest encountered",
    "Cannot find ",
    "Failed to load url",
    "Failed to resolve import",
)


def _jest(excerpt: Excerpt) -> Iterable[Finding]:
    """Jest's and vitest's closing counts, with the names of the tests that failed."""
    tests = [i for i, _ in excerpt.grep(compiled(_TESTS), "Tests")]
    files = [i for i, _ in excerpt.grep(compiled(_FILES), "Test Files", "Test Suites", "#test")]
    errors = [i for i, _ in excerpt.grep(compiled(_ERRORS), "Errors ", "Unhandled ")]
    if not (tests or files or errors):
        return
    tool = _runner(excerpt)
    if not tests and "Test suite failed to run" in excerpt and "error TS" in excerpt:
        return
    if not tests and (broken := _not_loaded(excerpt, tool, (*files, *errors))):
        yield broken
        return
    named = [
        row
        for one in (_JEST_NAME, _VITEST_NAME)
        for row in Shape(one, (" \u203a ", " > ")).read(excerpt)
    ]
    if not named:
        named = list(Shape(_SUITE, ("FAIL ",)).read(excerpt))
    yield Finding(
        tool,
        Category.TEST_FAILURE,
        Weight.VERDICT,
        (*(i for i, _ in named), *tests, *files, *errors),
        unique(one for _, one in named),
    )


def _runner(excerpt: Excerpt) -> str:
    if "Test Files " in excerpt or "vitest" in (excerpt.script or "") or " RUN  v" in excerpt:
        return "vitest"
    return "jest"


def _not_loaded(excerpt: Excerpt, tool: str, said: tuple[int, ...]) -> Finding | None:
    """What kept a test file from being loaded, when that is more than a failing test."""
    if "Test suite failed to run" not in excerpt and "Failed Suites" not in excerpt:
        return None
    for category, wording in _BROKEN:
        hits = list(excerpt.grep(wording, *_BROKEN_HINTS))
        if hits:
            return Finding(
                tool,
                category,
                Weight.VERDICT,
                (*(i for i, _ in hits), *said),
                unique(diagnostic(None, None, m["message"] or m[0]) for _, m in hits),
                AutoFixable.PARTIAL if category is Category.DEPENDENCY_ISSUE else AutoFixable.NO,
                confidence=0.85,
            )
    return None


_MOCHA_TEST = r"^ {2,4}\d+\) (?P<message>\S.*\n {7,}\S.*):$"
_PLAYWRIGHT = (
    r"^ {2,6}(?:\d+\) )?\[[\w -]+\] \u203a (?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+) \u203a "
    r"(?P<message>.+?)"
    r"(?: ─*)?$"
)
_CONFIGURATION = Category.CONFIGURATION_ERROR

RULES = (
    Rule(
        "jest",
        (" failed", "#test", "Unhandled ", "Errors  "),
        _jest,
        "Tests:       1 failed, 5 passed, 6 total",
        "Tests:       6 passed, 6 total",
    ),
    verdict(
        "jest-json",
        "jest",
        Category.TEST_FAILURE,
        r"^.{0,400}?(?P<message>\"numFailedTests\": ?[1-9]\d*)",
        ('"numFailedTests"',),
        '{"numFailedTestSuites":1,"numFailedTests":2,"numTotalTests":3}',
        '{"numFailedTestSuites":0,"numFailedTests":0,"numTotalTests":3}',
    ),
    checker(
        "playwright",
        "playwright",
        r"^ {2}[1-9]\d* (?:failed|interrupted|flaky)$|^ *Error: Timed out waiting \d+ms from config"
        r"\.webServer.*$",
        (Shape(_PLAYWRIGHT, ("] \u203a ",)),),
        triggers=("  1 failed", " failed\n    [", " failed\n", " interrupted\n"),
        category=Category.TEST_FAILURE,
        needs_rows=True,
        matches="  1) [chromium] \u203a a.spec.ts:3:1 \u203a opens ─────\n\n  1 failed\n"
        "    [chromium] \u203a a.spec.ts:3:1 \u203a opens ─────\n  2 passed (1.2s)",
        ignores="  3 passed (1.2s)",
        beats=frozenset({"node-tests"}),
    ),
    checker(
        "mocha",
        "mocha",
        r"^ {0,8}[1-9]\d* failing$",
        (Shape(_MOCHA_TEST, (") ",), spans=True),),
        triggers=(" failing",),
        category=Category.TEST_FAILURE,
        matches="  2 failing",
        ignores="  2 passing",
    ),
    checker(
        "node-tests",
        "node",
        r"^\s*(?:[1-9]\d* (?:fail|failed)|# fail [1-9]\d*|\u2139 fail [1-9]\d*"
        r"|# failed [1-9]\d* of \d+ tests?|# Failed test.*)$",
        (
            Shape(r"^ *not ok \d+ (?:- )?(?P<message>(?!.*# (?:TODO|SKIP)).+)$", ("not ok ",)),
            Shape(r"^ *✖ (?P<message>(?!failing tests:|\d+ problem).+?) \([\d.]+ms\)$", ("✖ ",)),
            Shape(r"^\(fail\) (?P<message>.+?)(?: \[[\d.]+ms\])?$", ("(fail) ",)),
        ),
        triggers=(" fail", "# fail", "failed"),
        category=Category.TEST_FAILURE,
        matches=" 1 fail",
        ignores=" 0 fail",
    ),
    checker(
        "ava",
        "ava",
        r"^ {2}[1-9]\d* (?:tests? failed|uncaught exceptions?|unhandled rejections?)$",
        (Shape(r"^ {2}✘ \[fail\]: (?P<message>.+?)(?: .*)?$", ("✘ [fail]: ",)),),
        triggers=(" failed", "uncaught exception", "unhandled rejection"),
        category=Category.TEST_FAILURE,
        matches="  ✘ [fail]: adds\n  ─\n\n  1 test failed",
        ignores="  3 tests passed",
    ),
    verdict(
        "cypress",
        "cypress",
        Category.TEST_FAILURE,
        r"^ {2,8}✖ +(?P<message>[1-9]\d* of \d+ failed)\b.*$",
        (" failed",),
        "    ✖  1 of 3 failed (33%)    00:12   5   4   1   -   -",
        "    ✔  All specs passed!    00:12   5   5   -   -   -",
    ),
    checker(
        "karma",
        "karma",
        r"^.{0,120}?Executed \d+ of \d+ \(?[1-9]\d* FAILED\)?.*$|^TOTAL: [1-9]\d* FAILED.*$",
        (Shape(r"^\S.*\) (?P<message>\S.+) FAILED$", (" FAILED",)),),
        triggers=("FAILED",),
        category=Category.TEST_FAILURE,
        matches="Chrome Headless 120.0 (Linux x86_64): Executed 5 of 5 (1 FAILED) (0.1 secs)",
        ignores="Chrome Headless 120.0 (Linux x86_64): Executed 5 of 5 SUCCESS (0.1 secs)",
    ),
    verdict(
        "javascript-coverage",
        "coverage",
        Category.TEST_FAILURE,
        r"^(?:Jest: |ERROR: )?(?P<message>(?:\"\S+\" coverage threshold for|Coverage for"
        r"|.*coverage data for \S+ was not found).* (?:not met|does not meet|was not found)\b.*)$",
        ("coverage threshold for", "does not meet", "coverage data for"),
        'Jest: "global" coverage threshold for lines (90%) not met: 71%',
        "Coverage for lines is 90%",
    ),
    verdict(
        "no-javascript-tests",
        "jest",
        _CONFIGURATION,
        r"^(?:Error: )?(?P<message>No tests? (?:files )?found, exiting with code 1.*"
        r"|No test files found, exiting with code 1.*"
        r"|No tests found\.?(?: Make sure .*)?|No test files found.*"
        r"|● Validation Error:|Can't find a root directory while resolving a config file path\.|No "
        r"test files found: .*|✖ Couldn.t find any files to test.*"
        r"|✘ No tests found in .*)$",
        ("No test", "Validation Error", "find a root directory", "find any files to test"),
        "No tests found, exiting with code 1",
        "No tests found, exiting with code 0",
        weight=Weight.SIGN,
    ),
    verdict(
        "test-runner-start",
        "jest",
        _CONFIGURATION,
        r"^\s*(?:Error: )?(?P<message>failed to load config from .*"
        r"|● Multiple configurations found:.*"
        r"|Preset \S+ (?:not found|is invalid).*|Cannot start \S*Chrome\w*|"
        r"No binary for \w+ browser on your platform\.?.*|Cannot load browser .*"
        r"|Cypress (?:failed to start|could not verify that this server is running|executable not "
        r"found).*|Can't find config file.*|Could not find a Cypress configuration file.*)$",
        (
            "failed to load config from",
            "Multiple configurations",
            "Preset ",
            "Cannot start",
            "No binary for",
            "Cannot load browser",
            "Cypress ",
        ),
        "failed to load config from /home/runner/work/a/a/vitest.config.ts",
        "loaded the config",
        weight=Weight.SIGN,
    ),
    verdict(
        "browser-missing",
        "playwright",
        Category.DEPENDENCY_ISSUE,
        r"^.{0,60}?(?P<message>Executable doesn't exist at .*|Looks like Playwright (?:Test or "
        r"Playwright )?was just (?:installed|updated).*|Host system is missing dependencies.*)$",
        ("Executable doesn't exist", "Looks like Playwright", "Host system is missing"),
        "Error: browserType.launch: Executable doesn't exist at /home/runner/.cache/chrome",
        "Playwright was started",
        weight=Weight.SIGN,
    ),
    pattern(
        "web-server",
        r"^ *(?:Error: )?(?P<message>Timed out waiting \d+ms from config\.webServer.*"
        r"|Process from config\.webServer (?:was not able|exited).*)$",
        triggers=("config.webServer",),
        category=Category.TIMEOUT,
        tool="playwright",
        weight=Weight.VERDICT,
        matches="Error: Timed out waiting 60000ms from config.webServer.",
        ignores="config.webServer started",
    ),
)
