"""Which actions regreen serves itself, which do nothing here, and which it refuses.

A reproduction has no side effects outside of the sandbox: what publishes, deploys, reports or talks
to a service in the repository's name is refused, and the evidence says so. What only makes a job
faster, or keeps files for people, does nothing here. What an action does is taken from its own
documentation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from regreen.jobs.reporting import only_reports
from regreen.jobs.served import SERVED
from regreen.jobs.workflow import StepSpec


class Role(StrEnum):
    """What becomes of a step: ``run`` scripts run; the rest is about ``uses``."""

    RUN = "run"
    NATIVE = "native"
    NOOP = "noop"
    PUBLISH = "publish"
    UNKNOWN = "unknown"


def _table(text: str) -> Mapping[str, str]:
    """Read lines with a reason and a colon, each followed by lines with the names it is for."""
    found, reason = dict[str, str](), ""
    for line in text.splitlines():
        if line.startswith(" "):
            found |= dict.fromkeys(line.split(), reason)
        else:
            reason = line.rstrip(":")
    return found


# An entry that ends in a slash stands for all of that owner's actions.
_NOOP = _table("""\
the sandbox has no network to watch:
    step-security/harden-runner
there is no other run to cancel:
    styfle/cancel-workflow-action andymckay/cancel-action
there is no other run to compare with:
    fkirc/skip-duplicate-actions
there is nothing of a hosted runner to remove:
    jlumbroso/free-disk-space easimon/maximize-build-space endersonmenezes/free-disk-space
    insightsengineering/disk-space-reclaimer
no compiler's cache is kept:
    hendrikmuhs/ccache-action mozilla-actions/sccache-action
no cache of Cargo's is kept:
    swatinem/rust-cache
nobody is let in: use regreen shell:
    mxschmitt/action-tmate lhotari/action-upterm
only prepares for images that are built and pushed:
    docker/setup-buildx-action docker/setup-qemu-action docker/metadata-action
""")
_PUBLISH = _table("""\
reports coverage to a service:
    codecov/ coverallsapp/ paambaati/codeclimate-action deepsourcelabs/ qltysh/
    codacy/codacy-coverage-reporter-action codacy/ codeclimate/
reports to a service:
    sonarsource/ snyk/ fossas/ fossa-contrib/ whitesource/ mendio/ bencherdev/ codspeedhq/
    datadog/ getsentry/ newrelic/ launchdarkly/ gradle/develocity-actions testspace-com/
    trunk-io/analytics-uploader buildpulse/ currents-dev/ argos-ci/ chromaui/action percy/
writes to a gist:
    andymckay/append-gist-action schneegans/dynamic-badges-action
reports to the repository's security page:
    github/codeql-action github/codeql-action/upload-sarif ossf/scorecard-action
    advanced-security/
reports on the pull request:
    dorny/test-reporter enricomi/publish-unit-test-result-action
    enricomi/publish-unit-test-result-action/composite mikepenz/action-junit-report
    scacap/action-surefire-report phoenix-actions/test-reporting
    ashley-taylor/junit-report-annotations-action check-run-reporter/action
    louisbrunner/checks-action actions/dependency-review-action
    marocchino/sticky-pull-request-comment romeovs/lcov-reporter-action
    zgosalvez/github-actions-report-lcov 5monkeys/cobertura-action reviewdog/
comments on the pull request:
    peter-evans/create-or-update-comment thollander/actions-comment-pull-request
    mshick/add-pr-comment py-cov-action/python-coverage-comment-action
    mishakav/pytest-coverage-comment orgoro/coverage unsplash/comment-on-pr
    machine-learning-apps/pr-comment actions-cool/maintain-one-comment int128/comment-action
    edumserrano/find-create-or-update-comment
opens a pull request:
    peter-evans/create-pull-request repo-sync/pull-request vsoch/pull-request-action
    gr2m/create-or-update-pull-request-action
works on issues, pull requests or other workflows:
    actions/labeler actions/stale actions/first-interaction actions/add-to-project
    srvaroa/labeler codelytv/pr-size-labeler dessant/lock-threads actions-cool/issues-helper
    pascalgn/automerge-action peter-evans/enable-pull-request-automerge
    hmarr/auto-approve-action dependabot/fetch-metadata peter-evans/repository-dispatch
    benc-uk/workflow-dispatch convictional/trigger-workflow-and-wait imjohnbo/issue-bot
    jasonetco/create-an-issue actions-ecosystem/ kentaro-m/auto-assign-action
    amannn/action-semantic-pull-request
pushes a commit:
    stefanzweifel/git-auto-commit-action endbug/add-and-commit github-actions-x/commit
    actions-js/push pre-commit-ci/lite-action autofix-ci/action planetscale/ghcommit-action
pushes commits or tags:
    ad-m/github-push-action cpina/github-action-push-to-another-repository peter-evans/rebase
    dmnemec/copy_file_to_another_repo_action pixta-dev/repository-mirroring-action
    anothrnick/github-tag-action mathieudutour/github-tag-action rickstaa/action-create-tag
