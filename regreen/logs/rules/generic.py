"""Guesses for programs that no rule knows: only their last words, and never with much confidence.

What a program of the repository's own says when it fails has a few forms that most share. A step's
script may support a guess (it speaks of tests, of a linter, of a build), it never makes one alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.logs.rules.spoken import ending, is_last, mild, quoted, spoken
from regreen.model import Category

_TESTS = re.compile(r"(?i)(?<![a-z])(?:tests?|specs?|e2e|check|verify|integration|smoke)(?![a-z])")
_LINTS = re.compile(r"(?i)(?<![a-z])(?:lint\w*|fmt|format\w*|style|tidy|spell\w*)(?![a-z])")
_BUILDS = re.compile(r"(?i)(?<![a-z])(?:build|compile|make|package|bundle|dist)(?![a-z])")
_LAST = 8
"""Lines from the end, farewells not counted, in which a last word is looked for."""


_TRACED = re.compile(r"^(?:\$|\+|>) \S")


_WELL = re.compile(r"(?i)^\W{0,6}(?:success|done\b|finished\b|ok\b|all \w+ passed|passed\b)")


def _mended(excerpt: Excerpt, index: int) -> bool:
    """Whether a later line says that all went well."""
    return any(_WELL.match(line) for line in excerpt.lines[index + 1 :])


def _command(excerpt: Excerpt) -> str:
    """The step's script, or else the last command that a shell showed in the output."""
    if excerpt.script is not None:
        return excerpt.script
    shown = (line for line in reversed(excerpt.lines[-400:]) if _TRACED.match(line))
    return next(shown, "")


def _guess(
    rule_id: str,
    category: str,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    *,
    backed: re.Pattern[str] | None = None,
    needed: bool = False,
) -> Rule:
    """A rule for last words; a script in which ``backed`` matches makes it a little surer.

    With ``needed`` the words alone are not enough.
    """

    def find(excerpt: Excerpt) -> Iterable[Finding]:
        supported = backed is not None and backed.search(_command(excerpt)) is not None
        if needed and not supported:
            return
        hits = [
            (index, match)
            for index, match in excerpt.grep(
                compiled(expression), *triggers, first=ending(excerpt, _LAST)
            )
            if not (quoted(excerpt.lines[index]) or mild(excerpt.lines[index]))
        ]
        if hits and not _mended(excerpt, hits[-1][0]):
            ends = is_last(excerpt, hits[-1][0])
            yield Finding(
                None,
                category,
                Weight.HINT,
                tuple(index for index, _ in hits),
                unique(diagnostic(None, None, match["message"]) for _, match in hits),
                confidence=0.5 + 0.05 * ends + 0.04 * supported,
            )

    return Rule(rule_id, triggers, find, matches, ignores)


_RUNNER_FRAME = re.compile(
    r"^ *File \"[^\"\n]*[/\\](?:unittest|django[/\\]test|nose\w*|testtools|_pytest)[/\\]"
    r"[^\"\n]*\", line"
)
_TRACEBACK = "Traceback (most recent call last):"


def _runner_crash(excerpt: Excerpt) -> Iterable[Finding]:
    """A traceback through a test runner's own code as the last thing that was said."""
    first = excerpt.at(excerpt.text.rfind(_TRACEBACK))
    frames = excerpt.lines[first + 1 : first + 400]
    end = next((i for i, line in enumerate(frames) if line and not line[0].isspace()), None)
    if end is None or not any(_RUNNER_FRAME.match(line) for line in frames[:end]):
        return
    last = first + 1 + end
    if is_last(excerpt, last) and not frames[end].startswith(("ModuleNotFound", "ImportError")):
        yield Finding(
            "python",
            Category.TEST_FAILURE,
            Weight.SIGN,
            (first, last),
            (diagnostic(None, None, frames[end]),),
            confidence=0.55,
        )


