"""Terraform, OpenTofu, helm, kubectl, ansible and scanners of such files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Example, Finding, Rule, Weight, diagnostic, unique, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

_TERRAFORM_FILE = expression(
    r"^[ \t]*(?P<file>[\w./-]+\.(?:tf|tfvars|hcl|tftest\.hcl|tofu))[ \t]*$"
)
_ERROR = expression(r"^[│╷| ]*Error: (?P<message>.+)$", re.MULTILINE)
_PLACE = expression(r"^[│|]?\s*on (?P<file>\S+) line (?P<line>\d+)")
_KINDS = (
    (
        Category.DEPENDENCY_ISSUE,
        expression(
            r"Failed to query available provider packages|Inconsistent dependency lock file|"
            r"Unsupported Terraform"
            r" Core version|Could not retrieve the list of available versions|Module (?:version|"
            r"not)|Required "
            r"plugins are not installed|Failed to install provider|Incompatible (?:provider|module)"
            r"|Unreadable "
            r"module|Failed to download module|Missing required provider|Unresolvable module "
            r"version"
        ),
    ),
    (
        Category.PERMISSION_ERROR,
        expression(
            r"No valid credential|(?:.*AccessDenied)|.*\b403\b|.*UnauthorizedOperation|"
            r".*ExpiredToken"
            r"|Unauthorized|.*Forbidden|.*not authorized|error configuring .*: no valid credential"
            r"|Invalid provider configuration|Unable to (?:build|obtain) .*(?:authoriz|credential)"
            r"|building (?:account|AzureRM)|could not find default credentials|Retrieving AWS "
            r"account details"
        ),
    ),
    (
        Category.NETWORK_ERROR,
        expression(r".*(?:timeout|connection refused|no such host|i/o timeout|EOF|50[234]\b)"),
    ),
)
_NETWORK = expression(
    r"timeout|timed out|deadline exceeded|connection re|no such host|dial tcp|\bEOF\b|50[234] "
    r"|please try again later|request failed after|TLS handshake"
)
"""What lies below an error's heading, in a box that wraps long lines."""
_OURS = expression(
    r"Unsupported|Missing|Invalid|Reference to|Argument or|Duplicate|Undeclared|Cycle|Incorrect|"
    r"Unknown"
    r"|No value for|Failed to (?:query|install|download|read|load|get)|Error (?:acquiring|loading|"
    r"refreshing|"
    r"locking|building)|Backend|Variables|Module|Inconsistent|Provider|Required|creating|reading|"
    r"updating"
    r"|deleting|Plugin|Too many|Value for|Extraneous|Attribute|Unclosed|Unterminated|Terraform|No "
    r"configuration|Resource|Initialization|state|Saved plan|configuring|Unsuitable|Conflicting|"
    r"Unresolvable"
    r"|Retrieving|waiting for|retrieving|error "
)


def _terraform(excerpt: Excerpt) -> Iterable[Finding]:
    boxed = "│ Error: " in excerpt
    named = any(excerpt.mentions(name) for name in ("terraform", "tofu", "terragrunt", "tflint"))
    if not (boxed or named or "Terraform" in excerpt):
        return
    for index, match in excerpt.grep(_ERROR, "Error: "):
        message = match["message"]
        if not (boxed or _OURS.match(message)):
            continue
        category = next((c for c, e in _KINDS if e.match(message)), Category.CONFIGURATION_ERROR)
        if category is Category.DEPENDENCY_ISSUE and _offline(excerpt, index):
            category = Category.NETWORK_ERROR
        place = _place(excerpt, index)
        yield Finding(
            "terraform",
            category,
            Weight.VERDICT if boxed else Weight.SIGN,
            (index,),
            (diagnostic(place and place["file"], None, message, place and place["line"]),),
            confidence=0.88,
        )


def _place(excerpt: Excerpt, index: int) -> re.Match[str] | None:
    near = (_PLACE.match(line) for line in excerpt.lines[index + 1 : index + 4])
    return next((match for match in near if match), None)


def _offline(excerpt: Excerpt, index: int) -> bool:
    below = " ".join(line.strip("│╷╵| ") for line in excerpt.lines[index + 1 : index + 20])
    return _NETWORK.search(below) is not None


def _formatting(excerpt: Excerpt) -> Iterable[Finding]:
    """``terraform fmt -check`` prints bare names: they count only when the script runs it."""
    if not re.search(r"(?:terraform|tofu)\b.*\bfmt\b|terragrunt.*hcl", excerpt.script or ""):
        return
    hits = [(i, m["file"]) for i, m in excerpt.grep(_TERRAFORM_FILE, ".tf", ".hcl", ".tofu")]
    if hits:
        yield Finding(
            "terraform fmt",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            tuple(i for i, _ in hits),
            unique(diagnostic(name, None, "is not formatted") for _, name in hits),
            AutoFixable.YES,
        )


def _audit(excerpt: Excerpt) -> Iterable[Finding]:
    """Package managers print the same count after every install, where it fails nothing."""
    if "# npm audit report" not in excerpt and not excerpt.mentions("audit"):
        return
    hits = list(excerpt.grep(_VULNERABLE, "vulnerabilit"))
    if hits:
        yield Finding(
            "npm audit",
            Category.SECURITY_SCAN,
            Weight.SIGN,
            tuple(i for i, _ in hits),
            unique(diagnostic(None, None, m[0]) for _, m in hits),
            confidence=0.85,
        )


