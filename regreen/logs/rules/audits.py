"""What scanners say beside their tables: audits of packages, leaks of secrets, code patterns.

Wordings of gitleaks-action, npm, pnpm, yarn, bundler-audit, composer, cargo-audit, cargo-deny,
govulncheck, OSV-Scanner, OWASP Dependency-Check, dependency-review, gosec, Brakeman, zizmor,
GitGuardian, Docker Scout, ZAP, NuGet, and of the gates that projects put around them.
"""

from __future__ import annotations

from regreen.logs.rules.base import verdict
from regreen.logs.rules.phrases import told
from regreen.model import AutoFixable, Category

_SCAN = Category.SECURITY_SCAN

RULES = (
    verdict(
        "gitleaks-action",
        "gitleaks",
        _SCAN,
        r"^\s*+(?:Warning: |Error: )?\W{0,6}(?P<message>Leaks detected, see job summary.*)$",
        ("Leaks detected, see",),
        "Warning: \U0001f6d1 Leaks detected, see job summary for details",
        "No leaks detected",
        beats=frozenset({"token-rights"}),
    ),
    told(
        "secrets-leaked",
        _SCAN,
        {
            "eaks found": r"(?<!no )(?i:leaks found)\b(?!: 0)",
            "ecrets detected": r"(?<![Nn]o )(?i:secrets detected)",
            "ecret detected": r"(?<![Nn]o )(?i:secret detected)",
            "etected ": r"(?i:detected [1-9]\d* (?:\w+ )?secrets?\b"
            r"|[1-9]\d* (?:policy )?incidents? detected)",
            "incident": r"(?i:[1-9]\d* (?:policy )?incidents? (?:detected|found|has been"
            r"|have been))",
            "ecrets found": r"(?<![Nn]o )(?<!0 )(?i:secrets found)",
            "ardcoded": r"(?i:(?:found|detected) (?:\w+ ){0,3}hard-?coded (?:secret|password"
            r"|credential|key|token))",
            "leaked": r"(?i:secrets? (?:that )?(?:have|has) been leaked|leaked (?:secrets?"
            r"|credentials?) "
            r"(?:found|detected))",
        },
        "Error: secrets detected in 2 files",
        "no leaks found: 0",
        confidence=0.85,
        beats=frozenset({"token-rights"}),
        tail=60,
    ),
    told(
        "packages-vulnerable",
        _SCAN,
        {
            "ulnerab": r"(?i:\b[1-9]\d* (?:known |new |unique |security |critical |high |moderate "
            r"|medium |low )"
            r"{0,2}(?:severity )?(?:vulnerabilit(?:y|ies)|vulnerable (?:packages?|dependenc))"
            r"(?! (?:fixed|ignored|resolved|suppressed))"
            r"|(?<!no )(?<!zero )(?:critical|high|known|security"
            r"|severe) (?:severity )?vulnerabilities (?:were "
            r"|have been )?(?:found|detected|exist)|^\W{0,6}(?:error:? )?vulnerabilities (?:were "
            r")?(?:found|"
            r"detected)|vulnerable (?:crates?|packages?|dependencies) (?:were )?(?:found|detected)"
            r"|(?:detected|has the following|found) (?:\d+ )?vulnerable (?:packages|dependencies)"
            r"|identified with (?:known )?vulnerabilit|vulnerabilit\w+ (?:exceed|above|threshold)"
            r"|vulnerability (?:threshold|gate) .{0,40}(?:exceeded|failed)"
            r"|Vulnerability #\d+: GO-)",
            "advisor": r"(?i:found [1-9]\d* security vulnerability advisor|^advisories FAILED"
            r"|\badvisories "
            r"FAILED)",
            "[vulnerability]": r"^error\[vulnerability\]: ",
            "error[": r"^error\[(?:unmaintained|unsound|yanked|notice)\]: ",
            "NU190": r"error NU190[1-4]: ",
            "CVSS score": r"CVSS score greater than or equal to",
            "ncompatible licenses": r"detected incompatible licenses",
            "Severity: ": r"^Severity: [1-9]\d* (?:Info|Low|Moderate|High|Critical)\b",
            "Criticality: ": r"^Name: .{1,80} Criticality: ",
        },
        "Error: Dependency review detected vulnerable packages.",
        "found 0 vulnerabilities\n0 high severity vulnerabilities\nno known vulnerabilities found",
        lead=r"(?!\s*+\d+ (?:\w+ severity )?vulnerabilit(?:y|ies)(?: \(|$)).{0,200}?",
        fixable=AutoFixable.PARTIAL,
        confidence=0.82,
        tail=60,
    ),
    told(
        "code-insecure",
        _SCAN,
        {
            "blocking finding": r"(?i:\b[1-9]\d* blocking findings?\b)",
            "Severity: ": r"^\[\S{1,200}:\d+(?:-\d+)?\] - G\d{3} \(",
            "- G": r"^\[\S{1,200}:\d+(?:-\d+)?\] - G\d{3} \(",
            " informational, ": r"[1-9]\d* findings? ?(?:\([^)]{1,80}\))?:? (?:\d+ suppressed, "
            r")?\d+ (?:unknown, \d+ )?informational, ",
            "Security Warnings: ": r"Security Warnings: [1-9]",
            "FAIL-NEW: ": r"FAIL-NEW: [1-9]",
            "WARN-NEW: ": r"WARN-NEW: [1-9]",
            "ecurity": r"(?i:security (?:scan|audit|check|gate|analysis|tests?|policy|quality gate"
            r"|hotspots?)\b.{0,"
            r"40}?\b(?:failed|failure|violations?|issues found)|\b[1-9]\d* (?:critical "
            r"|high )?security (?:issues?"
            r"|findings?|alerts?|problems?|violations?|risks?)\b)",
        },
        "3 findings: 0 informational, 0 low, 1 medium, 2 high",
        "0 blocking findings",
        confidence=0.78,
        tail=40,
    ),
)
