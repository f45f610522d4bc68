"""Scanners with a word of their own at the end: snyk, trivy, grype, checkov, trufflehog, licences.

Also SonarQube's quality gate, whose reasons stand on its server only.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

_SCAN = Category.SECURITY_SCAN

RULES = (
    checker(
        "snyk",
        "snyk",
        r"^Tested \d+ (?:dependencies|projects?|files?) for known (?:issues|vulnerabilities),"
        r" found [1-9]\d* (?:issue|vulnerabilit).*$|^Tested \d+ of \d+ projects\..*$",
        (
            Shape(
                r"^ *\u2717 (?:Low|Medium|High|Critical) severity vulnerability found in"
                r" (?P<message>\S+)$",
                ("severity vulnerability found in",),
            ),
            Shape(
                r"^ *\u2717 (?P<message>.+?) \[(?:Low|Medium|High|Critical) Severity\]\[[^\]]*\]"
                r" in (?P<code>\S+)$",
                (" Severity][",),
            ),
        ),
        triggers=("for known issues, found", "severity vulnerability found in", " Severity]["),
        category=_SCAN,
        alone=Weight.SIGN,
        fixable=AutoFixable.PARTIAL,
        matches="\u2717 High severity vulnerability found in lodash\n"
        "Tested 12 dependencies for known issues, found 1 issue, 1 vulnerable path.",
        ignores="Tested 12 dependencies for known issues, no vulnerable paths found.",
    ),
    verdict(
        "trivy",
        "trivy",
        _SCAN,
        r"^(?P<message>Total: [1-9]\d* \((?:(?:UNKNOWN|LOW|MEDIUM|HIGH|CRITICAL): \d+(?:, )?)+\))$",
        ("Total: ",),
        "Total: 3 (UNKNOWN: 0, LOW: 1, MEDIUM: 0, HIGH: 2, CRITICAL: 0)",
        "Total: 0 (HIGH: 0, CRITICAL: 0)",
        weight=Weight.SIGN,
        beats=frozenset({"code-scanners"}),
    ),
    verdict(
        "grype",
        "grype",
        _SCAN,
        r"^.{0,120}?(?P<message>discovered vulnerabilities at or above the severity threshold.*)$",
        ("severity threshold",),
        "1 error occurred:\n\t* discovered vulnerabilities at or above the severity threshold",
        "no vulnerabilities found",
    ),
    verdict(
        "tfsec",
        "tfsec",
        _SCAN,
        r"^\s*(?P<message>[1-9]\d* potential problem\(s\) detected\.)$",
        ("potential problem",),
        "  3 potential problem(s) detected.",
        "No problems detected!",
        weight=Weight.SIGN,
    ),
    checker(
        "checkov",
        "checkov",
        r"^Passed checks: \d+, Failed checks: [1-9]\d*, Skipped checks: \d+.*$",
        (
            Shape(
                r"^Check: (?P<code>CKV\w+): \"?(?P<message>[^\"\n]+)\"?\n\s*FAILED for resource:"
                r" [^\n]+\n\s*File: /?(?P<file>[^\s:]+):(?P<line>\d+)",
                ("Check: CKV",),
                spans=True,
            ),
        ),
        triggers=("Failed checks: ",),
        category=_SCAN,
        weight=Weight.SIGN,
        matches="Passed checks: 10, Failed checks: 2, Skipped checks: 0",
        ignores="Passed checks: 10, Failed checks: 0, Skipped checks: 0",
        beats=frozenset({"code-scanners"}),
    ),
    verdict(
        "trufflehog",
        "trufflehog",
        _SCAN,
        r"^.{0,8}?(?P<message>Found (?:un)?verified result)\b.*$",
        ("verified result ",),
        "Found verified result \U0001f437\U0001f511",
        "found no verified result there",
    ),
    verdict(
        "package-licences",
        "licences",
        _SCAN,
        r"^(?:Error: )?(?P<message>Package \"\S+\" is licensed under .* not permitted by the .*"
        r"|license .* not in allow-only licenses was found for package .*"
        r"|fail-on license .* was found for package .*|Forbidden license type .*"
        r"|Test failed\. Number of issues found: [1-9]\d*)$",
        (
            "is licensed under",
            "allow-only licenses",
            "fail-on license",
            "Forbidden license type",
            "Number of issues found: ",
        ),
        'Package "a@1.0.0" is licensed under "GPL-3.0" which is not permitted by the --onlyAllow'
        " flag. Exiting.",
        "a is licensed under MIT",
    ),
    verdict(
        "sonar-gate",
        "sonarqube",
        Category.LINTING_ERROR,
        r"^.{0,80}?(?P<message>QUALITY GATE STATUS: FAILED|Quality Gate has FAILED"
        r"|Quality gate is not OK)\b.*$",
        ("QUALITY GATE STATUS: FAILED", "Gate has FAILED", "Quality gate is not OK"),
        "ERROR: QUALITY GATE STATUS: FAILED - View details on https://example.org/dashboard",
        "INFO: QUALITY GATE STATUS: PASSED",
    ),
)
