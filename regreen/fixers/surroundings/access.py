"""Says what is to be done about a refusal that is no matter of the job's own token, as advice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.fixers.surroundings import token
from regreen.fixers.surroundings.asking import said
from regreen.model import Advice, Category, Failure, Idea, Severity
from regreen.scene import Scene

ID = "access"
DOCS = "https://docs.github.com/en/actions/security-for-github-actions/security-guides/using-secrets-in-github-actions"

_SECRET = (
    "the credentials are missing or were refused: check that the secret which the step uses is "
    "set, spelled alike and not expired; runs for pull requests from forks get no secrets"
)
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"has a shebang but is not marked executable|: Permission denied$", re.M),
        "the script is not marked executable: mark it in git, or run it by its interpreter",
        "git update-index --chmod=+x FILE",
    ),
    (
        re.compile(r"Host key verification failed|Permission denied \(publickey"),
        (
            "the job has no SSH key or does not know the host: give it a deploy key as a secret "
            "and the host's key in known_hosts; or use https with the job's token"
        ),
        "",
    ),
    (
        re.compile(r"are you root|must be (?:run )?(?:as )?root|requires? (?:root|superuser|sudo)"),
        "the command needs root: put `sudo` before it",
        "",
    ),
    (
        re.compile(
            r"requested access to the resource is denied|unauthorized: |error .*credentials"
        ),
        "the registry does not know the job: log in to it in a step before",
        "",
    ),
    (
        re.compile(
            r"[Bb]ad credentials|[Ii]nvalid (?:credentials|token|api key|access token)"
            r"|[Aa]uthentication (?:failed|required)|Could not load credentials"
            r"|(?<!\d)401(?!\d)|(?<!\d)403(?!\d)|[Uu]nauthori[sz]ed|[Nn]ot authori[sz]ed"
        ),
        _SECRET,
        "",
    ),
    (
        re.compile(
            r"[Pp]ermission denied|EACCES|[Oo]peration not permitted|[Aa]ccess (?:is )?denied"
        ),
        (
            "the step may not read or write a file there: let it work below its own workspace or "
            "$RUNNER_TEMP, or change the file's owner in a step before"
        ),
        "",
    ),
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one piece of advice for a permission error that the token's fixer leaves."""
    if failure.category != Category.PERMISSION_ERROR or any(token.propose(failure, scene)):
        return
    whole = "\n".join(said(failure))
    for pattern, text, change in _KINDS:
        if pattern.search(whole):
            yield Advice(text, ID, Severity.HIGH, change)
            return
