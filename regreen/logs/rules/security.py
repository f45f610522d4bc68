"""Scanners for insecure code, vulnerable packages and secrets.

bandit, pip-audit, safety, semgrep, trivy, grype, gitleaks, detect-secrets, checkov and the like.
"""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category, Severity


def _scanner(
    rule_id: str,
    tool: str | None,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    weight: Weight = Weight.VERDICT,
    final: Weight | None = None,
    fixable: AutoFixable = AutoFixable.NO,
    beats: frozenset[str] = frozenset(),
    confidence: float = 0.93,
) -> Rule:
    return pattern(
        rule_id,
        expression,
        triggers=triggers,
        spans=True,
        category=Category.SECURITY_SCAN,
        tool=tool,
        weight=weight,
        final=final,
        fixable=fixable,
        severity=Severity.CRITICAL,
        confidence=confidence,
        beats=beats,
        matches=matches,
        ignores=ignores,
    )


_AUDITED = expression(r"^Found \d+ known vulnerabilit(?:y|ies)\b.* in \d+ packages?\b.*$")
_ADVISORY = expression(
    r"^(?P<code>[\w.-]+) +(?P<version>\d\S*) +(?P<message>(?:PYSEC|GHSA|CVE|OSV)-[\w-]+)\b"
)


def _pip_audit(excerpt: Excerpt) -> Iterable[Finding]:
    """The summary, and the table of advisories below it."""
    ends = [index for index, _ in excerpt.grep(_AUDITED, "Found ")]
    if ends:
        rows = list(excerpt.grep(_ADVISORY, "PYSEC-", "GHSA-", "CVE-", "OSV-", first=ends[0]))
        yield Finding(
            "pip-audit",
            Category.SECURITY_SCAN,
            Weight.VERDICT,
            (*ends, *(index for index, _ in rows)),
            unique(diagnostic(None, m["code"], m["message"]) for _, m in rows),
            AutoFixable.PARTIAL,
            Severity.CRITICAL,
            0.96,
        )


