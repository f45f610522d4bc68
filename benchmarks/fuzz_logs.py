"""Feed the log reader with bytes that atheris makes up: no crash, no hang, no memory growth.

Usage: ``python benchmarks/fuzz_logs.py CORPUS [SECONDS]`` with ``atheris`` installed. ``CORPUS`` is
a folder of logs to start from; what atheris finds is added to it. Any exception other than
regreen's own refusals ends the run, as does an input that takes more than 10 seconds or a process
that grows beyond 600 MB.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["regreen"]):
    from regreen.errors import RegreenError
    from regreen.logs import analyze, classify
    from regreen.logs.masking import mask, masked_chunks


def one_input(data: bytes) -> None:
    """Read ``data`` as a log, as a step's output, and as something to be masked."""
    try:
        analysis = analyze(data)
    except RegreenError:
        analysis = None
    if analysis is not None and analysis.failure is not None:
        assert analysis.failure.evidence or analysis.failure.category == "unknown"
        assert all(1 <= e.line <= analysis.lines for e in analysis.failure.evidence)
    text = data.decode("utf-8", "replace")
    assert classify("make", None, text, 1)
    once = mask(text)
    assert once.count("\n") == text.count("\n")
    assert mask(once) == once
    b"".join(masked_chunks([data[:100], data[100:]]))


def main() -> None:
    """Fuzz until the time is over."""
    corpus, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    options = [
        sys.argv[0],
        corpus,
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=600",
        "-max_len=65536",
    ]
    atheris.Setup(options, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
