"""The files that make up a pipeline's definition, read and merged into one.

``include: local`` is read from the commit; what lies elsewhere is remembered with its place, since
only a job that needs it cannot be run. Source: https://docs.gitlab.com/ci/yaml/includes/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from regreen.jobs.gitlab.globs import included
from regreen.jobs.gitlab.inputs import header, interpolated
from regreen.jobs.gitlab.merging import merged
from regreen.jobs.gitlab.rules import Circumstances, by_rules
from regreen.jobs.gitlab.tree import Listing, Node, Place, Reference, Scalar, Table, read
from regreen.jobs.gitlab.variables import expanded

_MOST_FILES = 150
_DEEPEST = 50
_ELSEWHERE = ("remote", "template", "project", "component", "artifact")


@dataclass(frozen=True, slots=True)
class Outside:
    """An include that is not read: ``what`` it is, where it stands."""

    what: str
    place: Place


@dataclass(frozen=True, slots=True)
class Whole:
    """A definition, its includes merged in; ``outside`` are those that are not."""

    table: Table
    outside: tuple[Outside, ...]


def read_whole(text: str, file: str, given: Circumstances) -> Whole:
    """Return the definition ``text`` with the files of the commit that it includes.

    Raises WorkflowError for what GitLab refuses.
    """
    reading = _Reading(given)
    table = reading.document(text, file, {}, Place(file, 1, 1), 0)
    return Whole(table, tuple(reading.outside))


@dataclass(slots=True)
class _Reading:
    given: Circumstances
    outside: list[Outside] = field(default_factory=list)
    count: int = 0

    def document(
        self, text: str, file: str, inputs: Mapping[str, Node], place: Place, depth: int
    ) -> Table:
        documents = read(text, file)
        body = documents[-1]
        if len(documents) > 1:
            body = interpolated(body, header(documents[0], inputs, place))
        if not isinstance(body, Table):
            raise body.place.error("Invalid configuration format")
        own = {key: value for key, value in body.entries.items() if key != "include"}
        main = replace(body, entries=own)
        whole: Table | None = None
        for other in self.files(body.get("include"), depth):
            whole = other if whole is None else merged(whole, other)
        return main if whole is None else merged(whole, main)

    def files(self, node: Node | None, depth: int) -> Iterator[Table]:
        items = node.items if isinstance(node, Listing) else () if node is None else (node,)
        for item in items:
            if isinstance(item, Listing):
                yield from self.files(item, depth)
            elif isinstance(item, Table | Scalar):
                yield from self.one(item, depth)
            else:
                raise item.place.error("include config should be a hash or a string")

    def one(self, item: Table | Scalar, depth: int) -> Iterator[Table]:
        table = item if isinstance(item, Table) else Table(_simple(item), item.place, {})
        rules = table.get("rules")
        if rules is not None and not self.wanted(rules):
            return
        local = table.get("local")
        if local is None:
            self.remember(table)
            return
        if not isinstance(local, Scalar):
            raise local.place.error("include:local config should be a string")
        inputs = table.get("inputs")
        given = dict(inputs.entries) if isinstance(inputs, Table) else {}
        for path in self.paths(local):
            self.count += 1
            if self.count > _MOST_FILES or depth >= _DEEPEST:
                reason = f"Maximum of {_MOST_FILES} nested includes are allowed!"
                raise local.place.error(reason)
            text = self.given.files.text(path)
            if text is None:
                raise local.place.error(f"Local file `{path}` does not exist!")
            if not text.strip():
                raise local.place.error(f"Local file `{path}` is empty!")
            yield self.document(text, path, given, local.place, depth + 1)

    def paths(self, local: Scalar) -> list[str]:
        path = expanded(local.text, self.given.variables).lstrip("/")
        if not path.endswith((".yml", ".yaml")):
            raise local.place.error(f"Included file `{path}` does not have YAML extension!")
        return included(path, self.given.files.paths()) if "*" in path else [path]

    def wanted(self, rules: Node) -> bool:
        if isinstance(rules, Reference):
            raise rules.place.error("include:rules config should be an array of hashes")
        return by_rules(rules, "include:rules:rule", self.given, "always").added

    def remember(self, table: Table) -> None:
        for kind in _ELSEWHERE:
            if (value := table.get(kind)) is not None:
                name = value.text if isinstance(value, Scalar) else ""
                self.outside.append(Outside(f"include: {kind}: {name}".strip(), table.place))
                return
        raise table.place.error(
            "`include` does not have a valid subkey for type. Valid subkeys are: `artifact`, "
            "`component`, `local`, `project`, `remote`, `template`"
        )


def _simple(item: Scalar) -> dict[str, Node]:
    remote = item.text.startswith(("http://", "https://"))
    return {"remote" if remote else "local": item}
