"""Other checks of Python projects: coverage, sphinx, bandit, pip-audit, safety, build back ends."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.model import AutoFixable, Category, Severity

RULES = (
    pattern(
        "coverage",
        r"^(?:FAIL |ERROR: |Coverage failure: "
        r"|Error: )?(?P<message>(?:Required test coverage of \S+ not reached"
        r"|total of \d+(?:\.\d+)? is less than fail-under=\d+(?:\.\d+)?"
        r"|Coverage failure: .*|ERROR: Coverage failure.*)).*$",
        triggers=("Required test coverage", "less than fail-under", "Coverage failure"),
        category=Category.TEST_FAILURE,
        tool="coverage",
        weight=Weight.VERDICT,
        confidence=0.9,
        matches="FAIL Required test coverage of 99% not reached. Total coverage: 60.00%",
        ignores="Required test coverage of 50% reached. Total coverage: 60.00%",
    ),
    pattern(
        "sphinx",
        r"^(?P<file>/?[\w./@+-]+\.(?:rst|md|py|txt|ipynb"
        r"|inc))(?::docstring of [^:\n]+)?:(?:(?P<line>\d+):)? (?:WARNING|ERROR"
        r"|CRITICAL|SEVERE): (?P<message>.+)$",
        triggers=("WARNING: ", "ERROR: ", "SEVERE: ", "CRITICAL: "),
        category=Category.BUILD_ERROR,
        tool="sphinx",
        weight=Weight.HINT,
        confidence=0.85,
        matches="/home/runner/work/a/a/docs/index.rst:3: WARNING: Title underline too short.",
        ignores="3: WARNING: nothing",
    ),
    pattern(
        "sphinx-verdict",
        r"^(?:(?P<message>Warning, treated as error:|Sphinx error:"
        r"|Extension error(?: \([^)\n]*\))?:|Theme error:|Configuration error:"
        r"|Application error:)[^\n]*(?:\n[^\n]+){0,2}"
        r"|build (?:finished with problems|failed), \d+ warnings?.*(?:treated as errors.*)?)$",
        triggers=(
            "Warning, treated as error",
            "Sphinx error",
            "Extension error",
            "Theme error",
            "Configuration error:",
            "Application error:",
            "finished with problems",
        ),
        spans=True,
        category=Category.BUILD_ERROR,
        tool="sphinx",
        weight=Weight.VERDICT,
        confidence=0.93,
        matches="build finished with problems, 2 warnings (with warnings treated as errors).",
        ignores="build succeeded, 2 warnings.",
    ),
    pattern(
        "mkdocs",
        r"^(?:Aborted with \d+ warnings? in strict mode!|(?:Error"
        r"|ERROR) +- +(?P<message>(?:Config|Theme|mkdocs).*))$",
        triggers=("in strict mode!", "ERROR "),
        category=Category.BUILD_ERROR,
        tool="mkdocs",
        weight=Weight.VERDICT,
        matches="Aborted with 2 warnings in strict mode!",
        ignores="Documentation built in 1.2 seconds",
    ),
    pattern(
        "bandit",
        r"^>> Issue: \[(?P<code>B\d{3})[^\]\n]*\]"
        r" (?P<message>.+)(?:\n {3}[A-Z][^\n]*){0,5}?\n {3}Location:"
        r" (?P<file>\S+?):(?P<line>\d+)(?::(?P<column>\d+))?$",
        triggers=(">> Issue: [B",),
        category=Category.SECURITY_SCAN,
        spans=True,
        tool="bandit",
        weight=Weight.VERDICT,
        severity=Severity.CRITICAL,
        confidence=0.96,
        matches=">> Issue: [B101:assert_used] Use of assert detected.\n"
        "   Severity: Low   Confidence: High\n   CWE: CWE-703 (https://example.org/703)\n"
        "   Location: ./a/b.py:3:4",
        ignores="Test results:\n\tNo issues identified.",
    ),
    pattern(
        "pip-audit",
        r"^(?P<message>Found \d+ known vulnerabilit(?:y"
        r"|ies)(?:,.*)? in \d+ packages?.*|\d+ vulnerabilit(?:y|ies) (?:was"
        r"|were) (?:found|reported).*|VULNERABILITIES (?:FOUND|REPORTED)|.*(?:Found"
        r"|found) [1-9]\d* (?:high|critical|moderate)[^\n]*vulnerabilit\w+.*"
        r"|leaks found: [1-9]\d*|.*found [1-9]\d* leaks?.*)$",
        triggers=("vulnerabilit", "VULNERABILITIES", "leaks found", "leak"),
        category=Category.SECURITY_SCAN,
        weight=Weight.VERDICT,
        severity=Severity.CRITICAL,
        confidence=0.9,
        matches="Found 2 known vulnerabilities in 1 package",
        ignores="No known vulnerabilities found",
    ),
    pattern(
        "secretlint",
        r"^\s*(?P<message>\d+:\d+\s+error\s+\[(?P<code>\w+)\] found .*)$",
        triggers=("  error  [",),
        category=Category.SECURITY_SCAN,
        tool="secretlint",
        weight=Weight.VERDICT,
        beats=frozenset({"eslint"}),
        severity=Severity.CRITICAL,
        matches="  573:304  error  [GITHUB_TOKEN] found GitHub Token(***): ***",
        ignores="  5:1  error  something  rule",
    ),
    pattern(
        "code-scanners",
        r"^(?P<message>Check: (?P<code>CKV\w+): .*|.*\b(?:CRITICAL"
        r"|HIGH): [1-9]\d*\b.*\)|Failed checks: [1-9]\d*"
        r"|.*security vulnerabilities were? found.*|Vulnerabilities found:.*"
        r"|Detected secrets? .*|Secret detected.*)$",
        triggers=(
            "Check: CKV",
            "CRITICAL: ",
            "HIGH: ",
            "Failed checks: ",
            "vulnerabilities",
            "Vulnerabilities",
            "ecret",
        ),
        category=Category.SECURITY_SCAN,
        weight=Weight.SIGN,
        severity=Severity.CRITICAL,
        confidence=0.75,
        matches="Total: 3 (UNKNOWN: 0, LOW: 1, HIGH: 2, CRITICAL: 0)",
        ignores="Total: 0 (UNKNOWN: 0, HIGH: 0, CRITICAL: 0)",
    ),
    pattern(
        "build-back-end",
        r"^\s*(?:ERROR: |error: |\u00d7 "
        r"|\u00d7 )?(?P<message>Failed building wheel for (?P<code>\S+)"
        r"|Could not build wheels for .*|Failed to build installable wheels for .*"
        r"|Failed to build `[^`\n]+`.*"
        r"|ERROR Backend subprocess exited when trying to invoke .*"
        r"|Backend subprocess exited when trying to invoke .*"
        r"|Multiple top-level packages discovered in a flat-layout: .*"
        r"|Failed to (?:prepare|build) distributions.*"
        r"|Preparing metadata .* did not run successfully.*"
        r"|Getting requirements to build \w+ did not run successfully.*"
        r"|Building wheel for \S+ \([^)\n]*\) did not run successfully.*"
        r"|python setup\.py \w+ did not run successfully.*|metadata-generation-failed"
        r"|invalid command 'bdist_wheel'|The build backend returned an error"
        r"|configuration error: `[^`\n]+` .*|(?:package|license) .* must .*)$",
        triggers=(
            "wheel",
            "Failed to build",
            "Backend subprocess",
            "flat-layout",
            "Failed to prepare distributions",
            "did not run successfully",
            "metadata-generation-failed",
            "configuration error: `",
            "build backend",
        ),
        category=Category.BUILD_ERROR,
        tool="build",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        confidence=0.85,
        matches="ERROR: Failed building wheel for lxml",
        ignores="Building wheel for lxml (setup.py): finished with status 'done'",
    ),
    pattern(
        "twine",
        r"^(?:ERROR +)?(?P<message>HTTPError: (?P<code>40[0-9]) .*"
        r"|Checking \S+: FAILED.*|InvalidDistribution: .*)$",
        triggers=("HTTPError: 40", "FAILED", "InvalidDistribution"),
        category=Category.PERMISSION_ERROR,
        tool="twine",
        weight=Weight.VERDICT,
        fixable=AutoFixable.NO,
        confidence=0.7,
        matches="ERROR    HTTPError: 403 Forbidden from the index",
        ignores="HTTPError: 503",
    ),
)
