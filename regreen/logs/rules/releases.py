"""What stands around a release: goreleaser, semantic-release, titles, change logs, coverage."""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight, pattern, verdict
from regreen.model import Category

_PERMISSION = Category.PERMISSION_ERROR
_CONFIGURATION = Category.CONFIGURATION_ERROR


def _held(rule_id: str, expression: str, triggers: tuple[str, ...], example: str) -> Rule:
    """A convention that the change itself must keep: its title, its entry in the change log."""
    return pattern(
        rule_id,
        expression,
        triggers=triggers,
        category=Category.LINTING_ERROR,
        tool=rule_id,
        confidence=0.7,
        tail=40,
        matches=example,
        ignores="the title and the change log are fine",
    )


RULES = (
    verdict(
        "goreleaser",
        "goreleaser",
        Category.BUILD_ERROR,
        r"^ *[\u2a2f\u00d7x] +(?P<message>(?:release|build|check) failed(?: after \S+)?.*)$",
        (" release failed", " build failed", " check failed"),
        "  \u2a2f release failed after 3s               error=git is in a dirty state",
        "  \u2022 release succeeded after 3s",
        weight=Weight.SIGN,
    ),
    verdict(
        "semantic-release-rights",
        "semantic-release",
        _PERMISSION,
        r"^.{0,80}?\u2718 +(?P<code>E\w*(?:TOKEN|PERMISSION|AUTH)\w*) (?P<message>.+)$",
        ("TOKEN ", "PERMISSION ", "AUTH "),
        "[9:41:00 AM] [semantic-release] \u203a \u2718  EINVALIDNPMTOKEN Invalid npm token.",
        "[9:41:00 AM] [semantic-release] \u203a \u2714  Allowed to push to the Git repository",
    ),
    verdict(
        "semantic-release",
        "semantic-release",
        _CONFIGURATION,
        r"^.{0,80}?\u2718 +(?P<code>E(?!\w*(?:TOKEN|PERMISSION|AUTH))[A-Z]{4,40}) (?P<message>.+)$",
        ("[semantic-release] ",),
        "[9:41:00 AM] [semantic-release] \u203a \u2718  ENOPKG Missing package.json file.",
        "[9:41:00 AM] [semantic-release] \u203a \u2139  There are no relevant changes",
        weight=Weight.SIGN,
    ),
    _held(
        "change-title",
        r"^(?:\S{1,3} )?(?:Error: )?(?P<message>(?:The )?(?:[Pp]ull [Rr]equest|PR) title\b.{0,120}?"
        r"(?:does not|doesn't|must |should |is not |is invalid|needs to ).*)$",
        ("request title", "Request title", "PR title", "Request Title"),
        "Error: PR title must begin with a type: feat, fix, docs",
    ),
    _held(
        "change-log",
        r"^(?:\S{1,3} )?(?:Error: |ERROR: )?(?P<message>No update to \S*CHANGELOG\S* found!?.*"
        r"|No new newsfragments found on this branch\..*"
        r"|\S*(?:CHANGELOG|[Cc]hangelog)\S* (?:was not|has not been|is not|must be|needs to be)"
        r" (?:updated|modified|changed).*)$",
        ("CHANGELOG", "hangelog", "newsfragments"),
        "Error: No update to CHANGELOG.md found!",
    ),
    verdict(
        "codecov-token",
        "codecov",
        _PERMISSION,
        r"^.{0,160}?(?P<message>(?:Token required|Token required - not valid tokenless upload"
        r"|Unable to locate build via Github Actions API|Could not find a repository, try using"
        r" repo upload token).*)$",
        ("Token required", "Unable to locate build via", "using repo upload token"),
        'error - 2026-01-02 -- Upload failed: {"message":"Token required - not valid tokenless'
        ' upload"}',
        "info - 2026-01-02 -- Upload complete",
        weight=Weight.SIGN,
    ),
    verdict(
        "codecov",
        "codecov",
        Category.NETWORK_ERROR,
        r"^(?:Error: )?(?P<message>Codecov: Failed to properly (?:upload|create).*"
        r"|\['error'\] There was an error running the uploader: .*|There was an error fetching the"
        r" storage URL during POST: .*)$",
        ("Codecov: Failed to properly", "running the uploader", "fetching the storage URL"),
        "Error: Codecov: Failed to properly upload report: The process failed with exit code 1",
        "Codecov: report uploaded",
        weight=Weight.SIGN,
    ),
    verdict(
        "coveralls-repository",
        "coveralls",
        _CONFIGURATION,
        r"^.{0,200}?(?P<message>Couldn't find a repository matching this job).*$",
        ("a repository matching this job",),
        'Error: Bad response: 422 {"message":"Couldn\'t find a repository matching this job."}',
        "the repository matches this job",
    ),
    verdict(
        "coveralls",
        "coveralls",
        Category.NETWORK_ERROR,
        r"^(?:Error: |error: )?(?P<message>(?:Bad response: |Could not submit coverage: )"
        r"(?:5\d\d|405|408|429)\b.*)$",
        ("Bad response: ", "Could not submit coverage: "),
        "Error: Bad response: 503 Service Unavailable",
        "Bad response: 200",
        weight=Weight.SIGN,
    ),
)
