"""The report beside the patch: what failed, what the patch does, how sure that is, what to review.

Markdown for people. Log lines, file names and what fixers say are a stranger's: they stand in code
spans and fenced blocks that nothing in them can end, or every sign of them is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from regreen.deliver import report_blocks as blocks
from regreen.deliver.account import account
from regreen.deliver.evidence import Story
from regreen.deliver.reached import reached, unreached
from regreen.deliver.report_blocks import code, prose
from regreen.deliver.statement import described
from regreen.deliver.summary import Summary
from regreen.model import Compared, Ending, Failure, FlakyTest, Proof, Severity, VerifiedPatch

_LINES = 12
_REASONS = 20
_TRIES = 100
_KEPT = frozenset({Ending.GREEN, Ending.PROGRESS})
_REVIEW = {
    Severity.LOW: "the change cannot alter what the code does; a glance is enough",
    Severity.MEDIUM: "look at what it changes",
    Severity.HIGH: "the patch may change what the code does: read every line before you apply it",
    Severity.CRITICAL: "a person has to decide; regreen does not apply it",
}


def patch_report(verified: VerifiedPatch, story: Story) -> str:
    """Return the report of a proven patch, with its last line end."""
    proof = verified.proof
    return _whole(
        "A patch that turns the job green",
        _about(story),
        _before(story.failures),
        _after(verified),
        blocks.section("The change", _change(verified)),
        blocks.section("Why", blocks.items(map(prose, dict.fromkeys(verified.patch.why)))),
        blocks.section("How sure", blocks.items(_certainty(proof))),
        blocks.section("What to review", blocks.items(_review(verified))),
        _tried(story),
        blocks.section("Check and apply it", _commands(verified)),
    )


def search_report(summary: Summary, story: Story) -> str:
    """Return the report of a search that ended without a patch, with its last line end."""
    why = [prose(summary.reason)] if summary.reason else []
    return _whole(
        f"No patch: {summary.status}",
        _about(story),
        _before(story.failures),
        blocks.section("Why there is no patch", blocks.items(why)),
        blocks.section("Tests that come and go", blocks.items(map(_often, summary.flaky))),
        blocks.section("What turned it red", _culprit(summary)),
        blocks.section("What a person can do", _advice(summary)),
        _tried(story),
        blocks.section("Next", blocks.items([prose(summary.next)] if summary.next else [])),
    )


def _often(one: FlakyTest) -> str:
    cause = f"; {prose(one.cause)} makes the difference" if one.cause else ""
    return f"{code(one.test)}: failed {one.failed} of {one.runs} times{cause}"


def _advice(summary: Summary) -> list[str]:
    lines: list[str] = []
    for one in summary.advice:
        lines += [f"- {prose(one.text)}", "", *blocks.fenced(one.change)]
    return lines


def _culprit(summary: Summary) -> list[str]:
    culprit = summary.culprit
    if culprit is None:
        return []
    return [prose(culprit.text), "", *blocks.fenced(culprit.diff, "diff")]


def _whole(title: str, *parts: Iterable[str]) -> str:
    lines = [f"# {title}", ""]
    for part in parts:
        lines += part
    return "\n".join(lines).rstrip("\n") + "\n"


def _about(story: Story) -> list[str]:
    about = story.about
    rows = [
        f"{name}: {code(str(about[key]))}"
        for name, key in (("Repository", "repository"), ("Workflow", "workflow"), ("Job", "job"))
        if about.get(key)
    ]
    if matrix := about.get("matrix"):
        rows.append("Combination: " + code(", ".join(f"{k}={v}" for k, v in matrix.items())))
    if tested := (about.get("commits") or {}).get("tested"):
        rows.append(f"Commit: {code(tested)}")
    if url := (about.get("run") or {}).get("url"):
        rows.append(f"Run: {code(url)}")
    return [*blocks.items(rows), ""]


def _before(failures: Sequence[Failure]) -> list[str]:
    lines: list[str] = []
    for failure in failures:
        kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
        step = f" in step {code(failure.step)}" if failure.step else ""
        ended = f", exit code {failure.exit_code}" if failure.exit_code is not None else ""
        lines += [f"{prose(kind)}{step}{ended}. {prose(account(failure))}", ""]
        lines += blocks.fenced("\n".join(one.text for one in failure.evidence[:_LINES]))
    return blocks.section("Before", lines)


def _after(verified: VerifiedPatch) -> list[str]:
    proof = verified.proof
    runs = len(proof.after)
    lines = [f"The job is green: {runs} of {runs} runs, each in a fresh sandbox.", ""]
    if proof.after:
        steps = proof.after[-1].steps
        lines += blocks.items(f"{code(step.name)} {step.conclusion}" for step in steps)
    return blocks.section("After", lines)


def _change(verified: VerifiedPatch) -> list[str]:
    patch = verified.patch
    count = f"{len(patch.files)} {'file' if len(patch.files) == 1 else 'files'}"
    by = ", ".join(map(code, dict.fromkeys(patch.fixers)))
    diff = patch.diff.decode("utf-8", "replace")
    return [f"{count}, by {by}:", "", *blocks.items(map(code, patch.files)), "",
            *blocks.fenced(diff, "diff")]  # fmt: skip


def _certainty(proof: Proof) -> Iterator[str]:
    if proof.refused:
        yield f"Without the patch GitHub starts no job: {prose(proof.refused)}"
    if red := len(proof.before):
        yield f"Red in {red} of {red} fresh sandboxes without the patch, with the same failure."
    green = len(proof.after)
    yield f"Green in {green} of {green} fresh sandboxes with the patch file applied."
    if proof.as_of is not None:
        yield f"The package index was as of {proof.as_of:%Y-%m-%d %H:%M} UTC."
    if not proof.today:
        why = f" {prose(proof.today_reason)}" if proof.today_reason else ""
        yield f"**With today's package index the patched job is red.**{why}"
    elif proof.as_of is not None:
        yield "With today's package index the patched job is green too."
    if not proof.complete:
        yield "**The proof is partial:** GitHub would run steps that were left out here."
    for words in proof.excluded:
        yield f"Left out: {prose(words)}"
    for words in proof.excused:
        yield f"Still red, as at the commit's parent, and not in CI's log: {code(words)}"
    for other in proof.vouched:
        yield _other("Test job", other)
    for other in proof.siblings:
        yield _other("Other combination", other)
    if proof.coverage is not None:
        words = reached(proof.coverage)
        yield f"{prose(f'{words[:1].upper()}{words[1:]}')}."


def _other(kind: str, other: Compared) -> str:
    why = f" {prose(other.reason)}" if other.reason else ""
    vouches = ", its tests vouch for the patch" if other.vouches else ""
    return f"{kind} {code(described(other))}: {other.ended}{vouches}.{why}"


def _review(verified: VerifiedPatch) -> Iterator[str]:
    yield f"Severity **{verified.severity}**: {_REVIEW[verified.severity]}."
    if verified.proof.severity_reason:
        yield f"Severity: {prose(verified.proof.severity_reason)}"
    if verified.proof.coverage and (places := unreached(verified.proof.coverage)):
        yield f"**No test reaches** {', '.join(map(code, places))}."
    for words in verified.patch.review:
        yield f"**Plausible, review:** {prose(words)}"


def _tried(story: Story) -> list[str]:
    """The search tree as a list: each try says which one it began from."""
    rows = []
    for one in story.tries[:_TRIES]:
        after = f" after {one.parent}" if one.parent is not None else ""
        why = f": {prose(one.reason)}" if one.reason else ""
        ended = f"**{one.ending}**" if one.ending in _KEPT else str(one.ending)
        rows.append(f"{one.number}{after}, {code(one.fixer)}: {ended}{why}")
    if (left := len(story.tries) - len(rows)) > 0:
        rows.append(f"and {left} more")
    if not story.tries:
        shown = story.rejected[:_REASONS]
        rows = [f"{code(one.fixer)}: {prose(one.reason)}" for one in shown]
    rows += [
        f"{code(one.fixer)}: {prose(one.words)}"
        for one in story.asked
        if one.problem or not one.ideas
    ]
    return blocks.section("What was tried", blocks.items(rows))


def _commands(verified: VerifiedPatch) -> list[str]:
    """Return the commands for the folder of this report; ``DIR`` is the reader's clone."""
    allow = " --allow high" if verified.severity is Severity.HIGH else ""
    return blocks.fenced(
        "regreen verify regreen.patch --evidence evidence.json --repo DIR\n"
        f"regreen patch apply ./regreen.patch --repo DIR{allow}\n",
        "sh",
    )