_VULNERABLE = expression(
    r"^(?:[1-9]\d* (?:(?:low|moderate|high|critical) severity )?vulnerabilit(?:y|ies)\b"
    r"|found [1-9]\d* (?:\w+ severity )?vulnerabilit).*$"
)
_CONFIGURATION = Category.CONFIGURATION_ERROR

RULES = (
    Rule(
        "terraform",
        ("Error: ",),
        _terraform,
        '│ Error: Unsupported argument\n│ \n│   on main.tf line 3, in resource "a" "b":',
        "Error: other",
    ),
    Rule(
        "terraform-fmt",
        (".tf", ".hcl", ".tofu"),
        _formatting,
        "modules/a/main.tf",
        "modules/a/main.tf",
        example=Example("terraform fmt -check -recursive"),
    ),
    checker(
        "tflint",
        "tflint",
        r"^[1-9]\d* issue\(s\) found:$",
        (
            Shape(
                r"^(?:Error|Warning|Notice): (?P<message>.+) \((?P<code>\w+)\)\n\n +on "
                r"(?P<file>\S+) line "
                r"(?P<line>\d+)",
                ("\n\n  on ",),
                spans=True,
            ),
        ),
        triggers=("issue(s) found:",),
        matches="1 issue(s) found:",
        ignores="0 issue(s) found:",
    ),
    verdict(
        "helm",
        "helm",
        _CONFIGURATION,
        r"^(?:Error: )(?P<message>(?:template: |execution error at |parse error at |YAML parse "
        r"error on |chart "
        r"requires kubeVersion|failed to parse |validation: |unable to build kubernetes objects|"
        r"values don't meet"
        r"|rendered manifests contain|found in Chart\.yaml, but missing in charts/|INSTALLATION "
        r"FAILED: |UPGRADE "
        r"FAILED: |no cached repo|repo \S+ not found|\d+ chart\(s\) linted, [1-9]).*)$"
        r"|^\[ERROR\] (?:templates/|Chart\.yaml|values\.yaml).*$",
        ("Error: ", "[ERROR] templates/", "[ERROR] Chart.yaml", "[ERROR] values.yaml"),
        "Error: 1 chart(s) linted, 1 chart(s) failed",
        "Error: other",
    ),
    verdict(
        "kubernetes",
        "kubectl",
        _CONFIGURATION,
        r"^(?P<message>error: (?:error (?:validating|parsing) .*|unable to (?:recognize|decode) .*|"
        r"the (?:path|server) "
        r".* (?:does not exist|doesn't have).*|no matches for kind .*|context \".*\" does not "
        r"exist)"
        r"|Error from server \((?:Invalid|BadRequest|NotFound|AlreadyExists)\): .*"
        r"|.* - .* (?:is invalid|failed validation): .*|Summary: .* Invalid: [1-9].*"
        r"|Error: accumulating resources.*)$",
        (
            "error: ",
            "Error from server",
            "failed validation",
            "is invalid: ",
            "Invalid: ",
            "accumulating",
        ),
        'error: error validating "a.yaml": error validating data: unknown field "spec.x"',
        "error: other",
        weight=Weight.SIGN,
    ),
    verdict(
        "kubernetes-access",
        "kubectl",
        Category.PERMISSION_ERROR,
        r"^(?:error: )?(?P<message>Error from server \(Forbidden\): .*|You must be logged in to "
        r"the server.*)$",
        ("(Forbidden): ", "You must be logged in to"),
        'Error from server (Forbidden): pods is forbidden: User "a" cannot list resource',
        "Error from server (NotFound): pods",
    ),
    checker(
        "ansible-lint",
        "ansible-lint",
        r"^Failed: [1-9]\d* failure\(s\), \d+ warning\(s\).*$|^Finished with [1-9]\d* failure\(s\)"
        r".*$",
        (
            Shape(
                r"^(?P<file>[^\s:]+\.\w+):(?P<line>\d+)(?::(?P<column>\d+))?: "
                r"\[?(?P<code>[a-z][\w-]+(?:\[[\w-]+\])?)"
                r"(?:\])?:? (?P<message>.+)$",
                (".yml:", ".yaml:"),
            ),
        ),
        triggers=("failure(s)",),
        fixable=AutoFixable.PARTIAL,
        matches="Failed: 3 failure(s), 0 warning(s) on 2 files.",
        ignores="Passed: 0 failure(s), 0 warning(s) on 2 files.",
    ),
    verdict(
        "ansible",
        "ansible",
        Category.BUILD_ERROR,
        r"^(?:fatal: \[\S+\]: (?:FAILED|UNREACHABLE)! => .*|\S+ +: ok=\d+ +changed=\d+ "
        r"+unreachable=\d+ +failed="
        r"[1-9]\d* .*)$",
        ("fatal: [", " failed="),
        "host1 : ok=2 changed=1 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0",
        "host1 : ok=2 changed=1 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0",
        weight=Weight.SIGN,
    ),
    Rule(
        "package-audit",
        ("vulnerabilit",),
        _audit,
        "# npm audit report\n\nSeverity: high\n\n3 vulnerabilities (1 moderate, 2 high)",
        "added 12 packages\n\n3 vulnerabilities (1 moderate, 2 high)",
    ),
)
