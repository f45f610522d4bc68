"""Settings of tools that are not Python's own: JavaScript's, those of documentation and scanners.

Sources: the references of npm, TypeScript, ESLint, Jest, Read the Docs and MkDocs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regreen.verify.guard import parsing
from regreen.verify.guard.scalars import is_raised

Path = tuple[str, ...]

_PACKAGE_KEYS = frozenset(
    [
        "scripts",
        "jest",
        "eslintConfig",
        "eslintIgnore",
        "stylelint",
        "mocha",
        "ava",
        "nyc",
        "c8",
        "tap",
        "xo",
        "vitest",
        "prettier",
        "standard",
        "commitlint",
        "cypress",
        "size-limit",
        "wireit",
        "patchedDependencies",
    ]
)
"""Tables of ``package.json`` that decide what is run, checked or put in a package's place."""
_COMPILER_FREE = frozenset(
    [
        "target",
        "lib",
        "module",
        "moduleResolution",
        "jsx",
        "jsxFactory",
        "jsxImportSource",
        "outDir",
        "outFile",
        "rootDir",
        "baseUrl",
        "declaration",
        "declarationDir",
        "declarationMap",
        "sourceMap",
        "inlineSources",
        "composite",
        "incremental",
        "tsBuildInfoFile",
        "importHelpers",
        "downlevelIteration",
        "removeComments",
        "newLine",
        "esModuleInterop",
        "resolveJsonModule",
        "emitDeclarationOnly",
        "forceConsistentCasingInFileNames",
        "verbatimModuleSyntax",
        "noEmit",
        "emitDecoratorMetadata",
        "experimentalDecorators",
        "ignoreDeprecations",
    ]
)
_STRICT = re.compile(
    r"^(?:strict\w*|no[A-Z]\w*|exact\w*|checkJs|alwaysStrict|useUnknown\w*|isolatedModules)$"
)
_DOCS = re.compile(r"(?:^|/)(?:\.?readthedocs|mkdocs)\.ya?ml$")
_DOCS_JUDGED = frozenset(["fail_on_warning", "strict", "validation", "commands", "jobs"])
_CHECKERS = re.compile(
    r"^(?:jest|vitest|mocha|ava|tap|jasmine|karma|nyc|c8|eslint|typescript|prettier|stylelint|xo|standard"
    r"|@biomejs/biome|oxlint|tsd|cypress|playwright|@playwright/test|@typescript-eslint/\S+|@jest/\S+"
    r"|@vitest/\S+|eslint-(?:plugin|config)-\S+|markdownlint\S*|cspell|svelte-check|vue-tsc|knip|publint)$"
)

_STRING = r'("(?:\\.|[^"\\\n])*")'
_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|/\*.*?\*/", re.DOTALL)
_COMMA = re.compile(rf"{_STRING}|,(\s*[}}\]])")


def data(path: str, text: str) -> Any:
    """Return what a file of settings holds; JSON may have comments, INI files no section."""
    name = path.rpartition("/")[2]
    if name.endswith((".json", ".jsonc", ".json5")) or re.match(r"\.\w+rc$", name):
        found = parsing.data("x.json", _without_comments(text))
        if found is not None or name.endswith((".json", ".jsonc", ".json5")):
            return found
    if name in {".npmrc", ".yarnrc", ".vale.ini"} and not text.lstrip().startswith("["):
        return parsing.data("x.ini", f"[global]\n{text}")
    if name in {".eslintrc", ".prettierrc", ".stylelintrc", ".yarnrc.yml"}:
        return parsing.data("x.yaml", text)
    return parsing.data(path, text)


def is_free(path: str, place: Path) -> bool | None:
    """Whether an option neither runs nor checks; ``None`` where this module does not know."""
    name = path.rpartition("/")[2]
    if name == "package.json":
        return place[0] not in _PACKAGE_KEYS and "patchedDependencies" not in place
    if name in {".npmrc", ".yarnrc", ".yarnrc.yml"}:
        return not re.search(
            r"registry|ignore.?scripts|proxy|ssl|ca|node.?options|shell", place[-1], re.IGNORECASE
        )
    if re.match(r"tsconfig[\w.-]*\.json$", name):
        return place[0] == "compilerOptions" and place[-1] in _COMPILER_FREE
    return not _DOCS_JUDGED & set(place) if _DOCS.search(path) else None


def is_stricter(path: str, place: Path, now: Any) -> bool:
    """Whether an option of the TypeScript compiler is switched on that finds more."""
    return bool(
        re.search(r"(?:^|/)tsconfig[\w.-]*\.json$", path)
        and _STRICT.match(place[-1])
        and now is True
    )


def fewer(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return which programs that check JavaScript are gone, older, or taken from elsewhere."""
    if not path.endswith("package.json"):
        return []
    old, new = dict(_needs(before)), dict(_needs(after))
    reasons = []
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        if now is None:
            if _CHECKERS.match(name) and not name.endswith("(held)"):
                reasons.append(f"it no longer requires {name}, which checks: {path}")
        elif re.match(r"(?:npm|file|link|portal|git\S*|https?|github|workspace):|[\w-]+/", now):
            reasons.append(f"it takes {name} from elsewhere, {now[:40]}: {path}")
        elif was is not None and _CHECKERS.match(name.removesuffix(" (held)")):
            numbers = [re.sub(r"^[\^~>=v\s]*", "", text) for text in (was, now)]
            if not is_raised(*numbers):
                reasons.append(f"it takes an older release of {name}, which checks: {path}")
    return reasons


def _needs(package: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        table = package.get(key)
        for name, text in table.items() if isinstance(table, Mapping) else ():
            yield str(name), str(text)
    for place in (("overrides",), ("resolutions",), ("pnpm", "overrides")):
        held: Any = package
        for key in place:
            held = held.get(key) if isinstance(held, Mapping) else None
        for name, text in held.items() if isinstance(held, Mapping) else ():
            if isinstance(text, str) and not text.startswith("$"):
                yield f"{name} (held)", text


def _without_comments(text: str) -> str:
    """Return JSON without comments and without commas before a closing bracket."""
    plain = _COMMENT.sub(lambda m: m[1] or " ", text)
    return _COMMA.sub(lambda m: m[1] or m[2], plain)
