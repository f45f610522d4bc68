"""Each fixer of types, on what mypy itself says of a small module; and mypy on what they make."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from regreen.fixers.fixer import Fixer
from regreen.fixers.types import (
    FIXERS,
    calls,
    casts,
    guards,
    names,
    optional,
    overrides,
    signatures,
    type_arguments,
    unbound,
    unpacking,
    unused_ignores,
    variables,
    widening,
)
from regreen.model import Category, Edit, Idea, Probe
from regreen.scene import Scene
from tests.fixers.support import context, failure

MODULES: dict[str, tuple[Fixer, str, tuple[str, ...]]] = {
    "ignores": (
        unused_ignores,
        "x: int = 1  # type: ignore[assignment]  # the first\n",
        ("x: int = 1  # the first\n",),
    ),
    "default": (
        optional,
        'def f(a: int = None, b: "str" = None) -> None:\n    print(a, b)\n',
        ('a: int | None = None, b: "str | None" = None',),
    ),
    "set_to_none": (
        optional,
        "def f() -> None:\n    x = 1\n    print(x)\n    x = None\n",
        ("    x: int | None = 1\n",),
    ),
    "none_first": (
        optional,
        ("class A:\n    def __init__(self) -> None:\n        self.x = None\n\n"
        "    def g(self) -> None:\n        self.x = 1\n"),
        ("        self.x: int | None = None\n",),
    ),
    "nothing_returned": (
        signatures,
        'def f():\n    print("x")\n',
        ("def f() -> None:\n",),
    ),
    "told_by_text": (
        signatures,
        ("class A:\n    def __eq__(self, other):\n        return self is other\n\n"
        '    def name(self, sep=":"):\n        return f"a{sep}"\n'),
        (
            "def __eq__(self, other: object) -> bool:",
            'def name(self, sep: str = ":") -> str:',
        ),
    ),
    "inferred": (
        signatures,
        ("from collections.abc import Sequence\n\n\n"
        "def f(n: int):\n    return n, [str(n)]\n\n\n"
        "def g(n: int):\n    for i in range(n):\n        yield str(i)\n\n\n"
        "print(Sequence)\n"),
        (
            "def f(n: int) -> tuple[int, list[str]]:",
            "def g(n: int) -> Iterator[str]:",
            "from collections.abc import Iterator, Sequence\n",
        ),
    ),
    "any_returned": (
        casts,
        ("import json\n\n\ndef f(x: str) -> dict[str, int]:\n    return json.loads(x)\n\n\n"
        "def g(x: str) -> list[int]:\n    data = json.loads(x)\n    return data\n"),
        (
            "    return cast(dict[str, int], json.loads(x))\n",
            "    data: list[int] = json.loads(x)\n",
            "import json\nfrom typing import cast\n",
        ),
    ),
    "surplus_cast": (
        casts,
        "from typing import cast\n\n\ndef f(x: int) -> int:\n    return cast(int, x) + 1\n",
        ("    return x + 1\n",),
    ),
    "container": (
        variables,
        ("class Box:\n    def __init__(self) -> None:\n        self.items = []\n"
            "        self.by = {}\n\n"
        "    def put(self, x: int) -> None:\n        self.items.append(x)\n"
        '        self.by["a"] = str(x)\n'),
        ("self.items: list[int] = []", "self.by: dict[str, str] = {}"),
    ),
    "bare": (
        type_arguments,
        "from typing import Any\n\n\ndef f(x: dict, y: tuple) -> list[Any]:\n    return [x, y]\n",
        ("def f(x: dict[Any, Any], y: tuple[Any, ...]) -> list[Any]:",),
    ),
    "undefined": (
        unbound,
        'def f() -> None:\n    print(Path("x"))\n',
        ("from pathlib import Path\n",),
    ),
    "no_type": (
        unbound,
        "def f(g: callable, x: any) -> None:\n    print(g, x)\n",
        ("def f(g: Callable[..., Any], x: Any) -> None:",),
    ),
    "moved": (
        names,
        "from pkg.bare import f, helper\n\nprint(f, helper)\n",
        ("from pkg.bare import f\n", "from pkg.home import helper\n"),
    ),
    "override": (
        overrides,
        ('class A:\n    def f(self, x: int, y: str = "a") -> int:\n        return x\n\n'
        "    def g(self, x: object) -> None: ...\n\n\n"
        "class B(A):\n    def f(self, x: int) -> int:\n        return x\n\n"
        "    def g(self, x: int) -> None: ...\n"),
        (
            "    def g(self, x: object) -> None: ...\n\n\nclass B",
            "class B(A):\n    def f(self, x: int, y: str = \"a\") -> int:",
        ),
    ),
    "argument": (
        calls,
        ("def f(a: int, b: int) -> None: ...\n\n\nf(1, b=2)\nf(1)\n\n\n"
        "def g(b: int) -> None:\n    f(\n        3,\n    )\n"),
        ("f(1, b=2)\nf(1, b=2)\n", "    f(\n        3,\n        b=b,\n    )\n"),
    ),
    "pairs": (
        unpacking,
        "def f(x: int, y: int) -> int:\n    a, b = x, y if x else y, x\n    return a - b\n",
        ("    a, b = (x, y) if x else (y, x)\n",),
    ),
    "falls": (
        widening,
        'def f(x: int) -> str:\n    if x:\n        return "a"\n',
        ('def f(x: int) -> str | None:\n    if x:\n        return "a"\n    return None\n',),
    ),
    "gives_none": (
        widening,
        "def f(x: int) -> int:\n    if x:\n        return None\n    return 1\n",
        ("def f(x: int) -> int | None:",),
    ),
    "invariant": (
        widening,
        ("def total(xs: list[float]) -> float:\n    return sum(xs)\n\n\n"
        "def f(ys: list[int]) -> float:\n    return total(ys)\n"),
        ("def total(xs: Sequence[float]) -> float:",),
    ),
    "guard": (
        guards,
        ('import re\n\n\ndef f(x: str) -> str:\n    return re.match("a", x).group()\n\n\n'
        "def g(x: str | None) -> str:\n    # shout\n    return x.upper()\n"),
        (
            '    found = re.match("a", x)\n    assert found is not None\n',
            "    return found.group()\n",
            "    # shout\n    assert x is not None\n    return x.upper()\n",
        ),
    ),
}  # fmt: skip
HELPERS = {
    "pkg/__init__.py": "",
    "pkg/home.py": "def helper() -> None: ...\n",
    "pyproject.toml": '[project]\nname = "pkg"\nrequires-python = ">=3.11"\n',
}
SCRIPT = "mypy --strict pkg"


def checked(folder: Path, script: str = SCRIPT) -> str:
    words = script.replace("mypy", f"{sys.executable} -m mypy", 1)
    done = subprocess.run(
        ["/bin/sh", "-c", words], cwd=folder, capture_output=True, text=True, timeout=300,
        check=False,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(folder)},
    )  # fmt: skip
    return done.stdout + done.stderr


def written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    files = HELPERS | {f"pkg/{name}.py": text for name, (_, text, _) in MODULES.items()}
    folder = written(tmp_path_factory.mktemp("faulty"), files)
    return folder, context(SCRIPT, files, output=checked(folder))


def about(scene: Scene, name: str) -> Scene:
    """Return what the checker says of one module alone."""
    lines = [line for line in scene.output.splitlines() if line.startswith(f"pkg/{name}.py:")]
    assert lines, scene.output
    return replace(scene, output="\n".join(lines))


def edits(ideas: Iterator[Idea], folder: Path, scratch: Path) -> Iterator[Edit]:
    """Yield edits; probes are answered by mypy, on a copy."""
    for idea in ideas:
        if isinstance(idea, Probe):
            subprocess.run(["cp", "-r", f"{folder}/.", str(scratch)], check=True, timeout=60)
            answer = checked(scratch, idea.command)
            yield from edits(iter(idea.read(answer)), folder, scratch)
        elif isinstance(idea, Edit):
            yield idea


MYPY = failure(Category.TYPE_ERROR, "mypy")


@pytest.mark.parametrize("name", MODULES)
def test_a_fixer_mends_what_its_codes_say(
    name: str, where: tuple[Path, Scene], tmp_path: Path
) -> None:
    fixer, text, wanted = MODULES[name]
    folder, scene = where
    shown = about(scene, name)
    found: list[str] = []
    files = dict(HELPERS | {f"pkg/{other}.py": t for other, (_, t, _) in MODULES.items()})
    for edit in edits(iter(fixer.propose(MYPY, shown)), folder, tmp_path):
        found.append("\n".join(edit.files.values()))
        files.update({p: t for p, t in edit.files.items() if p == f"pkg/{name}.py"})
        if all(any(part in one for one in found) for part in wanted):
            break
    assert all(any(part in one for one in found) for part in wanted), found
    assert text not in found


def test_mypy_has_less_to_say_after_each_and_nothing_at_last(tmp_path: Path) -> None:
    kept = ("default", "nothing_returned", "any_returned", "bare", "override", "falls", "guard")
    files = HELPERS | {f"pkg/{name}.py": MODULES[name][1] for name in kept}
    written(tmp_path, files)
    output, count = checked(tmp_path), 99
    for _ in range(len(kept) + 2):
        scene = context(SCRIPT, files, output=output)
        ideas = (i for f in FIXERS for i in f.propose(MYPY, scene) if isinstance(i, Edit))
        first = next(ideas, None)
        if first is None:
            break
        files |= dict(first.files)
        written(tmp_path, dict(first.files))
        output = checked(tmp_path)
        assert output.count(": error: ") < count
        count = output.count(": error: ")
    assert "Success" in output, output


def test_nothing_is_said_of_what_is_no_type_checker_s(where: tuple[Path, Scene]) -> None:
    tests = failure(Category.TEST_FAILURE, "pytest")
    assert [idea for fixer in FIXERS for idea in fixer.propose(tests, where[1])] == []


def test_no_fixer_silences_the_checker(where: tuple[Path, Scene]) -> None:
    ideas = [i for fixer in FIXERS for i in fixer.propose(MYPY, where[1])]
    texts = [t for i in ideas if isinstance(i, Edit) for t in i.files.values()]
    assert texts
    assert not [t for t in texts if t.count("type: ignore") > 1 or "no_type_check" in t]


def test_the_same_input_gives_the_same_ideas(where: tuple[Path, Scene]) -> None:
    def shown() -> list[tuple[str, str, object]]:
        ideas = (i for f in FIXERS for i in f.propose(MYPY, where[1]))
        return [
            (type(i).__name__, i.why, dict(i.files) if isinstance(i, Edit) else i.command)
            for i in ideas
            if isinstance(i, Edit | Probe)
        ]

    assert shown() == shown()
