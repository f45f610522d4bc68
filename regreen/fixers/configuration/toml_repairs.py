"""Repairs of what is no TOML: quotes, commas, brackets, signs of other languages, escapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from regreen.fixers.configuration.mending import Change
from regreen.fixers.configuration.settings_forms import lines_of
from regreen.fixers.configuration.settings_quotes import PARTS, escapes, parted, quotes
from regreen.jobs.schema import Fault

_NAME = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_KEY = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HALF_HEADER = re.compile(rf"\[\[?\s*{_KEY}\s*\]?\]?|\[?\[?\s*{_KEY}\s*\]\]?")
_ENTRY = re.compile(rf"^(?P<head>\s*{_KEY}\s*=\s*)(?P<value>[^\n]*?)(?P<end>[ \t]*\r?\n?)\Z")
_STATEMENT = re.compile(rf"^(?:\[|\s*{_KEY}\s*[=:](?!\S*\"$))")
_TABLE = re.compile(r"^\s*\[")
_WORDS = {
    "True": "true", "False": "false", "TRUE": "true", "FALSE": "false", "yes": "true",
    "no": "false", "on": "true", "off": "false", "Yes": "true", "No": "false",
}  # fmt: skip
_WORD = re.compile(r"(?<![\w\"'.-])(" + "|".join(_WORDS) + r")(?![\w\"'.-])")
_LOOK_BACK = 60
Line = Callable[[str], Iterator[tuple[str, str]]]


def line_signs(text: str, fault: Fault) -> Iterator[Change]:
    """Repair one line: the faulty one, those of its statement above it, the next one."""
    lines = lines_of(text)
    for at in _places(lines, fault):
        for repair in _LINE_REPAIRS:
            for line, why in repair(lines[at]):
                yield Change("".join([*lines[:at], line, *lines[at + 1 :]]), why)


def closing_lines(text: str, fault: Fault) -> Iterator[Change]:
    """Close what a statement over several lines leaves open, on a line of its own."""
    lines = lines_of(text)
    for start in _open_statements(lines, fault)[:3]:
        pad = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
        below = range(start + 1, min(fault.line, len(lines)) + 1)
        ends = [at for at in below if _begins(lines, at)]
        signs = [one for one in ('"""', "'''") if one in lines[start]]
        for sign in ("]", "}", *signs):
            for at in dict.fromkeys((*ends, len(lines))):
                last = at
                while last > start + 1 and not lines[last - 1].strip():
                    last -= 1
                if last > start:
                    above = _ended(lines[last - 1])
                    new = [*lines[: last - 1], above, f"{pad}{sign}\n", *lines[last:]]
                    yield Change("".join(new), f"the {sign} that was missing")


def joined_table(text: str, fault: Fault) -> Iterator[Change]:
    """Write an inline table that runs over lines on one line, without a comma at its end."""
    lines = lines_of(text)
    start = _statement(lines, fault)
    if start is None or "{" not in lines[start]:
        return
    for end in range(start + 1, min(start + _LOOK_BACK, len(lines)) + 1):
        body = [PARTS.match(line)["body"].strip() for line in lines[start:end]]  # type: ignore[index]
        joined = " ".join(part for part in body if part)
        if joined.count("{") == joined.count("}"):
            made = re.sub(r",\s*\}", " }", joined)
            indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            new = "".join([*lines[:start], f"{indent}{made}\n", *lines[end:]])
            yield Change(new, "an inline table stands on one line")
            return


def _places(lines: list[str], fault: Fault) -> Iterator[int]:
    """Yield the lines to repair: the fault's own, those above up to the statement, the next."""
    here = min(fault.line, len(lines)) - 1
    if here < 0:
        return
    start = _statement(lines, fault)
    first = here - 1 if start is None else min(start, here - 1)
    above = [at for at in range(here - 1, max(first - 3, -1), -1) if _told(lines[at])]
    kept = (*above[:12], *above[-4:]) if len(above) > 16 else above
    for at in dict.fromkeys((here, *kept, here + 1)):
        if at < len(lines) and _told(lines[at]):
            yield at


