"""The frame of the evidence: an in-toto Statement with the test-result predicate.

Format: in-toto/attestation, ``spec/v1/statement.md``, ``resource_descriptor.md``, ``digest_set.md``
and ``spec/predicates/test-result.md``. A reader of statements ignores fields that it does not know
(its parsing rules), so what regreen says besides stands beside these four.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regreen.deliver.reached import unreached
from regreen.model import Compared, Fared, JobOutcome, Proof

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
RESULTS = ("PASSED", "WARNED", "FAILED")
PATCH_NAME = "regreen.patch"
TREE_NAME = "the commit's files with the patch"
COMMIT_NAME = "the red commit"

_GIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")


def of_patch(sha256: str, proof: Proof, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement's own fields for a proven patch.

    ``sha256`` is of the patch file; ``about`` is what the evidence says of job, run and image. The
    result is WARNED where the proof is partial or does not hold with today's package index.
    """
    subject = [_descriptor(PATCH_NAME, sha256=sha256), *_git(TREE_NAME, "gitTree", proof.tree)]
    job = str(about.get("job", "the job"))
    passed, warned = _tests(job, proof)
    result = "PASSED" if proof.complete and proof.today and not proof.excused else "WARNED"
    return _statement(subject, result, about, passed=passed, warned=warned)


def of_search(commit: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement's own fields for a search that ended without a patch."""
    subject = _git(COMMIT_NAME, "gitCommit", commit)
    return _statement(subject, "FAILED", about, failed=[str(about.get("job", "the job"))])


def _statement(
    subject: list[dict[str, Any]],
    result: str,
    about: Mapping[str, Any],
    *,
    passed: Sequence[str] = (),
    warned: Sequence[str] = (),
    failed: Sequence[str] = (),
) -> dict[str, Any]:
    run = about.get("run") or {}
    url = run.get("job_url") or run.get("url")
    return {
        "_type": STATEMENT,
        "subject": subject,
        "predicateType": PREDICATE,
        "predicate": {
            "result": result,
            "configuration": list(_configuration(about)),
            **({"url": url} if url else {}),
            "passedTests": list(passed),
            "warnedTests": list(warned),
            "failedTests": list(failed),
        },
    }


def _configuration(about: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """What the runs were made from: each has a digest, as a resource's description must."""
    environment = about.get("environment") or {}
    workflow = environment.get("workflow") or {}
    if sha256 := workflow.get("sha256"):
        yield _descriptor(str(workflow.get("path", "workflow")), sha256=sha256)
    commits = about.get("commits") or {}
    yield from _git(COMMIT_NAME, "gitCommit", str(commits.get("tested")))
    if log := about.get("log"):
        yield _descriptor("log", sha256=log["sha256"])
    image = about.get("image") or {}
    if digest := _SHA256.fullmatch(str(image.get("id"))):
        yield _descriptor(str(image.get("reference") or "image"), sha256=digest[1])


def _descriptor(name: str, **digest: str) -> dict[str, Any]:
    return {"name": name, "digest": digest}


def _git(name: str, kind: str, sha: str) -> list[dict[str, Any]]:
    return [_descriptor(name, **{kind: sha})] if _GIT_ID.fullmatch(sha) else []


def _tests(job: str, proof: Proof) -> tuple[list[str], list[str]]:
    """Return what passed with the patch every time, and what asks for a second look."""
    passed = [f"{job} / {name}" for name in _always(proof.after)]
    warned = [f"{job} / {words}" for words in proof.excluded]
    if not proof.today:
        warned.append(f"{job}, with today's package index")
    if proof.coverage is not None:
        warned += [f"no test reaches {place}" for place in unreached(proof.coverage)]
    for other in (*proof.vouched, *proof.siblings):
        (passed if other.ended is Fared.GREEN else warned).append(described(other))
    return list(dict.fromkeys(passed)), list(dict.fromkeys(warned))


def described(other: Compared) -> str:
    """Return another job's name with its combination, and its end where that is not green."""
    values = ", ".join(f"{name}={value}" for name, value in other.combination.items())
    name = f"{other.job} ({values})" if values and values not in other.job else other.job
    return name if other.ended is Fared.GREEN else f"{name}: {other.ended}"


def _always(after: Sequence[JobOutcome]) -> list[str]:
    """Return the names of the steps that passed in every run."""
    if not after:
        return []
    names = [step.name for step in after[0].steps if step.conclusion == "success"]
    others = [{s.name for s in run.steps if s.conclusion == "success"} for run in after[1:]]
    return [name for name in dict.fromkeys(names) if all(name in seen for seen in others)]
