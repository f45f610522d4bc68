"""One use of an action: its inputs as they come to be, and the variables that its programs see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regreen.jobs.actions.metadata import Action
from regreen.jobs.actions.reference import Remote
from regreen.jobs.ids import Ids, subject
from regreen.jobs.work import Scope
from regreen.jobs.workflow import StepSpec

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun
    from regreen.jobs.view import View

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Used:
    """An action in the sandbox's ``folder``, with its ``inputs``, defaults included.

    ``remote`` is ``None`` for one of the workspace. ``said`` is what the runner prints of it before
    it runs.
    """

    action: Action
    folder: str
    remote: Remote | None
    inputs: Mapping[str, str]
    said: str

    @classmethod
    def of(
        cls,
        run: JobRun,
        step: StepSpec,
        scope: Scope,
        action: Action,
        folder: str,
        remote: Remote | None,
        notes: tuple[str, ...],
    ) -> Used:
        """Settle the inputs of ``step``'s use of ``action``. Raises ExpressionError."""
        view = run.view_in(scope)
        given = view.inputs(step)
        names = {name.lower() for name in given}
        defaults = {
            known.name: view.render(known.default)
            for known in action.inputs.values()
            if known.name.lower() not in names
        }
        warnings = (f"##[warning]{words}" for words in _warnings(action, given))
        said = "".join(f"{line}\n" for line in (*notes, *warnings))
        return cls(action, folder, remote, {**given, **defaults}, said)

    def variables(self, step: StepSpec) -> dict[str, str]:
        """Return the variables that only this action's programs see."""
        found = input_variables(self.inputs)
        found["GITHUB_ACTION"] = step.id or Ids().made(subject(step.uses))
        if self.remote is not None:
            found["GITHUB_ACTION_REPOSITORY"] = self.remote.repository
            found["GITHUB_ACTION_REF"] = self.remote.ref
        return found


def input_variables(inputs: Mapping[str, str]) -> dict[str, str]:
    """Return inputs as programs get them: upper case, a space as ``_``, all else as it is."""
    return {f"INPUT_{name.replace(' ', '_').upper()}": text for name, text in inputs.items()}


def states(state: Mapping[str, str]) -> dict[str, str]:
    """Return what an action saved for itself as its later programs get it."""
    return {f"STATE_{name}": text for name, text in state.items()}


def through_shells(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words before a command that set what a shell drops: ``INPUT_GITHUB-TOKEN``."""
    odd = [f"{name}={text}" for name, text in variables.items() if not _NAME.fullmatch(name)]
    return ("/usr/bin/env", *odd) if odd else ()


def own_variables(run: JobRun, view: View, step: StepSpec) -> dict[str, str]:
    """Return what ``step`` and the actions around it set beyond what every step of the job sees.

    Raises ExpressionError.
    """
    plain = run.view.environment(replace(step, env={}))
    return {name: text for name, text in view.environment(step).items() if plain.get(name) != text}


def _warnings(action: Action, given: Mapping[str, str]) -> list[str]:
    known = {known.name.lower(): known for known in action.inputs.values()}
    accepted = {name.lower() for name in action.accepted}
    words = [
        f"Input '{name}' has been deprecated with message: {known[name.lower()].deprecated}"
        for name in given
        if name.lower() in known and known[name.lower()].deprecated is not None
    ]
    strange = [name for name in given if name.lower() not in accepted]
    if strange:
        names, valid = "', '".join(strange), "', '".join(action.accepted)
        words.append(f"Unexpected input(s) '{names}', valid inputs are ['{valid}']")
    return words
