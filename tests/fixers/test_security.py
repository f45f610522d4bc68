"""What scanners find: vulnerable releases are left, plain findings in code are mended."""

from __future__ import annotations

import ast

import pytest

from regreen.fixers.security import bandit, vulnerable
from regreen.fixers.security.vulnerable import Found, table
from regreen.model import Category, Diagnostic, Edit, Severity
from tests.fixers.support import context, failure

AUDIT = """\
Found 2 known vulnerabilities in 1 package
Name   Version ID             Fix Versions
------ ------- -------------- ------------
jinja2 3.1.2   PYSEC-2024-1   3.1.3
jinja2 3.1.2   GHSA-h75v-3vvj 3.1.4,2.11.5
"""
TRIVY = """\
│      Library      │ Vulnerability  │ Status │ Installed Version │ Fixed Version │
├───────────────────┼────────────────┼────────┼───────────────────┼───────────────┤
│ Jinja2 (METADATA) │ CVE-2024-22195 │ fixed  │ 3.1.2             │ 3.1.3         │
│                   │ CVE-2024-34064 │        │                   │ 3.1.4         │
"""


def test_tables_are_read_by_the_names_of_their_columns() -> None:
    assert list(table(AUDIT)) == [
        Found("jinja2", "3.1.2", ("3.1.3",)),
        Found("jinja2", "3.1.2", ("3.1.4", "2.11.5")),
    ]
    rows = [Found("Jinja2", "3.1.2", (fixed,)) for fixed in ("3.1.3", "3.1.4")]
    assert list(table(TRIVY)) == rows
    assert list(table("Name  Version\n----  ---\nx     1\n")) == []


def test_the_smallest_release_that_mends_all_is_asked_for_where_the_job_installs_from() -> None:
    files = {"requirements.txt": "flask\njinja2==3.1.2  # why\n"}
    script = "pip install -r requirements.txt\npip-audit"
    scene = context(script, files, output=AUDIT, installs=(script,))
    failed = failure(Category.SECURITY_SCAN, "pip-audit")
    (first, *_) = vulnerable.propose(failed, scene)
    assert isinstance(first, Edit)
    assert "jinja2==3.1.4" in first.files["requirements.txt"]
    assert first.from_start


CODE = """\
def f(u):
    assert u, "no"
    requests.get(u)
    requests.get(
        u,
        headers={},
    )
    etag = hashlib.md5(u)
    password = hashlib.md5(u)
    yaml.load(u, Loader=yaml.Loader)
    subprocess.run("ls -l", shell=True, check=True)
    subprocess.run("ls | wc", shell=True)
    return random.choice(u)
"""


@pytest.mark.parametrize(
    ("code", "line", "after"),
    [
        ("B101", 2, 'if not (u):\n        raise AssertionError("no")\n'),
        ("B113", 3, "requests.get(u, timeout=60)\n"),
        ("B113", 4, "        headers={},\n        timeout=60,\n    )\n"),
        ("B311", 13, "random.SystemRandom().choice(u)\n"),
        ("B324", 8, "etag = hashlib.md5(u, usedforsecurity=False)\n"),
        ("B506", 10, "yaml.safe_load(u)\n"),
        ("B602", 11, 'subprocess.run(["ls", "-l"], check=True)\n'),
    ],
)
def test_mechanical_findings_are_mended(code: str, line: int, after: str) -> None:
    (found,) = proposed(code, line)
    text = found.files["p/a.py"]
    assert after in text
    ast.parse(text)
    assert found.severity is (Severity.HIGH if code == "B506" else Severity.MEDIUM)


@pytest.mark.parametrize(("code", "line"), [("B324", 9), ("B602", 12), ("B105", 9)])
def test_what_is_no_mechanical_change_is_left(code: str, line: int) -> None:
    assert proposed(code, line) == []


def proposed(code: str, line: int) -> list[Edit]:
    failed = failure(Category.SECURITY_SCAN, "bandit", Diagnostic("./p/a.py", code, "m", line))
    found = list(bandit.propose(failed, context("bandit -r p", {"p/a.py": CODE})))
    assert all(isinstance(one, Edit) for one in found)
    return [one for one in found if isinstance(one, Edit)]
