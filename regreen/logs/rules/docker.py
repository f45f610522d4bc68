"""Image builds and containers: docker build (classic and BuildKit), compose, buildah, kaniko.

That a ``RUN`` failed is only an echo of what failed in it, so it weighs no more than a hint: what
stands above it wins.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.logs.rules.spoken import spoken
from regreen.model import Category

_CONFIGURATION = Category.CONFIGURATION_ERROR
_SOLVE = (
    "failed to solve",
    "ERROR: ",
    "rror response from daemon",
    "rror building image",
    "invalid ",
)

RULES = (
    verdict(
        "docker-run-step",
        "docker",
        Category.BUILD_ERROR,
        r"^.{0,400}?(?P<message>(?:process|executor failed running) .* (?:did not complete "
        r"successfully: "
        r"exit code|exit code): \d+|[Tt]he command '.*' returned a non-zero code: \d+"
        r"|error building (?:image|at STEP).*(?:exit status|non-zero code:?) \d+.*"
        r"|while running runtime: exit status \d+).*$",
        (
            "did not complete successfully",
            "executor failed running",
            "returned a non-zero code",
            "rror building ",
            "while running runtime",
        ),
        'error: failed to solve: process "/bin/sh -c make" did not complete successfully: exit '
        "code: 1",
        "#5 DONE 1.2s",
        weight=Weight.HINT,
    ),
    verdict(
        "docker-killed",
        "docker",
        Category.RESOURCE_EXHAUSTION,
        r"^.{0,400}?(?P<message>did not complete successfully: exit code: 137|returned a non-zero "
        r"code: 137"
        r"|ResourceExhausted: .*cannot allocate memory.*|OOMKilled.*)$",
        ("exit code: 137", "non-zero code: 137", "ResourceExhausted", "OOMKilled"),
        'failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 137',
        "exit code: 1",
    ),
    verdict(
        "docker-copy",
        "docker",
        Category.BUILD_ERROR,
        r"^.{0,300}?(?P<message>(?:failed to compute cache key|failed to calculate checksum of ref)"
        r".*"
        r"(?:not found|no such file or directory|excluded by \.dockerignore)"
        r"|(?:COPY|ADD) failed: .*|error building image: .*(?:copy|lstat).*no such file.*"
        r"|.*building at STEP \"(?:COPY|ADD) .*(?:no such file|not found|no items matching).*"
        r"|target stage \"?\S+\"? (?:could not be|not) found.*"
        r"|invalid from flag value \S+: .*)$",
        (
            "failed to compute cache key",
            "failed to calculate checksum",
            "COPY failed",
            "ADD failed",
            "rror building image",
            "building at STEP",
            "target stage",
            "invalid from flag",
        ),
        'ERROR: failed to solve: failed to compute cache key: "/nope": not found',
        "#5 COPY failed.txt .",
    ),
    verdict(
        "dockerfile",
        "docker",
        _CONFIGURATION,
        r"^.{0,200}?(?P<message>[Dd]ockerfile parse error.*|Dockerfile:\d+:? .*unknown "
        r"instruction.*"
        r"|failed to read dockerfile: .*|unable to prepare context: .*|no build stage in current "
        r"context.*"
        r"|failed to process \".*\": .*|unknown instruction: .*|base name \(.*\) should not be "
        r"blank.*"
        r"|invalid (?:tag|reference format|argument) .{0,300}?(?:for .*|repository name must be "
        r"lowercase.*)"
        r"|\"docker buildx? ?build\" requires (?:exactly )?1 argument.*|requires 1 argument\."
        r"|resolve : lstat .*[Dd]ockerfile.*|failed to parse stage name .*"
        r"|invalid reference format.*|unknown flag: --.*"
        r"|buildx call failed.*|docker exporter does not (?:currently )?support exporting manifest "
        r"lists.*"
        r"|[Mm]ulti-platform build is not supported for the docker driver.*"
        r"|(?:Cache export|Attestation) is not supported for the docker driver.*)$",
        (
            "ockerfile parse error",
            "unknown instruction",
            "failed to read dockerfile",
            "unable to prepare context",
            "no build stage",
            'failed to process "',
            "base name (",
            "invalid tag",
            "invalid reference format",
            "requires exactly 1 argument",
            "requires 1 argument.",
            "ockerfile: no such file",
            "failed to parse stage",
            "unknown flag: --",
            'invalid argument "',
            "exporting manifest lists",
            "for the docker driver",
        ),
        "ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: RUNN",
        "#1 transferring dockerfile: 32B done",
    ),
    verdict(
        "docker-base-image",
        "docker",
        Category.BUILD_ERROR,
        r"^.{0,300}?(?P<message>failed to resolve source metadata for [^\n]{1,400}?: (?:not found"
        r"|no match for platform.*)"
        r"|manifest for \S{1,300} not found.*|manifest unknown.*|pull access denied for \S+.*"
        r"|no matching manifest for \S{1,300} in the manifest list.*"
        r"|[\w.-]+\.\w+/\S+: not found|failed to resolve source metadata.*not found)$",
        (
            "failed to resolve source metadata",
            "manifest for ",
            "manifest unknown",
            "pull access denied",
            "no matching manifest",
            ": not found",
        ),
        "ERROR: failed to solve: a:9: failed to resolve source metadata for example.org/a:9: "
        "not found",
        "file: not found",
        weight=Weight.SIGN,
    ),
    spoken(
        "registry-denied",
        r"^.{0,400}?(?P<message>(?:failed to push \S+[:/]|push access denied|denied: "
        r"|unauthorized: |401 Unauthorized|403 Forbidden|insufficient_scope: "
        r"|Error saving credentials|Error: Cannot perform an interactive login"
        r"|no basic auth credentials).*)$",
        triggers=(
            "denied: ",
            "nauthorized",
            "403 Forbidden",
            "insufficient_scope",
            "push access denied",
            "Error saving credentials",
            "interactive login",
            "no basic auth credentials",
        ),
        category=Category.PERMISSION_ERROR,
        tool="docker",
        confidence=0.9,
        tail=60,
        matches="denied: permission_denied: write_package",
        ignores="pushing layers",
    ),
    verdict(
        "registry-limit",
        "docker",
        Category.NETWORK_ERROR,
        r"^.{0,400}?(?P<message>(?:toomanyrequests: |You have reached your (?:unauthenticated )"
        r"?pull rate limit"
        r"|429 Too Many Requests|failed to (?:do request|resolve source metadata|authorize)"
        r".*(?:dial tcp|timeout|"
        r"EOF|TLS|connection|50\d )|Head \"https://.*\": (?:dial|net|read|context)|failed to copy: "
        r"httpReadSeeker).*)$",
        (
            "toomanyrequests",
            "pull rate limit",
            "429 Too Many",
            "failed to do request",
            "failed to authorize",
            "failed to resolve source",
            'Head "https',
            "httpReadSeeker",
        ),
        "toomanyrequests: You have reached your pull rate limit.",
        "pull complete",
    ),
    verdict(
        "docker-daemon",
        "docker",
        _CONFIGURATION,
        r"^.{0,60}?(?P<message>Cannot connect to the Docker daemon at .*|[Bb]ind for \S+ failed: "
        r"port is already "
        r"allocated.*|.*Conflict\. The container name .* is already in use.*|network \S+ declared "
        r"as external, but "
        r"could not be found.*|No such (?:container|image|service): .*|no such service: .*"
        r"|service \"\S+\" (?:refers to undefined|has neither an image nor a build|depends on "
        r"undefined).*"
        r"|validating .*compose\S*\.ya?ml: .*|no configuration file provided: not found"
        r"|env file .* not found.*|yaml: (?:line \d+: )?.*|unknown docker command: .*"
        r"|docker: '\S+' is not a docker command.*|unknown shorthand flag: .*|invalid (?:compose "
        r"project|spec: ).*"
        r"|Unsupported config option for .*)$",
        (
            "Docker daemon",
            "port is already allocated",
            "is already in use",
            "declared as external",
            "o such container",
            "o such image",
            "o such service",
            'service "',
            "compose",
            "no configuration file",
            "env file ",
            "docker command",
            "unknown shorthand",
            "Unsupported config option",
        ),
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?",
        "the Docker daemon runs",
        weight=Weight.SIGN,
    ),
    verdict(
        "compose-health",
        "docker compose",
        Category.TIMEOUT,
        r"^.{0,60}?(?P<message>(?:dependency failed to start: )?container \S+ is unhealthy.*"
        r"|container for service \"\S+\" is unhealthy.*)$",
        ("is unhealthy",),
        "dependency failed to start: container app-db-1 is unhealthy",
        "container app-db-1 is healthy",
        weight=Weight.SIGN,
    ),
    verdict(
        "compose-exited",
        "docker compose",
        Category.BUILD_ERROR,
        r"^.{0,60}?(?P<message>dependency failed to start: container \S+ exited.*"
        r"|container for service \"\S+\" exited.*)$",
        ("dependency failed to start", "container for service"),
        "dependency failed to start: container app-db-1 exited (1)",
        "container app-db-1 is healthy",
        weight=Weight.SIGN,
    ),
)
