"""A verified patch is made in one place only."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_nothing_but_the_verifier_makes_a_verified_patch() -> None:
    makers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("regreen", "hooks", "sandbox")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "VerifiedPatch"
    ]
    assert makers == ["regreen/verify/verifier.py"]
