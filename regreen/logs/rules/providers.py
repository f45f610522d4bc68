"""What GitLab, Azure, Jenkins and their like say of themselves: agent, pod, pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern
from regreen.model import AutoFixable, Category

_SYSTEM = re.compile(
    r"^.{0,20}?ERROR: (?:Job failed(?: \(system failure\))?|Preparation failed): (?P<message>.+)$"
)
_CAUSES = (
    (re.compile(r"timed out|timeout|took longer than|deadline exceeded"), Category.TIMEOUT),
    (
        re.compile(r"no space left|OOMKilled|memory|Evicted|exceeded quota|Insufficient "),
        Category.RESOURCE_EXHAUSTION,
    ),
    (
        re.compile(r"forbidden|[Uu]nauthorized|denied|authentication required|no basic auth"),
        Category.PERMISSION_ERROR,
    ),
    (
        re.compile(
            r"connection refused|connection reset|no such host|dial tcp|TLS handshake|i/o timeout"
            r"|toomanyrequests|x509|EOF|error dialing backend|5\d\d |Cannot connect to the Docker"
            r"|lost connection|unreachable"
        ),
        Category.NETWORK_ERROR,
    ),
    (
        re.compile(
            r"failed to pull image|image pull failed|ImagePullBackOff|ErrImagePull|manifest|invalid"
            r"|prepare environment|No such (?:container|image)|not found|configur|no such file"
        ),
        Category.CONFIGURATION_ERROR,
    ),
)
_PLAIN = re.compile(r"^(?:exit (?:code|status)|command terminated|canceled$)")


def _gitlab(excerpt: Excerpt) -> Iterable[Finding]:
    """The runner's own reason for a job that no command of it failed."""
    for index, match in excerpt.grep(_SYSTEM, "ERROR: Job failed", "ERROR: Preparation failed"):
        said = match["message"]
        if _PLAIN.match(said):
            continue
        category = next((c for e, c in _CAUSES if e.search(said)), Category.UNKNOWN)
        yield Finding(
            "runner",
            category,
            Weight.VERDICT if category is not Category.UNKNOWN else Weight.HINT,
            (index,),
            (diagnostic(None, None, said),),
            AutoFixable.YES if category is Category.NETWORK_ERROR else AutoFixable.NO,
            confidence=0.88 if category is not Category.UNKNOWN else 0.5,
        )


def _own(
    rule_id: str,
    category: str,
    message: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    weight: Weight = Weight.SIGN,
) -> Rule:
    return pattern(
        rule_id,
        rf"^.{{0,120}}?(?P<message>(?:{message}).*)$",
        triggers=triggers,
        category=category,
        weight=weight,
        final=Weight.VERDICT,
        tail=60,
        confidence=0.88,
        matches=matches,
        ignores=ignores,
    )


RULES = (
    Rule(
        "gitlab-system",
        ("ERROR: Job failed", "ERROR: Preparation failed"),
        _gitlab,
        "ERROR: Job failed (system failure): timed out waiting for pod to start",
        "ERROR: Job failed: exit code 1",
    ),
    _own(
        "pipeline-definition",
        Category.CONFIGURATION_ERROR,
        r"WorkflowScript: \d+: |No such DSL method '|groovy\.lang\.Missing(?:Property|Method)Exc"
        r"|at org\.jenkinsci\.plugins\.pipeline\.modeldefinition\.parser\."
        r"|ERROR: Could not find credentials entry with ID|Couldn't find any revision to build"
        r"|ERROR: No tool named .* found|Tool type \"\S+\" does not have an install of"
        r"|There are no nodes with the label|No agent found in pool|A supported task execution"
        r" handler was not found|Unable to process command '##vso"
        r"|This job is stuck because|An error occurred while generating the build script"
        r"|Config(?:uration)? errors? found in (?:\.travis|config)|Error calling workflow:",
        (
            "WorkflowScript: ",
            "No such DSL method",
            "groovy.lang.Missing",
            "modeldefinition.parser.",
            "credentials entry",
            "any revision to build",
            "No tool named",
            "Tool type ",
            "no nodes with the label",
            "No agent found",
            "task execution handler",
            "'##vso",
            "job is stuck",
            "generating the build script",
            "errors found in",
            "error found in",
            "Error calling workflow",
        ),
        "WorkflowScript: 3: Expected a stage @ line 3, column 9.",
        "WorkflowScript compiled",
    ),
    _own(
        "pipeline-rights",
        Category.PERMISSION_ERROR,
        r"Scripts not permitted to use |org\.jenkinsci\.plugins\.scriptsecurity\.sandbox\.Rejected"
        r"|No hosted parallelism has been purchased or granted"
        r"|TF40\d{4}: |There was a resource authorization issue"
        r"|The pipeline is not valid\..*(?:not authorized|authorization)",
        (
            "Scripts not permitted",
            "scriptsecurity",
            "hosted parallelism",
            "TF40",
            "resource authorization",
            "pipeline is not valid",
        ),
        "Scripts not permitted to use method java.lang.String execute",
        "scripts are permitted",
    ),
    _own(
        "pipeline-channel",
        Category.NETWORK_ERROR,
        r"(?:hudson\.remoting\.)?ChannelClosedException|Cannot contact \S+: |Connection was broken:"
        r"|ERROR: Issue with creating launcher for agent"
        r"|wrapper script does not seem to be touching the log file|There has been a runner system"
        r" failure|Unexpected environment preparation error|The VM (?:stalled|was terminated)",
        (
            "ChannelClosed",
            "Cannot contact ",
            "Connection was broken",
            "creating launcher",
            "touching the log file",
            "runner system failure",
            "environment preparation error",
            "The VM ",
        ),
        "java.io.IOException: hudson.remoting.ChannelClosedException: Channel closed",
        "channel open",
    ),
)