RULES = (
    Rule(
        "test-runner-crash",
        (_TRACEBACK,),
        _runner_crash,
        'Traceback (most recent call last):\n  File "/venv/site-packages/django/test/runner.py",'
        " line 9, in run\n    go()\nTypeError: cannot pickle 'traceback' object",
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: no',
        frozenset({"python-traceback"}),
    ),
    _guess(
        "tests-failed",
        Category.TEST_FAILURE,
        r"^(?P<message>(?!.*\b(?:no|0) tests? failed).{0,120}?(?<![\w.])(?:(?i:(?:some "
        r"|one or more "
        r"|[1-9]\d* (?:of \d+ |out of \d+ )?|the following )?(?:\w+ )?(?:tests?|specs?|scenarios?"
        r"|assertions?|examples?)(?: cases?| suites?)? (?:have |has )?fail(?:ed|ures?)\b)"
        r"|FAILED \((?:failures|errors)=|\S*test\S* .{0,40}failed! Received signal|[Tt]est (?:run"
        r"|suite) failed|tests? did not pass).*)$",
        ("fail", "FAIL", "Fail", "did not pass"),
        "[FAIL] Some tests failed!",
        "0 tests failed",
        backed=_TESTS,
    ),
    _guess(
        "count-failed",
        Category.TEST_FAILURE,
        r"^(?P<message>.{0,80}?(?<![\d.])(?:[1-9]\d* (?:failed|failing|failures?)\b"
        r"|(?:[Ff]ail(?:ed|ures?)|FAILED|FAIL): {0,3}[1-9]\d*(?![\d.])).*)$",
        (" failed", " failing", " failure", "ailed: ", "ailures: ", "FAIL"),
        "$ make test\n12 passed, 3 failed",
        "3 passed, 0 failed",
        backed=_TESTS,
        needed=True,
    ),
    spoken(
        "coverage-below",
        r"^.{0,120}?(?P<message>(?i:coverage)\b[^\n]{0,80}?(?:\b(?:below|under|not met|not reached"
        r"|lower than|less than|(?:does|did) not meet|too low)\b|% ?<)[^\n]{0,80}?\d%.*"
        r"|(?i:coverage)\b.{0,40}?\d%?\)? (?:is )?(?:below|less than|lower than|under)\b.*)$",
        triggers=("overage", "OVERAGE"),
        category=Category.TEST_FAILURE,
        weight=Weight.HINT,
        confidence=0.8,
        matches="Test coverage (72.8%) is below the required 90%",
        ignores="coverage: 92.8% of statements",
    ),
    _guess(
        "install-it",
        Category.DEPENDENCY_ISSUE,
        r"^(?P<message>.{0,80}?(?i:missing|requires?|could not find|cannot find|no) .{1,80}?"
        r"(?i:librar(?:y|ies)|modules?|packages?|dependenc(?:y|ies)|programs?|commands?|tools?)\b"
        r".{0,40}?(?i:\binstall (?:it|them|with)|please install|not installed).*"
        r"|.{0,60}?\b(?:is|are) (?:not installed|required but not installed)\b.*)$",
        ("nstall",),
        "Missing demo library. Install it with: pip install demo",
        "installed 3 packages",
    ),
    spoken(
        "settings-invalid",
        r"^.{0,160}?(?P<message>\d+ validation errors? for \w*(?:Settings|Config\w*)\b.*)$",
        triggers=("validation error",),
        category=Category.CONFIGURATION_ERROR,
        tool="pydantic-settings",
        weight=Weight.SIGN,
        final=Weight.SIGN,
        tail=40,
        confidence=0.85,
        matches="pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings",
        ignores="2 validation errors for Order",
        beats=frozenset({"python-traceback"}),
    ),
    spoken(
        "variable-missing",
        r"^.{0,160}?(?P<message>(?i:environment variables?|env vars?|secrets?)\b.{0,80}?(?i:\bnot "
        r"(?:set|found|defined|provided|configured)|\bmissing|\brequired|\bmust be set|\bis empty"
        r"|\bundefined|\bunset).*|(?i:missing|undefined|unset|required|set the|no) (?:\w+ ){0,3}"
        r"(?i:environment variables?|env vars?|secrets?)\b.*|(?<![\w.])[A-Z][A-Z0-9]*_[A-Z0-9_]+[`'"
        r"\"]? (?:(?:is|are|was) (?:not (?:set|defined|provided|configured)|missing|required|unset"
        r"|empty)|not (?:set|found|provided|defined)|must be (?:set|provided|defined)).*)$",
        triggers=(
            "nvironment variable",
            "env var",
            "ecret",
            " not set",
            " not found",
            " not defined",
            " not provided",
            " not configured",
            "is missing",
            "is required",
            "is unset",
            "is empty",
            "must be ",
        ),
        category=Category.CONFIGURATION_ERROR,
        final=Weight.SIGN,
        tail=10,
        confidence=0.7,
        matches="Error: DATABASE_URL is not set",
        ignores="the variable is set",
    ),
    checker(
        "eslint-garbled",
        "eslint",
        r"^(?:\W|[\u0370-\u03ff\u00c0-\u017f]){1,8} ?\d+ problems? \([1-9]\d* errors?,"
        r" \d+ warnings?\)",
        (
            Shape(
                r"^ +(?P<line>\d+):(?P<column>\d+) +error +(?P<message>\S.*?)"
                r"(?: {2,}(?P<code>[@\w][\w@/.-]*))?$",
                (" error ",),
                heading=r"^(?P<file>(?:/|[A-Za-z]:\\|\.{0,2}\w)[^\s:*?]{1,250}\.\w{1,8})$",
            ),
        ),
        triggers=(" problem",),
        weight=Weight.SIGN,
        confidence=0.9,
        matches="/home/runner/work/a/a/b.js\n  3:7  error  'x' is not defined  no-undef\n\n"
        "\u0393\u00a3\u00fb 3 problems (1 error, 2 warnings)",
        ignores="\u0393\u00a3\u00fb 3 problems (0 errors, 3 warnings)",
    ),
    _guess(
        "lint-failed",
        Category.LINTING_ERROR,
        r"^(?P<message>.{0,100}?(?i:(?:lint(?:ing|er)?|style|format(?:ting)?|tidy|spell(?:ing)?) "
        r"(?:checks? |errors? |issues? |problems? )?(?:failed|errors?|issues?|found|violations?)"
        r"|need(?:s|ed)? (?:to be )?(?:re)?format(?:ting|ted)|not (?:properly "
        r"|correctly )?formatted"
        r"|(?:re)?run .{1,60}(?:--fix|--write|fmt|format)).*)$",
        ("lint", "Lint", "tyle", "ormat", "idy ", "pell", "--fix", "--write", "fmt"),
        "$ make lint\n3 files are not formatted",
        "all files are formatted",
        backed=_LINTS,
        needed=True,
    ),
    _guess(
        "lint-rows",
        Category.LINTING_ERROR,
        r"^(?P<message>(?:\w[\w-]{0,30} )?(?:error|warning)?:? ?\S{1,200}\.\w{1,6}:\d+(?::\d+)?:? "
        r"\S.*)$",
        (":1", ":2", ":3", ":4", ":5", ":6", ":7", ":8", ":9"),
        "$ ./x tidy\ntidy error: src/a.rs:3: trailing whitespace",
        "src/a.rs:3",
        backed=_LINTS,
        needed=True,
    ),
    _guess(
        "build-failed",
        Category.BUILD_ERROR,
        r"^(?P<message>.{0,100}?(?i:\b(?:build|compilation|bundling|compile|packaging) (?:has )?"
        r"failed\b|\bfailed to (?:build|compile|bundle|package)\b|error during build"
        r"|build (?:exited|finished) with errors?|could not compile).*)$",
        ("uild", "UILD", "ompil", "OMPIL", "undl", "ackag"),
        "Build failed with 3 errors",
        "Build succeeded",
        backed=_BUILDS,
    ),
)
