"""The results in print: the funnel, by category and by fixer, what it took, and every miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from benchmarks.repair.rows import STAGES, Results, Row

_TITLES = ("all", "runnable", "red the same", "fixed", "verified", "re-checked")
_WIDTH = 240


def rendered(results: Results, missing: Sequence[str]) -> str:
    """Return ``results`` as Markdown; ``missing`` are the cases whose repository is not here."""
    parts = [_way(way, list(rows.values())) for way, rows in results.items() if rows]
    if missing:
        parts.append(f"Without a repository here: {', '.join(missing)}.")
    return "\n\n".join(parts) + "\n"


def _way(way: str, rows: Sequence[Row]) -> str:
    words = {"made": "workflows made from the cases", "real": "the real workflows and jobs"}[way]
    parts = [f"## {way}: {words}", _false(rows), _funnel(rows), _effort(rows), _fixers(rows)]
    return "\n\n".join([*filter(None, parts), _mended(rows), _misses(rows)])


def _false(rows: Sequence[Row]) -> str:
    """Return the patches that regreen calls verified and that do not hold."""
    found = [row for row in rows if row["false"]]
    lines = [f"- **{row['id']}**: {_cell(row.get('recheck', ''))}" for row in found]
    return "\n".join([f"False patches: {len(found)}.", *(["", *lines] if lines else [])])


def _funnel(rows: Sequence[Row]) -> str:
    lines = [f"| category | {' | '.join(_TITLES)} | verified of red |", "|---" * 8 + "|"]
    for category in sorted({row["category"] for row in rows}):
        lines.append(_counted(category, [r for r in rows if r["category"] == category]))
    return "\n".join([*lines, _counted("**all**", rows)])


def _counted(name: str, rows: Sequence[Row]) -> str:
    counts = [len(rows), *(sum(bool(row[stage]) for row in rows) for stage in STAGES)]
    red, verified = counts[2], counts[4]
    share = f"{100 * verified / red:.0f} %" if red else "-"
    return f"| {name} | {' | '.join(map(str, counts))} | {share} |"


def _effort(rows: Sequence[Row]) -> str:
    """Return the seconds and tries of a case, of all and of those that were mended."""
    lines = ["| | cases | seconds: median | most | tries: median | most |", "|---" * 6 + "|"]
    kinds: tuple[tuple[str, Callable[[Row], bool]], ...] = (
        ("all", lambda _row: True),
        ("verified", lambda row: row["verified"]),
        ("not mended", lambda row: row["red"] and not row["verified"]),
    )
    for name, chosen in kinds:
        of = [row for row in rows if chosen(row)]
        if of:
            seconds, tries = [r["seconds"] for r in of], [r.get("tries", 0) for r in of]
            numbers = (median(seconds), max(seconds), median(tries), max(tries))
            lines.append(f"| {name} | {len(of)} | {' | '.join(f'{n:.0f}' for n in numbers)} |")
    return "\n".join(lines)


def _fixers(rows: Sequence[Row]) -> str:
    """Return each fixer: the cases in which it was tried, that it mended alone, or with others."""
    tried = Counter(name for row in rows for name in {t["fixer"] for t in row.get("tried", ())})
    kept = [row for row in rows if row["verified"]]
    alone = Counter(row["fixers"][0] for row in kept if len(set(row["fixers"])) == 1)
    shared = Counter(name for row in kept if len(set(row["fixers"])) > 1 for name in _named(row))
    lines = ["| fixer | tried in | verified alone | with others |", "|---" * 4 + "|"]
    order = sorted({*tried, *alone, *shared}, key=lambda n: (-alone[n] - shared[n], -tried[n], n))
    for name in order:
        seen = max(tried[name], alone[name] + shared[name])
        lines.append(f"| {name} | {seen} | {alone[name]} | {shared[name]} |")
    return "\n".join(lines) if order else ""


def _named(row: Row) -> Iterable[str]:
    return dict.fromkeys(row["fixers"])


def _mended(rows: Sequence[Row]) -> str:
    """Return what is verified and checked again, with what mended it."""
    kept = sorted((row for row in rows if row["rechecked"]), key=lambda r: (r["category"], r["id"]))
    lines = [f"Mended: {len(kept)}.", ""]
    if kept:
        lines += ["| case | repository | what failed | fixers | seconds |", "|---" * 5 + "|"]
    for row in kept:
        what, by = f"{row['category']}: {row['tool']}", ", ".join(_named(row))
        cells = (row["id"], row.get("repo", ""), what, by, f"{row['seconds']:.0f}")
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def _misses(rows: Sequence[Row]) -> str:
    """Return what is not verified and checked again, by how far it came, with the reason."""
    missed = [row for row in rows if not row["rechecked"]]
    lines = [f"Misses: {len(missed)}.", ""]
    if missed:
        lines += ["| case | what failed | came to | status | why |", "|---" * 5 + "|"]
    for row in sorted(missed, key=lambda r: (r["category"], _depth(r), r["id"])):
        what = f"{row['category']}: {row['tool']}"
        why = row.get("recheck") or row["reason"]
        cells = (row["id"], what, _TITLES[_depth(row)], row["status"], why)
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def _depth(row: Row) -> int:
    return sum(bool(row[stage]) for stage in STAGES)


def _cell(text: object) -> str:
    return " ".join(str(text).replace("|", "\\|").split())[:_WIDTH]
