"""Values of a project's metadata as their standards write them, from how people write them.

Sources: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (keys and kinds),
https://spdx.org/licenses/ (names of licences), PEP 440 and PEP 508 (versions and requirements),
https://python-poetry.org/docs/dependency-specification/ (what ``^`` and ``~`` mean).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

PROJECT_KEYS = (
    "name", "version", "description", "readme", "requires-python", "license", "license-files",
    "authors", "maintainers", "keywords", "classifiers", "urls", "scripts", "gui-scripts",
    "entry-points", "dependencies", "optional-dependencies", "dynamic", "import-names",
    "import-namespaces",
)  # fmt: skip
SETUPTOOLS_KEYS = (
    "platforms", "provides", "obsoletes", "zip-safe", "script-files", "eager-resources", "packages",
    "package-dir", "package-data", "include-package-data", "exclude-package-data",
    "namespace-packages", "py-modules", "ext-modules", "data-files", "cmdclass", "license-files",
    "dynamic",
)  # fmt: skip
OTHER_NAMES = {
    "install-requires": "dependencies", "requires": "dependencies", "requirements": "dependencies",
    "extras-require": "optional-dependencies", "extras": "optional-dependencies",
    "python-requires": "requires-python", "python": "requires-python", "author": "authors",
    "maintainer": "maintainers", "long-description": "readme", "summary": "description",
    "license-file": "license-files", "project-urls": "urls", "url": "urls", "entrypoints":
    "entry-points", "console-scripts": "scripts", "homepage": "urls", "home-page": "urls",
    "repository": "urls", "documentation": "urls", "tags": "keywords",
}  # fmt: skip
"""Keys of other tools (setup.cfg's, Poetry's) and what they are called in ``[project]``."""
_LICENCES = {
    "mit": "MIT", "mitlicense": "MIT", "themitlicense": "MIT", "themitlicensemit": "MIT",
    "apache2": "Apache-2.0", "apache20": "Apache-2.0", "apachelicense20": "Apache-2.0",
    "apachelicenseversion20": "Apache-2.0", "apachelicense2": "Apache-2.0", "asl20": "Apache-2.0",
    "apachesoftwarelicense20": "Apache-2.0", "apachesoftwarelicenseversion20": "Apache-2.0",
    "apachev2": "Apache-2.0", "apachelicensev20": "Apache-2.0", "bsd3": "BSD-3-Clause",
    "bsd3clause": "BSD-3-Clause", "3clausebsd": "BSD-3-Clause", "newbsd": "BSD-3-Clause",
    "modifiedbsd": "BSD-3-Clause", "bsd3clauselicense": "BSD-3-Clause", "bsd2": "BSD-2-Clause",
    "bsd2clause": "BSD-2-Clause", "2clausebsd": "BSD-2-Clause", "simplifiedbsd": "BSD-2-Clause",
    "gplv3+": "GPL-3.0-or-later", "gpl3+": "GPL-3.0-or-later", "gpl30+": "GPL-3.0-or-later",
    "gplv2+": "GPL-2.0-or-later", "gpl30only": "GPL-3.0-only", "gpl20only": "GPL-2.0-only",
    "gpl30orlater": "GPL-3.0-or-later", "agpl30orlater": "AGPL-3.0-or-later",
    "lgpl30orlater": "LGPL-3.0-or-later", "mpl2": "MPL-2.0", "mpl20": "MPL-2.0",
    "mozillapubliclicense20": "MPL-2.0", "mozillapubliclicense20mpl20": "MPL-2.0",
    "isc": "ISC", "isclicense": "ISC", "unlicense": "Unlicense", "theunlicense": "Unlicense",
    "cc010": "CC0-1.0", "cc0": "CC0-1.0", "zlib": "Zlib", "psf20": "PSF-2.0", "bsl10": "BSL-1.0",
    "boost": "BSL-1.0", "wtfpl": "WTFPL", "0bsd": "0BSD", "eupl12": "EUPL-1.2",
}  # fmt: skip
"""Ways to write a licence that mean one only; ``BSD`` and ``GPLv3`` say too little."""
_PERSON = re.compile(r"^\s*(?P<name>[^<>]*?)\s*(?:[<(](?P<email>[^<>()\s]+@[^<>()\s]+)[>)])?\s*$")
_CARET = re.compile(r"\^\s*(?P<version>\d+(?:\.\d+)*)")
_TILDE = re.compile(r"(?<![~=])~(?!=)\s*(?P<version>\d+(?:\.\d+)*)")


def licence(name: str) -> str | None:
    """Return the SPDX name of a licence; ``None`` where the words do not tell which one."""
    plain = re.sub(r"[^a-z0-9+]", "", name.lower())
    return _LICENCES.get(plain) or _LICENCES.get(plain.removesuffix("license"))


def is_spdx(name: str) -> bool:
    """Whether ``name`` is a well-known SPDX name as it stands."""
    return name in _LICENCES.values()


def person(text: str) -> dict[str, str]:
    """Return ``Name <mail>`` as the table that authors are; empty: it is none."""
    if "@" in text and "<" not in text and " " not in text.strip():
        return {"email": text.strip()}
    found = _PERSON.match(text)
    if found is None:
        return {}
    return {key: value for key, value in found.groupdict().items() if value}


def specifier(text: str) -> str | None:
    """Return the versions ``text`` as PEP 440 has them; ``None`` where nothing helps."""
    return next((one for one in _specifiers(text) if is_specifier(one)), None)


def requirement(text: str) -> str | None:
    """Return the requirement ``text`` as PEP 508 has it; ``None`` where nothing helps."""
    named = re.match(r"^\s*(?P<name>[\w.-]+?(?:\[[^\]]*\])?)\s*(?P<rest>[\^~<>=!*(@ ].*)$", text)
    if named is None:
        return None
    versions, sign, marker = named["rest"].partition(";")
    for one in _specifiers(versions.strip().strip("()")):
        made = f"{named['name']}{one}{sign}{marker}"
        if (is_specifier(one) or not one) and is_requirement(made):
            return made
    return None


def _specifiers(text: str) -> Iterator[str]:
    """Yield what ``text`` may mean, step by step further from how it is written."""
    plain = text.strip()
    if plain in {"*", ""}:
        yield ""
    plain = re.sub(r"\.x\b|(?<=[<>]\d)\.\*|\.X\b", "", plain)
    plain = re.sub(r"(>=?|<=?)\s*(\d[\d.]*?)\.\*", r"\1\2", plain)
    plain = _CARET.sub(lambda found: _range(found["version"], 0), plain)
    plain = _TILDE.sub(lambda found: _range(found["version"], 1), plain)
    plain = plain.replace("=>", ">=").replace("=<", "<=").replace(">>", ">").replace("<<", "<")
    plain = re.sub(r"([<>=!~])\s+(?==)", r"\1", plain)
    plain = re.sub(r"(?<![<>=!~])=(?!=)", "==", plain)
    plain = re.sub(r"([<>=!~])\s+(?=\d)", r"\1", plain)
    plain = re.sub(r"(\d[\w.*]*)\s*\+\s*$", r">=\1", plain)
    yield plain
    commas = re.sub(r"(?<=[\w*])\s*(?:and|&&|\s)\s*(?=[<>=!~])", ",", plain).strip(", ")
    yield commas
    yield f">={plain}" if re.fullmatch(r"\d+(?:\.\d+)+", plain) else commas
    yield re.sub(r"^[<>=!~]+\s*(?=[<>=!~]{2})", "", commas)
    parts = (re.sub(r"^(\d)", r"==\1", part.strip()) for part in commas.split(","))
    yield ",".join(part for part in parts if part)


def _range(version: str, place: int) -> str:
    """Return the versions from ``version`` to the next one in ``place`` (0: the major one)."""
    parts = [int(part) for part in version.split(".")]
    at = min(place, len(parts) - 1)
    if place == 0:
        at = next((n for n, part in enumerate(parts) if part), len(parts) - 1)
    end = [*parts[:at], parts[at] + 1]
    return f">={version},<{'.'.join(map(str, end))}"


def is_specifier(text: str) -> bool:
    """Whether ``text`` is versions by PEP 440."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return bool(text)


def is_requirement(text: str) -> bool:
    """Whether ``text`` is a requirement by PEP 508."""
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True