RULES = (
    _scanner(
        "bandit",
        "bandit",
        r"^>> Issue: \[(?P<code>B\d{3})[^\]\n]*\]"
        r" (?P<message>.+)(?:\n {3}[A-Z][^\n]*){0,5}?\n {3}Location:"
        r" (?P<file>\S+?):(?P<line>\d+)(?::(?P<column>\d+))?$",
        (">> Issue: [B",),
        ">> Issue: [B101:assert_used] Use of assert detected.\n"
        "   Severity: Low   Confidence: High\n   CWE: CWE-703 (https://example.org/703)\n"
        "   Location: ./a/b.py:3:4",
        "Test results:\n\tNo issues identified.",
        confidence=0.96,
    ),
    _scanner(
        "bandit-lines",
        "bandit",
        r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+): (?P<code>B\d{3})\[bandit\]:"
        r" (?:LOW|MEDIUM|HIGH): (?P<message>.+)$",
        ("[bandit]: ",),
        "pkg/a.py:15: B307[bandit]: MEDIUM: Use of possibly insecure function",
        "[bandit]: nothing",
    ),
    _scanner(
        "bandit-csv",
        "bandit",
        r"^(?P<file>[^\s,][^,\n]*\.py),\w+,(?P<code>B\d{3}),(?:LOW|MEDIUM|HIGH),(?:LOW|MEDIUM|HIGH),"
        r"[^,\n]*,(?P<message>\"[^\"\n]*\"|[^,\n]*),(?P<line>\d+),(?P<column>\d+),",
        (",LOW,", ",MEDIUM,", ",HIGH,"),
        "./a.py,assert_used,B101,LOW,HIGH,https://example.org,Use of assert.,16,4,12,[16],url",
        "filename,test_name,test_id,LOW,",
    ),
    Rule(
        "pip-audit",
        ("known vulnerabilit",),
        _pip_audit,
        "Found 2 known vulnerabilities in 1 package",
        "No known vulnerabilities found",
    ),
    _scanner(
        "safety",
        "safety",
        r"^(?:-> (?P<message>Vulnerability found in (?P<code>\S+) version \S+)"
        r"|[ \t]*+[1-9]\d* vulnerabilit(?:y|ies) (?:was|were)? ?(?:found|reported)\b"
        r"(?! - Packages audited).*"
        r"|[ \t]*+VULNERABILITIES (?:FOUND|REPORTED)"
        r"|.*\bTested .* dependencies for security issues .*[1-9]\d* security issues? found.*)$",
        (
            "-> Vulnerability found in ",
            "vulnerability was ",
            "vulnerabilities were ",
            "vulnerabilities found",
            "vulnerabilities reported",
            "vulnerability found",
            "vulnerability reported",
            "VULNERABILITIES FOUND",
            "VULNERABILITIES REPORTED",
            "for security issues",
        ),
        "-> Vulnerability found in flask version 0.5",
        "0 vulnerabilities were reported",
        fixable=AutoFixable.PARTIAL,
    ),
    _scanner(
        "detect-secrets",
        "detect-secrets",
        r"^(?:ERROR: Potential secrets about to be committed to git repo!"
        r"|Secret Type: (?P<message>[^\n]+)\nLocation: +(?P<file>\S+?):(?P<line>\d+))$",
        ("Potential secrets about to be", "Secret Type: "),
        "ERROR: Potential secrets about to be committed to git repo!",
        "no secrets found",
    ),
    _scanner(
        "semgrep",
        "semgrep",
        r"^[ \t]*+(?:Ran \d+ rules? on \d+ files?: [1-9]\d* findings?\.?"
        r"|[│┌ ]*[1-9]\d* Blocking Code Findings?.*"
        r"|(?:Not )?[Bb]locking findings: [1-9]\d*"
        r"|\u2022 Findings: [1-9]\d* \([1-9]\d* blocking\))$",
        ("Ran ", " Blocking Code Finding", "locking findings: ", "Findings: "),
        "Ran 210 rules on 14 files: 3 findings.",
        "Ran 210 rules on 14 files: 0 findings.",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        confidence=0.88,
    ),
    _scanner(
        "gitleaks",
        "gitleaks",
        r"^.{0,200}?(?P<message>leaks found: [1-9]\d*|found [1-9]\d* leaks?)\b.*$",
        ("leaks found: ", " leak\n", " leaks"),
        "8:01AM WRN leaks found: 2",
        "8:01AM INF no leaks found",
    ),
    _scanner(
        "npm-audit",
        None,
        r"^(?P<message>.{0,100}?[Ff]ound [1-9]\d* (?:high|critical|moderate)[^\n]*"
        r"vulnerabilit\w+.*)$",
        ("vulnerabilit",),
        "found 3 high severity vulnerabilities",
        "found 0 vulnerabilities",
    ),
    _scanner(
        "secretlint",
        "secretlint",
        r"^[ \t]*+(?P<message>\d+:\d+[ \t]+error\s+\[(?P<code>\w+)\] found .*)$",
        ("  error  [",),
        "  573:304  error  [GITHUB_TOKEN] found GitHub Token(***): ***",
        "  5:1  error  something  rule",
        beats=frozenset({"eslint"}),
    ),
    _scanner(
        "code-scanners",
        None,
        r"^(?P<message>Check: (?P<code>CKV\w+): [^\n]*|[^\n]*\b(?:CRITICAL"
        r"|HIGH): [1-9]\d*\b[^\n]*\)|Failed checks: [1-9]\d*"
        r"|[^\n]*security vulnerabilities were? found[^\n]*|Vulnerabilities found:[^\n]*"
        r"|Detected secrets? [^\n]*|Secret detected[^\n]*)$",
        (
            "Check: CKV",
            "CRITICAL: ",
            "HIGH: ",
            "Failed checks: ",
            "security vulnerabilities",
            "Vulnerabilities found",
            "Detected secret",
            "Secret detected",
        ),
        "Total: 3 (UNKNOWN: 0, LOW: 1, HIGH: 2, CRITICAL: 0)",
        "Total: 0 (UNKNOWN: 0, HIGH: 0, CRITICAL: 0)",
        weight=Weight.SIGN,
        confidence=0.75,
    ),
)
