"""The last resort: what a step was for, where nothing that it printed is known.

A step called "Run tests" whose command failed most likely has a failed test. The name alone is not
enough: the command must be of the same kind, or the end of the output must speak of that kind and
of an error. Deploying and releasing fail for too many reasons to be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Weight, diagnostic, unique
from regreen.model import Category

RULE = "step-purpose"
"""The id under which such a guess is shown."""

_B, _E = r"(?<![a-z])", r"(?![a-z])"
_NAMES: Mapping[str, re.Pattern[str]] = {
    Category.TEST_FAILURE: expression(
        rf"{_B}(?:unit|integration|e2e|end-to-end|smoke|regression|functional|acceptance)?[ -]?"
        rf"(?:tests?|testing|specs?|e2e){_E}"
    ),
    Category.LINTING_ERROR: expression(
        rf"{_B}(?:lint(?:ing|er|ers)?|code style|style checks?|format(?:ting)?(?: check)?|prettier"
        rf"|eslint|flake8|ruff|clippy|rubocop|spell(?:ing|check)?){_E}"
    ),
    Category.TYPE_ERROR: expression(
        rf"{_B}(?:type[ -]?check(?:s|ing|er)?|static types?|mypy|pyright|tsc){_E}"
    ),
    Category.BUILD_ERROR: expression(rf"{_B}(?:build|compile|compilation|bundle){_E}"),
    Category.DEPENDENCY_ISSUE: expression(
        rf"{_B}(?:install|restore|resolve|fetch|update) (?:\w+ ){{0,3}}(?:dependenc(?:y|ies)"
        rf"|packages?|requirements|modules|deps){_E}"
    ),
    Category.SECURITY_SCAN: expression(
        rf"{_B}(?:security (?:scan|audit|checks?|analysis)|vulnerability (?:scan|check)"
        rf"|(?:npm|pip|dependency|cargo)[ -]audit|secret scan(?:ning)?){_E}"
    ),
}
_COMMANDS: Mapping[str, re.Pattern[str]] = {
    Category.TEST_FAILURE: expression(
        rf"{_B}(?:tests?|pytest|jest|vitest|mocha|ctest|rspec|phpunit|playwright|cypress){_E}"
    ),
    Category.LINTING_ERROR: expression(
        rf"{_B}(?:lint\w*|fmt|eslint|prettier|flake8|ruff|rubocop|clippy|stylelint|spell\w*){_E}"
    ),
    Category.TYPE_ERROR: expression(rf"{_B}(?:type-?check|types|mypy|pyright|tsc){_E}"),
    Category.BUILD_ERROR: expression(rf"{_B}(?:build|compile|make|cmake|package|bundle){_E}"),
    Category.DEPENDENCY_ISSUE: expression(rf"{_B}(?:install|restore|sync|ci|bootstrap){_E}"),
    Category.SECURITY_SCAN: expression(rf"{_B}(?:audit|scan|trivy|snyk|semgrep|bandit|grype){_E}"),
}
_WORDS: Mapping[str, re.Pattern[str]] = {
    Category.TEST_FAILURE: expression(rf"{_B}(?:tests?|specs?|assert\w*|expected){_E}"),
    Category.LINTING_ERROR: expression(rf"{_B}(?:lint\w*|style|format\w*|rules?){_E}"),
    Category.TYPE_ERROR: expression(rf"{_B}(?:types?){_E}"),
    Category.BUILD_ERROR: expression(rf"{_B}(?:build\w*|compil\w*|link(?:ing|er)){_E}"),
    Category.DEPENDENCY_ISSUE: expression(rf"{_B}(?:install\w*|packages?|dependenc\w+){_E}"),
    Category.SECURITY_SCAN: expression(rf"{_B}(?:vulnerab\w+|cve|severity|secrets?){_E}"),
}
_TROUBLE = expression(
    rf"{_B}(?:errors?|fail(?:ed|s|ure|ures|ing)?|exception|fatal|panic|violations?"
    rf"|mismatch|aborted){_E}"
)
_FOREIGN = expression(
    rf"{_B}(?:deploy\w*|publish\w*|upload\w*|download\w*|release\w*|push|report\w*|notify|set ?up"
    rf"|cache|checkout|clone|login|wait\w*|start\w*|prepare|clean\w*|summary|coverage){_E}"
)
"""Words of a name that speak of something else besides."""
_TELLING = frozenset({1, 2, 101})
"""Exit codes with which a program says itself that it failed (101: Rust's tests)."""
_LINES = 40
_LINE = 400
_SHOWN = 3


def purpose(excerpt: Excerpt, said: Sequence[int]) -> Finding | None:
    """Return a guess from what the step was for, its proof being the lines ``said``.

    ``None`` where its name tells nothing (a log without names gives the command instead), or where
    neither its command nor its output agrees.
    """
    if excerpt.step is None or excerpt.cancelled or excerpt.exit_code not in _TELLING:
        return None
    name = excerpt.step.strip().lower()
    if (excerpt.script or "").strip().lower().startswith(name.removeprefix("run ")):
        return None
    kinds = [kind for kind, known in _NAMES.items() if known.search(name)]
    if len(kinds) != 1 or _FOREIGN.search(name) or not said:
        return None
    kind = kinds[0]
    end = [line[:_LINE].lower() for line in excerpt.lines[-_LINES:]]
    trouble = any(_TROUBLE.search(line) for line in end)
    meant = _COMMANDS[kind].search((excerpt.script or "").lower()) is not None
    spoken = any(_WORDS[kind].search(line) for line in end)
    if not trouble or not (meant or spoken):
        return None
    return Finding(
        None,
        kind,
        Weight.HINT,
        tuple(said[-_SHOWN:]),
        unique(diagnostic(None, None, excerpt.lines[index]) for index in said[-_SHOWN:]),
        confidence=0.35 + 0.1 * (meant and spoken),
        rule=RULE,
    )
