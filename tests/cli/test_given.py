"""What a run is told on the command line: payload files, inputs, variables, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.cli.given import given
from regreen.cli.options import Selectors
from regreen.config import Settings
from regreen.errors import UsageError
from regreen.reading import reader


def test_everything_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"number": 3, "label": {"name": "x"}, "on": [true, null]}')
    monkeypatch.setenv("FROM_OUTSIDE", "let-me-in")
    got = given(
        Selectors(
            event="pull_request",
            event_file=event,
            input=["a=b=c"],
            var=["A="],
            secret=["from_other=open-sesame", "FROM_OUTSIDE"],
            assume=["a.b=c"],
        )
    )
    assert (got.event, got.inputs, got.variables) == ("pull_request", {"a": "b=c"}, {"A": ""})
    assert got.payload == {"number": 3.0, "label": {"name": "x"}, "on": [True, None]}
    assert got.secrets == {"FROM_OTHER": "open-sesame", "FROM_OUTSIDE": "let-me-in"}
    assert got.assumed["a"].outputs == {"b": "c"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read the event"),
        (b"{", r"is no JSON: Expecting .* \(line 1, column 2\)"),
        (b"[1]", "holds no JSON object"),
        (b"\xff\xfe", "is no JSON text"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_file_that_is_no_event(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "event.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words) as caught:
        given(Selectors(event_file=path))
    assert "--event-file" in caught.value.next_step


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Selectors(input=["a"]), "--input takes NAME=VALUE"),
        (Selectors(var=["=a"]), "--var takes NAME=VALUE"),
        (Selectors(secret=["=a"]), "--secret takes NAME"),
        (Selectors(secret=["NOT_SET_ANYWHERE"]), "has no value"),
        (Selectors(secret=["A=abc"]), "fewer than 4 characters"),
        (Selectors(assume=["a"]), "--assume takes"),
    ],
)
def test_what_is_not_written_right(options: Selectors, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        given(options)
    assert caught.value.next_step
    assert "abc" not in caught.value.message


def test_a_secret_is_hidden_whole_and_line_by_line() -> None:
    hidden = {"KEY": "first line\nsecond line\nx"}
    mask = reader(Settings(), hidden=hidden).mask
    assert mask("a first line b", ()) == "a *** b"
    assert "second" not in mask("got: second line", ())
    assert mask("x marks", ()) == "x marks"
