"""pdm, pipenv, pip-tools and hatch, and builds that a program with a lock file ran (poetry too)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, pattern
from regreen.logs.rules.causes import cause
from regreen.model import AutoFixable, Category

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_CONFIGURATION = Category.CONFIGURATION_ERROR
_PARTIAL = AutoFixable.PARTIAL
_BELOW = 400
"""Lines below a build's failure in which the back end's output stands."""

_BUILD = expression(
    r"^[ \t]*(?P<poetry>ChefBuildError|PEP517 build of a dependency failed"
    r"|Command \[?['\"].*(?:pip|setup\.py).* errored with the following (?:return code|output).*"
    r"|Unable to determine package info(?: for path)?: .*)$"
    r"|^[ \t]*(?:\[(?:BuildError|InstallationError)\]: )?(?P<pdm>Build backend raised error: .*"
    r"|(?:Call command|Build backend) .* (?:return|exited with) non-zero.*)$"
    r"|^(?P<tools>Backend subprocess exited when trying to invoke \w+)$",
    re.MULTILINE,
)
_BUILD_HINTS = (
    "ChefBuildError",
    "PEP517 build of",
    " errored with the following",
    "Unable to determine package info",
    "Build backend",
    "Call command",
    "Backend subprocess exited",
)


def _build(excerpt: Excerpt) -> Iterable[Finding]:
    """A dependency, or the project, that did not build: the back end speaks around the words."""
    hits = list(excerpt.grep(_BUILD, *_BUILD_HINTS))
    if not hits:
        return
    index, match = hits[0]
    last = hits[-1][0]
    first = max(index - _BELOW, 0) if match["tools"] else index
    found = cause(excerpt, first, min(last + _BELOW, len(excerpt)))
    tool = next((t for t in ("pdm", "poetry") if any(m[t] for _, m in hits)), "pip-tools")
    category = found.category if found else Category.BUILD_ERROR
    made = (
        diagnostic(None, found.code, found.message) if found else diagnostic(None, None, match[0])
    )
    yield Finding(
        tool,
        category,
        Weight.VERDICT,
        tuple(sorted({index, found.index})) if found else (index,),
        (made,),
        _PARTIAL if category is _DEPENDENCY else AutoFixable.NO,
        confidence=0.92,
    )


_PDM_LOCK = expression(
    r"^WARNING: (?P<message>Lock ?file (?:does not exist|hash doesn't match pyproject\.toml"
    r"|is not compatible).*)"
)


def _pdm_lock(excerpt: Excerpt) -> Iterable[Finding]:
    """What pdm says of a stale lock file: a failure where it ends pdm, else a warning."""
    for index, match in excerpt.grep(_PDM_LOCK, "WARNING: Lock"):
        below = excerpt.lines[index + 1 : index + 3]
        if is_final(excerpt, index) or any(line.startswith("Please run `pdm") for line in below):
            yield Finding(
                "pdm",
                _DEPENDENCY,
                Weight.VERDICT,
                (index,),
                (diagnostic(None, None, match["message"]),),
                _PARTIAL,
                confidence=0.9,
            )


RULES = (
    Rule(
        "locked-build",
        (
            "ChefBuildError",
            "PEP517 build of a dependency",
            "errored with the following",
            "determine package info",
            "Build backend raised error",
            "non-zero",
            "Backend subprocess exited when",
        ),
        _build,
        "  ChefBuildError\n\n  Backend subprocess exited when trying to invoke build_wheel\n\n"
        "  a.c:1:2: error: no",
        "  - Installing a (1.0)",
        frozenset({"pip", "build", "setuptools"}),
    ),
    pattern(
        "pdm",
        r"^[ \t]*(?:\[(?:ResolutionError|ResolutionImpossible|CandidateNotFound"
        r"|RequirementError)\]: "
        r"|ERROR: )?(?P<message>Unable to find a resolution.*|Unable to find candidates for .*"
        r"|Lock ?file (?:does not exist|hash doesn't match|is (?:not compatible|out of date)).*"
        r"|Command '[^'\n]+' is not found in your PATH\.)$"
        r"|^[ \t]*\[(?:CandidateNotFound|ResolutionError|ResolutionImpossible|ProjectError"
        r"|CandidateInfoNotFound|ExtrasWarning|InstallationError)\]: .*$",
        triggers=(
            "Unable to find a resolution",
            "Unable to find candidates",
            "ock file ",
            "ockfile ",
            "is not found in your PATH",
            "[Candidate",
            "[Resolution",
            "[ProjectError",
            "[InstallationError",
        ),
        category=_DEPENDENCY,
        tool="pdm",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="[ResolutionImpossible]: Unable to find a resolution",
        ignores="Lock successful",
    ),
    Rule(
        "pdm-lock",
        ("WARNING: Lock",),
        _pdm_lock,
        "WARNING: Lockfile does not exist",
        "WARNING: Lockfile does not exist\nUpdating the lock file...",
    ),
    pattern(
        "pdm-settings",
        r"^[ \t]*(?P<message>\[(?:PdmUsageError|PdmException|NoPythonVersion|VirtualenvCreateError"
        r"|NoConfigError|PdmArgumentError|InvalidPyVersion|DeprecatedError)\]: .*)$",
        triggers=(
            "[Pdm",
            "[NoPythonVersion",
            "[VirtualenvCreate",
            "[NoConfig",
            "[InvalidPyVersion",
        ),
        category=_CONFIGURATION,
        tool="pdm",
        weight=Weight.VERDICT,
        matches="[VirtualenvCreateError]: Can't resolve python interpreter",
        ignores="PdmUsageError was mended",
    ),
    pattern(
        "pipenv",
        r"^[ \t]*(?:\[?(?:pipenv\.exceptions\.)?\w+\]?: +)?(?:ERROR:+ *)*(?:\u2718 )?(?P<message>"
        r"Locking Failed!.*|Your Pipfile\.lock \(.*\) is out of date.*|Aborting deploy"
        r"|Pipfile\.lock (?:is out[- ]of[- ]date|not found!).*|ResolutionFailure.*"
        r"|An error occurred while installing (?!.*Bundler).*|Couldn't install package: .*"
        r"|The Pipfile\.lock .*)$"
        r"|^[ \t]*(?:pipenv\.\S+\.)?(?P<failed>ResolutionFailure)\]?: .*$",
        triggers=(
            "Locking Failed",
            "Pipfile.lock",
            "Aborting deploy",
            "ResolutionFailure",
            "An error occurred while installing",
            "Couldn't install package",
        ),
        category=_DEPENDENCY,
        tool="pipenv",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        beats=frozenset({"python", "pip"}),
        matches="ERROR:: Aborting deploy",
        ignores="Installing dependencies from Pipfile.lock (aa)...",
    ),
    pattern(
        "pip-tools",
        r"^(?:pip\._internal\.exceptions\.|piptools\.exceptions\.)(?:DistributionNotFound"
        r"|NoCandidateFound|IncompatibleRequirements): (?P<message>.*)$"
        r"|^(?P<found>Could not find a version that matches .*|There are incompatible versions in"
        r" the resolved dependencies.*)$",
        triggers=(
            "exceptions.DistributionNotFound",
            "exceptions.NoCandidateFound",
            "exceptions.Incompatible",
            "a version that matches",
            "incompatible versions in the resolved",
        ),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="pip._internal.exceptions.DistributionNotFound: No matching distribution found",
        ignores="DistributionNotFound",
    ),
    pattern(
        "hatch",
        r"^(?P<message>Unknown environment: .*|Environment `[^`\n]+` is incompatible: .*"
        r"|No project detected|Unknown plugin: .*|Field `tool\.hatch\.\S+` .*)$",
        triggers=(
            "Unknown environment: ",
            "is incompatible: ",
            "No project detected",
            "Unknown plugin: ",
            "`tool.hatch.",
        ),
        category=_CONFIGURATION,
        tool="hatch",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        matches="Unknown environment: nope",
        ignores="Creating environment: test",
    ),
)
