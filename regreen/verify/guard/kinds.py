"""What a file is for: tests, CI's definition, a tool's configuration, product code, prose.

Runners and tools find their files by name, so the name decides here too; what a change to such a
file means is then read from its structure.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a changed file is for."""

    WORKFLOW = "workflow"
    PRECOMMIT = "pre-commit"
    SETTINGS = "settings"
    REQUIREMENTS = "requirements"
    IGNORE = "ignore file"
    TASKS = "tasks"
    SHELL = "shell"
    MAKE = "make"
    JUST = "just"
    DOCKER = "container image"
    SERVICES = "tasks or services"
    PROGRAM = "program that configures"
    VERSION = "version of a language"
    TEST = "test"
    TEST_DATA = "test data"
    PYTHON = "python"
    PROSE = "prose"
    OTHER = "other"


_TEST_FOLDER = re.compile(r"(?:^|/)(?:tests?|testing|[\w-]*_tests?|testsuite)/")
_COMPARED = re.compile(
    r"(?:^|/)(?:__(?:tests|snapshots|fixtures|mocks)__|goldens?|expected(?:[-_]\w+)?|snapshots"
    r"|cassettes|test[-_]?data|test[-_]?fixtures)/(?!.*\.pyi?$)|\.(?:snap|ambr|golden|approved\.\w+)$"
    r"|\.(?:test|spec|e2e|cy)\.[cm]?[jt]sx?$|(?:^|/)[\w-]+_test\.go$"
)
"""What tests of other languages lie in, and what runs are compared with."""
_TEST_MODULE = re.compile(
    r"(?:^|/)(?:test_[^/]*|[^/]*_tests?|tests?|test\w*|conftest|sitecustomize|usercustomize)\.pyi?$"
)
_TESTING = re.compile(
    r"\b(?:def\s+test|class\s+Test|TestCase|pytest|unittest|assert)\b|def\s+test\w|class\s+Test\w"
)
_WORKFLOW = re.compile(
    r"^\.github/workflows/|^\.github/actions/|^\.forgejo/|^\.gitea/"
    r"|(?:^|/)(?:\.gitlab-ci|azure-pipelines|\.travis|\.?appveyor|action|\.cirrus)\.ya?ml$"
    r"|^\.(?:circleci|buildkite|gitlab|azure-pipelines)/|(?:^|/)Jenkinsfile$"
    r"|(?:^|/)[\w.-]+\.gitlab-ci\.ya?ml$|(?:^|/)\.(?:drone|woodpecker)(?:/[\w-]+)?\.ya?ml$"
)
_SETTINGS = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.(?:ini|toml)|\.?pytest\.(?:ini|toml)|\.?mypy\.ini"
    r"|\.flake8|\.?pylintrc(?:\.toml)?|\.coveragerc|\.isort\.cfg|\.?ruff\.toml|\.style\.yapf"
    r"|\.bandit|bandit\.ya?ml|\.pydocstyle(?:rc|\.ini)?|pyrightconfig\.json|\.editorconfig"
    r"|\.markdownlint[\w.-]*|\.yamllint(?:\.ya?ml)?|\.?codecov\.ya?ml|hatch\.toml|\.codespellrc"
    r"|pixi\.toml|uv\.toml|\.pycodestyle|\.pep8|\.yapfrc|\.?typos\.toml|zizmor\.ya?ml|\.vulture[\w.]*"
    r"|\.importlinter|pyre\.toml|\.pyre_configuration|\.prospector\.ya?ml|\.doc8\.ini|\.rstcheck\.cfg"
    r"|pytype\.cfg|\.pyup\.yml|\.safety-policy\.yml|\.semgrep\.ya?ml|package\.json|cspell\.json"
    r"|_typos\.toml|\.?cspell[\w.]*\.(?:json|ya?ml)|tsconfig[\w.-]*\.json|\.eslintrc(?:\.(?:json|ya?ml))?"
    r"|biome\.jsonc?|\.?oxlintrc\.json|\.(?:prettierrc|stylelintrc)(?:\.(?:json|ya?ml|toml))?"
    r"|(?:jest|vitest|cypress|nyc|\.nycrc|\.c8rc|\.mocharc)(?:\.config)?\.(?:json|ya?ml)|\.nycrc|\.mocharc"
    r"|pip\.(?:conf|ini)|\.?condarc|\.npmrc|\.yarnrc(?:\.yml)?|\.?gitleaks\.toml|osv-scanner\.toml"
    r"|\.mega-linter\.ya?ml|\.hadolint\.ya?ml|lychee\.toml|\.?trivy\.ya?ml|\.sqlfluff|\.checkov\.ya?ml"
    r"|\.?readthedocs\.ya?ml|mkdocs\.ya?ml|\.remarkrc(?:\.json)?|\.vale\.ini|\.secrets\.baseline"
    r"|sonar-project\.properties|\.deepsource\.toml|\.sourcery\.ya?ml|\.golangci\.ya?ml|clippy\.toml)$"
)
_PRECOMMIT = re.compile(r"(?:^|/)\.pre-commit-(?:config|hooks)\.ya?ml$")
_REQUIREMENTS = re.compile(
    r"(?:^|/)[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)$|(?:^|/)requirements/[^/]+\.(?:txt|in)$"
    r"|(?:^|/)(?:Pipfile|environment[\w.-]*\.ya?ml|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock"
    r"|pixi\.lock|deps[\w-]*\.txt|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock"
    r"|pnpm-lock\.yaml|conda-lock\.ya?ml|pylock[\w.-]*\.toml)$"
)
_IGNORE = re.compile(
    r"(?:^|/)\.(?:gitattributes|gitmodules|(?!git-blame)[\w-]*ignore)$"
    r"|(?:^|/)[^/]*(?:codespell|spelling|cspell|typos|vulture|wordlist|word_list)[^/]*\.txt$"
    r"|(?:^|/)\.?[\w-]*(?:whitelist|allowlist|ignore[-_]?(?:words|list))[\w-]*\.txt$"
)
_JUST = re.compile(r"(?:^|/)(?:\.?[Jj]ustfile|[\w-]+\.just)$")
_DOCKER = re.compile(r"(?:^|/)(?:(?:Docker|Container)file(?:[.-][\w.-]+)?|[\w-]+\.[Dd]ockerfile)$")
_SERVICES = re.compile(
    r"(?:^|/)(?:\.?[Tt]askfile(?:\.dist)?|(?:docker-)?compose(?:[.-][\w-]+)*)\.ya?ml$"
)
_PROGRAM = re.compile(
    r"(?:^|/)(?:\.?(?:eslint|jest|vitest|playwright|karma|cypress|mocha|ava|stylelint|commitlint"
    r"|prettier|wdio|nyc)(?:rc|\.conf(?:ig)?|\.setup|\.workspace)?"
    r"|[Gg]ulpfile|Gruntfile)(?:\.[\w-]+)?\.[cm]?[jt]s$|\.(?:bat|cmd|ps1)$|(?:^|/)Rakefile$"
)
_VERSION = re.compile(
    r"(?:^|/)(?:\.(?:python|node|ruby)-version|\.nvmrc|\.tool-versions|runtime\.txt)$"
)
_TASKS = re.compile(r"(?:^|/)(?:noxfile|tasks|dodo|fabfile|wscript|SConstruct)\.py$")
_MAKE = re.compile(r"(?:^|/)(?:GNUmakefile|[Mm]akefile|[\w.-]+\.mk)$")
_PROSE = re.compile(
    r"\.(?:md|rst|markdown|adoc|txt|html?)$|(?:^|/)(?:README|CHANGES|CHANGELOG|NEWS|AUTHORS|LICENSE)\w*$"
)
_SHEBANG = re.compile(r"#!\s*\S*/(?:env\s+)?(?:-S\s+)?(?P<name>[\w.]+)")