def _told(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _statement(lines: list[str], fault: Fault) -> int | None:
    """Return the line in which the statement begins that the fault is in, or right behind."""
    found = _open_statements(lines, fault)
    return found[0] if found else None


def _open_statements(lines: list[str], fault: Fault) -> list[int]:
    """Return where statements begin that are left open on their line; else the nearest one."""
    here = min(fault.line, len(lines)) - 1
    begins = [at for at in range(here, max(here - 400, -1), -1) if _begins(lines, at)]
    opened = [at for at in begins if _left_open(lines[at])]
    return opened or begins[:1]


def _left_open(row: str) -> bool:
    if row.count('"""') % 2 or row.count("'''") % 2:
        return True
    return sum(row.count(c) for c in "[{") > sum(row.count(c) for c in "]}")


def _begins(lines: list[str], at: int) -> bool:
    return at < len(lines) and bool(_STATEMENT.match(lines[at]))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n"


def _quoted_value(line: str) -> Iterator[tuple[str, str]]:
    """Put quotes around a value that has none; write words of other languages as TOML does."""
    words = _WORD.sub(lambda found: _WORDS[found[1]], line)
    if words != line:
        yield words, "true and false as TOML writes them"
    found = _ENTRY.match(line)
    if found:
        parted = PARTS.match(f"{found['value']}")
        value, comment = (parted["body"], parted["comment"] or "") if parted else ("", "")
        value = value.rstrip()
        if value in {"None", "null", "nil", "NULL"}:
            yield "", "TOML has no null: what is not set is not there"
        if value and value[0] not in "\"'[{":
            inner = value.rstrip(",;")
            yield f"{found['head']}{_text(inner)}{comment}{found['end']}", "quotes around a text"
        elif not value:
            yield f'{found["head"].rstrip()} ""{comment}{found["end"]}', "an empty text"
        if value.startswith("[") and value.endswith("]") and "\n" not in value:
            items = re.split(r",(?!\s*[<>=!~])", value[1:-1])
            items = [one.strip() for one in items if one.strip()]
            made = ", ".join(one if _is_value(one) else _text(one.strip("\"'")) for one in items)
            yield f"{found['head']}[{made}]{comment}{found['end']}", "quotes around the texts"
        return
    bare = re.match(r"^(\s+)([^\s\"'#\[\]{}=][^\"'#=]*?)(,?\s*(?:#.*)?)$", line.rstrip("\r\n"))
    if bare and bare[1]:
        end = line[len(line.rstrip("\r\n")) :]
        yield f"{bare[1]}{_text(bare[2])}{bare[3]}{end}", "quotes around a text"


def _is_value(word: str) -> bool:
    if re.fullmatch(r"\"[^\"]*\"|'[^']*'|[+-]?\d[\d_]*(?:\.\d+)?|true|false", word):
        return True
    return word.startswith(("{", "["))


def _text(value: str) -> str:
    if "\\" in value or '"' in value:
        return f"'{value}'" if "'" not in value else '"' + value.replace('"', '\\"') + '"'
    return f'"{value}"'


def _equals(line: str) -> Iterator[tuple[str, str]]:
    """Write ``=`` between key and value."""
    inner = re.sub(r"([{,]\s*[\w-]+)\s*:\s*", r"\1 = ", line)
    inner = re.sub(r"([{,]\s*)[\"']([\w-]+)[\"']\s*[:=]\s*", r"\1\2 = ", inner)
    if inner != line:
        yield inner, "= between the keys and values of an inline table"
    key = re.match(r"^(\s*)([A-Za-z0-9_.-]+|\"[^\"]*\")(\s*)(.*)\Z", line, re.S)
    if key is None:
        return
    indent, name, gap, rest = key.groups()
    for wrong in (":=", "=>", "==", "+=", "->", ":"):
        if rest.startswith(wrong):
            tail = rest[len(wrong) :].lstrip(" ")
            yield f"{indent}{name} = {tail}", "= between key and value"
    if gap and rest[:1] not in {"=", ""} and rest.strip():
        yield f"{indent}{name} = {rest}", "= between key and value"
    found = re.match(r"^([A-Za-z0-9_-]+)([\"'\[{].*)\Z", line, re.S)
    if found:
        yield f"{found[1]} = {found[2]}", "= between key and value"


def _commas(line: str) -> Iterator[tuple[str, str]]:
    """Put commas between items, and take those away that are too many."""
    between = re.sub(r"([\"'\]}])([ \t]+)(?=[\"'\[{])", r"\1,\2", line)
    if between != line:
        yield between, "a comma between the items"
    in_table = re.sub(r"([\"'\]}\w])[ \t]+(?=[\w-]+[ \t]*=[ \t]*[\"'\[{\w])", r"\1, ", line)
    if in_table != line and "{" in line:
        yield in_table, "a comma between the entries"
    for comment in parted(line):
        body = line[: len(line) - len(comment)].rstrip()
        if body[-1:] in {'"', "'", "]", "}"} or body[-1:].isalnum():
            yield f"{body},{comment or ''}", "a comma behind the item"
        if body[-1:] in {",", ";", "."}:
            yield f"{body[:-1]}{comment}", "no sign behind the value"
            yield f"{body[:-1]},{comment}", "a comma between the items"
    for wrong, right in (
        (",,", ","),
        (", }", " }"),
        (",}", "}"),
        (";", ","),
        ("[,", "["),
        ("{,", "{"),
    ):
        if wrong in line:
            yield line.replace(wrong, right), "the comma that is too many"


def _headers(line: str) -> Iterator[tuple[str, str]]:
    """Write the brackets of a table's header, and quotes around what its names have of signs."""
    for comment in parted(line):
        stripped = line[: len(line) - len(comment)].strip()
        if _HALF_HEADER.fullmatch(stripped):
            for many in (2, 1) if "[[" in stripped or "]]" in stripped else (1, 2):
                made = "[" * many + stripped.strip("[] ") + "]" * many + comment
                yield made, "a table's brackets"
        header = re.fullmatch(r"(\[\[?)([^\]=]+)(\]\]?)", stripped)
        if header:
            parts = (
                part if re.fullmatch(_KEY, part.strip()) else f'"{part.strip()}"'
                for part in re.split(r"\.(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", header[2])
            )
            yield header[1] + ".".join(parts) + header[3] + comment, "quotes around the key"
            named = re.sub(r"[\s:/]+", ".", header[2].strip())
            yield header[1] + named + header[3] + comment, "dots between a table's names"


def _brackets(line: str) -> Iterator[tuple[str, str]]:
    """Close or drop brackets."""
    for comment in parted(line):
        body = line[: len(line) - len(comment)].rstrip()
        for made, why in _paired(body):
            yield f"{made}{comment}", why
        for wrong, right in (("[}", "[]"), ("{]", "{}")):
            if body.endswith(wrong[1]) and wrong[0] in body:
                yield f"{body[:-1]}{right[1]}{comment}", f"{right[1]} closes {wrong[0]}"
        found = re.match(r"^(\s*[\w.-]+\s*=\s*)\((.*)\)$", body)
        if found:
            yield f"{found[1]}[{found[2]}]{comment}", "a list has square brackets"
    if line.strip() in {"]", "}", "],", "},", "]]"}:
        yield "", "no bracket too many"


def _paired(body: str) -> Iterator[tuple[str, str]]:
    """Yield the code of a line with as many brackets opened as closed."""
    for opening, closing in ("[]", "{}", "()"):
        closed, dropped = f"the {opening} is closed", f"no {opening} too many"
        if body.count(opening) > body.count(closing):
            yield f"{body}{closing}", closed
            trimmed = body.rstrip(",")
            if trimmed != body:
                yield f"{trimmed}{closing},", closed
                yield f"{trimmed}{closing}", closed
            at = body.rfind("}") if opening == "[" else body.rfind("]")
            if at > 0:
                yield f"{body[:at]}{closing}{body[at:]}", closed
            at = body.find(opening)
            yield f"{body[:at]}{body[at + 1 :]}", dropped
        elif body.count(opening) < body.count(closing):
            at = body.rfind(closing)
            yield f"{body[:at]}{body[at + 1 :]}", f"no {closing} too many"
            found = re.match(r"^(\s*[^=]+=\s*)(?=\S)", body)
            if found:
                new = f"{found[1]}{opening}{body[found.end() :]}"
                yield new, f"the {opening} that was missing"


def _keys(line: str) -> Iterator[tuple[str, str]]:
    """Put a key with other signs than letters in quotes; write comments with their own sign."""
    found = re.match(r"^(\s*)([^=\"'\n#\[]+?)(\s*=\s*\S.*)\Z", line, re.S)
    if found and not re.fullmatch(_KEY, found[2]):
        yield f'{found[1]}"{found[2]}"{found[3]}', "quotes around the key"
        yield f"{found[1]}{re.sub(r'[ ]+', '-', found[2])}{found[3]}", "a key without spaces"
    for sign in ("//", ";", "--"):
        if line.lstrip().startswith(sign):
            yield line.replace(sign, "#", 1), "a comment begins with #"
        elif f" {sign}" in line:
            yield line.replace(f" {sign}", " #", 1), "a comment begins with #"
    number = re.sub(r"(=\s*)0+(\d)", r"\1\2", line)
    if number != line:
        yield number, "a number without zeros before it"


_LINE_REPAIRS: tuple[Line, ...] = (
    _quoted_value, _equals, quotes, _commas, _headers, _brackets, escapes, _keys,
)  # fmt: skip
TOML_REPAIRS = (line_signs, closing_lines, joined_table)