publishes a package:
    pypa/gh-action-pypi-publish casperdcl/deploy-pypi etils-actions/pypi-auto-publish
    s-weigand/python-package-publish js-devtools/npm-publish katyo/publish-crates
    rubygems/release-gem anaconda/ cycjimmy/semantic-release-action python-semantic-release/
    relekang/python-semantic-release changesets/action googleapis/release-please-action
    google-github-actions/release-please-action goreleaser/goreleaser-action
    samuelmeuli/action-electron-builder
publishes a release:
    softprops/action-gh-release ncipollo/release-action actions/create-release
    actions/upload-release-asset svenstaro/upload-release-action marvinpinto/
    release-drafter/release-drafter elgohr/github-release-action
    shogo82148/actions-upload-release-asset xresloader/upload-to-github-release
    dev-drprasad/delete-tag-and-release
signs and publishes a statement:
    actions/attest-build-provenance actions/attest actions/attest-sbom sigstore/
    slsa-framework/
deploys pages:
    actions/deploy-pages actions/upload-pages-artifact actions/configure-pages
    peaceiris/actions-gh-pages jamesives/github-pages-deploy-action
    crazy-max/ghaction-github-pages peaceiris/actions-netlify nwtgck/actions-netlify netlify/
    amondnet/vercel-action cloudflare/ firebaseextended/ readthedocs/actions
    rossjrw/pr-preview-action mhausenblas/mkdocs-deploy-gh-pages
builds images, or pushes them to a registry:
    docker/login-action docker/build-push-action docker/bake-action docker/scout-action
    redhat-actions/push-to-registry redhat-actions/podman-login
    elgohr/publish-docker-github-action mr-smithers-excellent/docker-build-push
    whoan/docker-build-with-cache-action peter-evans/dockerhub-description
acts on a server or a cloud account:
    aws-actions/ google-github-actions/ azure/ alibaba/ digitalocean/ superfly/
    akhileshns/heroku-deploy appleboy/ jakejarvis/s3-sync-action burnett01/
    easingthemes/ssh-deploy webfactory/ssh-agent garygrossgarten/ samkirkland/ shimataro/
    tailscale/ pulumi/ helm/chart-releaser-action steebchen/kubectl
    serverless/github-action oracle-actions/
takes a secret from a service:
    actions/create-github-app-token tibdex/github-app-token getsentry/action-github-app-token
    peter-murray/workflow-application-token-action doppler/ 1password/ infisical/ bitwarden/
notifies people:
    slackapi/ 8398a7/action-slack rtcamp/action-slack-notify ravsamhq/notify-slack-action
    act10ns/slack voxmedia/github-action-slack-notify-build ilshidur/
    sarisia/actions-status-discord tsickert/discord-webhook appleboy/discord-action
    appleboy/telegram-action dawidd6/action-send-mail skitionek/notify-microsoft-teams
    jdcargile/ms-teams-notification zulip/ pagerduty/ opsgenie/
""")
_REFUSED = _table("""\
acts on the repository by GitHub's API:
    actions/github-script
acts on the repository by GitHub's API:
    octokit/request-action octokit/graphql-action
takes files from other runs:
    dawidd6/action-download-artifact
""")
"""What may do harm or good: run all the same, by reference, for who allows it by name."""


def action_name(uses: str) -> str:
    """Return the action's name with its path, in lower case, without its version."""
    return uses.split("@", 1)[0].strip().lower()


def role_of(step: StepSpec, allowed: Collection[str] = ()) -> tuple[Role, str]:
    """Return the role of a step and, where it is not run, the reason.

    ``allowed`` are names of actions (``actions/github-script``) and commands (``coveralls``) that
    the user lets run although they would be refused or left out.
    """
    if step.uses is None:
        reason = only_reports(step.run or "", allowed)
        return (Role.RUN, "") if reason is None else (Role.PUBLISH, reason)
    uses, name = step.uses, action_name(step.uses)
    if name in SERVED:
        return Role.NATIVE, ""
    keys = _keys(name)
    if any(key in {one.strip().lower() for one in allowed} for key in keys):
        return Role.UNKNOWN, ""
    for table, role in ((_NOOP, Role.NOOP), (_PUBLISH, Role.PUBLISH), (_REFUSED, Role.PUBLISH)):
        for key in keys:
            if key in table:
                more = f" (--allow-action {key} runs it)" if table is _REFUSED else ""
                return role, f"{uses.strip()} {table[key]}{more}"
    return Role.UNKNOWN, ""


def _keys(name: str) -> tuple[str, ...]:
    """Return the entries that stand for ``name``: itself, its repository, its owner."""
    parts = name.split("/")
    if name.startswith(("./", "docker://")) or len(parts) < 2:
        return ()
    return (name, "/".join(parts[:2]), f"{parts[0]}/")