def kind_of(path: str, text: str) -> Kind:
    """Return what the file at ``path`` is for; ``text`` is looked at for its ``#!`` line only."""
    for kind, pattern in _BY_NAME:
        if pattern.search(path):
            return kind
    if path.endswith((".py", ".pyi")):
        inside = _TEST_FOLDER.search(path) or (_TEST_MODULE.search(path) and _TESTING.search(text))
        return Kind.TEST if inside else Kind.PYTHON
    shebang = _SHEBANG.match(text[:200])
    name = shebang["name"] if shebang else ""
    if path.endswith((".sh", ".bash", ".zsh", ".bats")) or name in {"sh", "bash", "zsh", "dash"}:
        return Kind.SHELL
    if name.startswith("python"):
        return Kind.PYTHON
    if is_tested_with(path):
        return Kind.TEST_DATA
    return Kind.PROSE if _PROSE.search(path) else Kind.OTHER


_BY_NAME = (
    (Kind.WORKFLOW, _WORKFLOW),
    (Kind.PRECOMMIT, _PRECOMMIT),
    (Kind.SETTINGS, _SETTINGS),
    (Kind.REQUIREMENTS, _REQUIREMENTS),
    (Kind.IGNORE, _IGNORE),
    (Kind.TASKS, _TASKS),
    (Kind.MAKE, _MAKE),
    (Kind.JUST, _JUST),
    (Kind.DOCKER, _DOCKER),
    (Kind.SERVICES, _SERVICES),
    (Kind.PROGRAM, _PROGRAM),
    (Kind.VERSION, _VERSION),
)

STARTED_UNSEEN = frozenset({"conftest.py", "sitecustomize.py", "usercustomize.py"})
"""Files that Python or pytest runs without anybody importing them."""


def is_tested_with(path: str) -> bool:
    """Whether the file takes part in testing: a test, its helper, its data."""
    return bool(_TEST_FOLDER.search(path) or _TEST_MODULE.search(path) or _COMPARED.search(path))
