"""The Markdown of a report: what a log holds stays text, for Markdown, HTML and GitHub."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from regreen.deliver.analyses import Report, rendered
from regreen.deliver.analyses.markdown import code, prose
from regreen.model import Category, Diagnostic
from tests.deliver.test_analyses import HOSTILE, HOSTILE_REPORTS, RED, found, one

OURS = {"p", "h3", "ul", "li", "strong", "code", "details", "summary"}


class Page(HTMLParser):
    """Collects tags, and the text outside and inside of code."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.prose: list[str] = []
        self.code: list[str] = []
        self.comments: list[str] = []
        self._inside = False
        self.feed(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == []
        self.tags.append(tag)
        self._inside = self._inside or tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "code"

    def handle_data(self, data: str) -> None:
        (self.code if self._inside else self.prose).append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def linked(nodes: list[str]) -> bool:
    """Whether GitHub would make a mention, a reference or a link in one of these text nodes."""
    pattern = r"@\w|(?<!\w)#\d|\bGH-\d|://|\bwww\.\w"
    return any(re.search(pattern, node, re.IGNORECASE) for node in nodes)


@pytest.mark.parametrize("report", HOSTILE_REPORTS, ids=["log", "folder", "run"])
def test_a_hostile_log_gives_nothing_but_text(report: Report) -> None:
    page = Page(rendered(report, "markdown"))
    assert set(page.tags) <= OURS
    assert not linked(page.prose)
    assert set(page.comments) <= {" "}
    assert page.tags.count("details") == rendered(report, "markdown").count("<details>")


signs = st.text(st.sampled_from("ab \\`*_{}[]()<>#+-.!|~@&:/$^=1\n\t'\"") | st.characters())


@given(signs)
@example("\\|")
@example("`` ` ```")
@example("@<!-- -->x")
@example("www.x.example GH-1 a#1 https://x")
def test_any_text_is_shown_as_it_is(text: str) -> None:
    page = Page(f"- {code('x' + text)}")
    assert page.tags == ["ul", "li", "code"]
    page = Page(f"x {prose(text)} x")
    assert set(page.tags) <= {"p"}
    assert not linked(page.prose)


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1))
def test_ordinary_text_is_readable(text: str) -> None:
    if "::" in text or "##" in text:
        return
    assert "".join(Page(f"- {code(text)}").code) == text
    assert "".join(Page(f"x{prose(text)}x").prose).strip() == f"x{text}x"


def test_the_page_is_short_and_says_what_matters() -> None:
    page = rendered(one(found(RED, Diagnostic(None, None, "and `that`"))), "markdown")
    assert page.startswith(
        "### linting\\_error\n\nruff found 1 unused import in a b/ü%20,:x\\.py:3:"
    )
    assert "- `a b/ü%20,:x.py:3:8` `F401` `` `os` imported but unused ``" in page
    assert "<details><summary>2 findings</summary>" in page
    assert "- line 12: `a.py:3:8: F401 os`" in page
    assert not page.endswith("\n")


def test_a_category_of_the_user_is_text_too() -> None:
    page = Page(rendered(one(found(category=HOSTILE)), "markdown"))
    assert set(page.tags) <= OURS
    assert Category.LINTING_ERROR not in "".join(page.prose)
