"""The hosted runner's own refusals: actions, inputs, workflow files, file commands, containers.

The wordings are those of the sources of ``actions/runner`` and ``actions/toolkit``. They stand at
the beginning of a line, since the runner prints them itself.
"""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight, pattern
from regreen.logs.rules.spoken import spoken
from regreen.model import AutoFixable, Category, Severity

_LEAD = r"^(?:\S{0,60}: )?(?:Error: |ERROR: |Unhandled error: )?"


def _said(
    rule_id: str,
    message: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    *,
    category: str = Category.CONFIGURATION_ERROR,
    weight: Weight = Weight.VERDICT,
    confidence: float = 0.92,
    severity: Severity | None = None,
    fixable: AutoFixable = AutoFixable.NO,
    tail: int = 60,
) -> Rule:
    return pattern(
        rule_id,
        rf"{_LEAD}(?P<message>(?:{message}).*)$",
        triggers=triggers,
        category=category,
        tool="runner",
        weight=weight,
        tail=tail,
        confidence=confidence,
        severity=severity,
        fixable=fixable,
        matches=matches,
        ignores=ignores,
    )


RULES = (
    _said(
        "runner-action",
        r"Unable to resolve action|Missing download info for|An action could not be found at"
        r"|Can't find 'action\.yml', 'action\.yaml' or 'Dockerfile'|Composite action depth exceeded"
        r"|Unable to resolve self-reference|'using: \S+' is not supported|Top level 'runs:' section"
        r"|You are using a (?:Container|JavaScript|composite) [Aa]ction but|Missing 'using' value"
        r"|The action \S+ is not allowed in|\S+ is not allowed to be used in|Required property is "
        r"missing: |Failed to load \S*action\.ya?ml|Repository path '.*' should be located under"
        r"|File not found: '.*[/\\]_actions[/\\]",
        (
            "Unable to resolve ",
            "Missing download info",
            "action could not be found",
            "action.yml",
            "action depth",
            "'using: ",
            "'using' value",
            "'runs:' section",
            "You are using a ",
            "is not allowed ",
            "Required property is",
            "should be located under",
            "_actions",
        ),
        "Unable to resolve action `a/b@v9`, unable to find version `v9`",
        "action resolved",
    ),
    _said(
        "runner-action-download",
        r"Failed to download archive '|Failed to resolve action download info"
        r"|Action '\S+' download has timed out|Can't (?:un-zip|use 'tar -xzf' extract) archive file"
        r"|The runner was unable to contact|Response status code does not indicate success: 5\d\d",
        (
            "Failed to download archive",
            "action download info",
            "download has timed out",
            "archive file: ",
            "unable to contact",
            "does not indicate success: 5",
        ),
        "Failed to download archive 'https://api.example.org/a/tarball/v1' after 3 attempts.",
        "Download action repository 'actions/checkout@v4' (SHA:08c6903cd8c0fde910a37f88322edcfb5d)",
        category=Category.NETWORK_ERROR,
        fixable=AutoFixable.YES,
        confidence=0.9,
    ),
    _said(
        "runner-deprecated",
        r"This request has been automatically failed because it uses a deprecated version"
        r"|The `?(?:set-env|add-path|set-output|save-state)`? command is disabled"
        r"|Missing download info for actions/(?:upload|download)-artifact@v[12]\b"
        r"|.{0,60}\bnode(?:12|16)\b.{0,40}(?:has been removed|is no longer supported)"
        r"|.{0,200}scheduled brownout|.{0,80}\bcache v[12]\b.* deprecated",
        (
            "automatically failed",
            "command is disabled",
            "download info for actions/",
            "node12",
            "node16",
            "brownout",
            "cache v",
        ),
        "This request has been automatically failed because it uses a deprecated version of"
        " `actions/upload-artifact: v3`.",
        "The `set-output` command is deprecated and will be disabled soon.",
        confidence=0.95,
    ),
    _said(
        "runner-input",
        r"Input required and not supplied: |Input does not meet YAML 1\.2"
        r"|Unable to process file command|Unable to process command '::|Invalid format '"
        r"|Invalid value\. (?:Matching delimiter not found|EOF marker missing)"
        r"|Failed to create step summary|\$GITHUB_STEP_SUMMARY upload aborted"
        r"|Path Validation Error: |Key Validation Error: |Some specified paths were not resolved"
        r"|No file in .* matched to \[|Unable to (?:find|locate) .* with the (?:associated|name)"
        r"|Failed to restore cache entry\. Exiting as fail-on-cache-miss"
        r"|Artifact not found for name: |Unable to find any artifacts|No files were found with the"
        r" provided path|.*\b[Aa]n artifact with this name already exists",
        (
            "Input required",
            "Input does not meet",
            "Unable to ",
            "Invalid format '",
            "Invalid value. ",
            "step summary",
            "STEP_SUMMARY upload",
            "Validation Error: ",
            "were not resolved",
            "No file in",
            "restore cache entry",
            "Artifact not found",
            "No files were found",
            "this name already exists",
        ),
        "Error: Input required and not supplied: path",
        "input supplied",
        confidence=0.9,
    ),
    _said(
        "runner-workflow",
        r"(?:Error: )?The (?:workflow|template) is not valid\b|Unrecognized named-value: "
        r"|Unrecognized function: |Invalid workflow file|Error when evaluating '\w+'"
        r"|got unexpected character .* while lexing|Unexpected (?:symbol|value): '"
        r"|.{0,200}The template is not valid\b|Invalid shell option\.|Fail to evaluate job outputs"
        r"|hashFiles\('.{0,200}'\) (?:failed|couldn't finish)|Container action is only supported on"
        r"|Container operations are only supported on|Jobs without a job container are"
        r"|Second path fragment must not be|Dependency review is not supported"
        r"|Get Pages site failed|The version '.{1,80}' with architecture '.{1,40}' was not found"
        r"|Trusted publishing exchange failure"
        r"|An error occurred trying to start process '.{1,300}' with working directory",
        (
            "is not valid",
            "named-value",
            "Unrecognized function",
            "Invalid workflow file",
            "when evaluating",
            "while lexing",
            "Unexpected symbol",
            "Unexpected value",
            "Invalid shell option",
            "evaluate job outputs",
            "hashFiles(",
            "only supported on",
            "without a job container",
            "Second path fragment",
            "review is not supported",
            "Get Pages site",
            "with architecture",
            "Trusted publishing exchange",
            "trying to start process",
        ),
        "The workflow is not valid. .github/workflows/ci.yml (Line: 3): Unexpected value ''",
        "the workflow is valid",
        weight=Weight.SIGN,
        confidence=0.88,
    ),
    spoken(
        "trusted-publisher",
        r"^.{0,200}?(?P<message>(?:[Tt]rusted publish(?:er|ing)\b|Please verify that).*)$",
        triggers=("rusted publish", "Please verify that"),
        category=Category.CONFIGURATION_ERROR,
        tool="runner",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        tail=60,
        confidence=0.85,
        matches="error: no trusted publisher is configured for this project",
        ignores="(pass) picks a version for trusted publishing [0.2ms]",
    ),
    spoken(
        "setup-version",
        r"^(?:Error: )?(?P<message>(?:Version .{1,60} was not found in the local cache"
        r"|Unable to find \S+ version '.{1,60}' for platform .*"
        r"|Could not find satisfied version for .*|No matching version found for .*"
        r"|The specified version .{1,60} is not (?:found|available|supported)).*)$",
        triggers=(
            "in the local cache",
            "for platform",
            "satisfied version",
            "matching version",
            "specified version",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="runner",
        tail=8,
        confidence=0.8,
        matches="Error: Unable to find Node version '99' for platform linux and architecture x64.",
        ignores="Found in cache @ /opt/hostedtoolcache/Python/3.12.0/x64",
    ),
    _said(
        "runner-container",
        r"Docker (?:pull|build|start|login for '.*'|network create) fail(?:ed)? with exit code \d+"
        r"|One or more containers failed to start|Failed to initialize container"
        r"|Executing the custom container implementation failed|Service container \S+ failed",
        (
            "with exit code ",
            "containers failed to start",
            "Failed to initialize",
            "custom container",
            "Service container ",
        ),
        "One or more containers failed to start.",
        "containers started",
        weight=Weight.HINT,
        confidence=0.7,
    ),
    _said(
        "runner-superseded",
        r"Canceling since a higher priority waiting request for .* exists"
        r"|The job was canceled because \".*\" failed|The run was canceled by @"
        r"|The strategy configuration was canceled because|Done: Job Cancelled"
        r"|Your build has been stopped|Aborted by |(?:Job failed: )?canceled$"
        r"|script canceled externally",
        (
            "higher priority waiting",
            "was canceled b",
            "Job Cancelled",
            "has been stopped",
            "Aborted by ",
            "canceled",
        ),
        "Canceling since a higher priority waiting request for 'ci-main' exists",
        "a higher priority request",
        category=Category.UNKNOWN,
        severity=Severity.LOW,
        confidence=0.9,
        tail=12,
    ),
    spoken(
        "runner-request",
        r"^.{0,200}?(?P<message>(?:(?:HttpError: )?Validation Failed: |gh: Validation Failed"
        r"|HTTP 422: |HttpError: Not Found|gh: Not Found \(HTTP 404\)"
        r"|To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN).*)$",
        triggers=("Validation Failed", "HTTP 422", "Not Found", "set the GH_TOKEN"),
        category=Category.CONFIGURATION_ERROR,
        confidence=0.65,
        matches="gh: Validation Failed (HTTP 422)",
        ignores="Validation passed",
    ),
)
