"""Which actions regreen serves itself, which do nothing here, and which it refuses.

A reproduction has no side effects outside of the sandbox: what publishes, deploys or reports is
refused, and the evidence says so. What only makes a job faster, or keeps files for people, does
nothing here.
"""

from __future__ import annotations

from enum import StrEnum

from regreen.jobs.served import SERVED


class Role(StrEnum):
    """What becomes of a step: ``run`` scripts run; the rest is about ``uses``."""

    RUN = "run"
    NATIVE = "native"
    NOOP = "noop"
    PUBLISH = "publish"
    UNKNOWN = "unknown"


# An entry that ends in a slash stands for all of that owner's actions.
_NOOP = {
    "actions/cache": "no cache is kept between runs",
    "actions/setup-node": "the image's own Node.js is used, whatever version is asked for",
    "actions/upload-artifact": "artifacts are not uploaded",
    "step-security/harden-runner": "the sandbox has no network to watch",
    "styfle/cancel-workflow-action": "there is no other run to cancel",
    "fkirc/skip-duplicate-actions": "there is no other run to compare with",
}
_PUBLISH = {
    "codecov/": "reports coverage to a service",
    "coverallsapp/": "reports coverage to a service",
    "andymckay/append-gist-action": "reports to a gist",
    "paambaati/codeclimate-action": "reports coverage to a service",
    "codacy/codacy-coverage-reporter-action": "reports coverage to a service",
    "sonarsource/": "reports to a service",
    "github/codeql-action/upload-sarif": "reports to the repository's security page",
    "dorny/test-reporter": "reports on the pull request",
    "enricomi/publish-unit-test-result-action": "reports on the pull request",
    "mikepenz/action-junit-report": "reports on the pull request",
    "marocchino/sticky-pull-request-comment": "comments on the pull request",
    "peter-evans/create-or-update-comment": "comments on the pull request",
    "py-cov-action/python-coverage-comment-action": "comments on the pull request",
    "peter-evans/create-pull-request": "opens a pull request",
    "stefanzweifel/git-auto-commit-action": "pushes a commit",
    "ad-m/github-push-action": "pushes commits",
    "pypa/gh-action-pypi-publish": "publishes a package",
    "softprops/action-gh-release": "publishes a release",
    "ncipollo/release-action": "publishes a release",
    "actions/create-release": "publishes a release",
    "actions/upload-release-asset": "publishes a release",
    "release-drafter/release-drafter": "drafts a release",
    "actions/attest-build-provenance": "signs and publishes a statement",
    "sigstore/": "signs and publishes a statement",
    "actions/deploy-pages": "deploys pages",
    "actions/upload-pages-artifact": "deploys pages",
    "peaceiris/actions-gh-pages": "deploys pages",
    "jamesives/github-pages-deploy-action": "deploys pages",
    "docker/login-action": "logs in to a registry",
    "aws-actions/": "acts on a cloud account",
    "google-github-actions/": "acts on a cloud account",
    "azure/": "acts on a cloud account",
    "slackapi/": "notifies people",
    "8398a7/action-slack": "notifies people",
    "rtcamp/action-slack-notify": "notifies people",
}


def action_name(uses: str) -> str:
    """Return the action's name with its path, in lower case, without its version."""
    return uses.split("@", 1)[0].strip().lower()


def role_of(uses: str | None) -> tuple[Role, str]:
    """Return the role of a step and, where it is not run, the reason; ``None``: a ``run`` step."""
    if uses is None:
        return Role.RUN, ""
    name = action_name(uses)
    if name in SERVED:
        return Role.NATIVE, ""
    for table, role in ((_NOOP, Role.NOOP), (_PUBLISH, Role.PUBLISH)):
        for key in _keys(name):
            if key in table:
                return role, f"{uses.strip()} {table[key]}"
    return Role.UNKNOWN, ""


def _keys(name: str) -> tuple[str, ...]:
    """Return the entries that stand for ``name``: itself, its repository, its owner."""
    parts = name.split("/")
    if name.startswith(("./", "docker://")) or len(parts) < 2:
        return ()
    return (name, "/".join(parts[:2]), f"{parts[0]}/")
