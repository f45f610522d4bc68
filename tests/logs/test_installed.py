"""What a log says was installed: the words of each installer, and what counts for more."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.logs.installed import installed_in, read_installed


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "Successfully installed charset-normalizer-3.3.2 ruamel.yaml-0.18.6 demo-0.1.dev3+g1",
            {
                "charset-normalizer": ("3.3.2",),
                "ruamel-yaml": ("0.18.6",),
                "demo": ("0.1.dev3+g1",),
            },
        ),
        (" + idna==3.7", {"idna": ("3.7",)}),
        (" ~ demo==0.1 (from file:///w/repo)", {"demo": ("0.1",)}),
        (" - idna==3.6", {}),
        ("  - Installing idna (3.7)", {"idna": ("3.7",)}),
        ("  \u2022 Installing demo (0.1 4f2c1d0)", {"demo": ("0.1",)}),
        ("  - Updating idna (3.6 -> 3.7)", {"idna": ("3.7",)}),
        ("  - Downgrading idna (3.7 -> 3.6): Downloading... 50%", {"idna": ("3.6",)}),
        ("  - Installing idna (3.7): Failed", {}),
        ("  \u2714 Install idna 3.7 successful", {"idna": ("3.7",)}),
        ("  \u2714 Update idna 3.6 -> 3.7 successful", {"idna": ("3.7",)}),
        (
            "Requirement already satisfied: idna<4,>=2.5 in ./v/lib (from requests) (3.7)",
            {"idna": ("3.7",)},
        ),
        ("Requirement already satisfied: pip in /opt/lib (24.0)", {"pip": ("24.0",)}),
        (
            "  + numpy        1.26.4  py311h64a7726_0  conda-forge/linux-64       8MB",
            {"numpy": ("1.26.4",)},
        ),
        (
            "  numpy              conda-forge/linux-64::numpy-1.26.4-py311h64a7726_0 ",
            {"numpy": ("1.26.4",)},
        ),
        ("numpy       1.26.4      py311h64a7726_0    conda-forge", {"numpy": ("1.26.4",)}),
        (
            "py38 installed: attrs==21.2.0,demo @ file:///w/demo.zip,pytest==6.2.4",
            {"attrs": ("21.2.0",), "pytest": ("6.2.4",)},
        ),
        ("py: attrs==21.2.0,pytest==6.2.4", {"attrs": ("21.2.0",), "pytest": ("6.2.4",)}),
        ("attrs==21.2.0", {"attrs": ("21.2.0",)}),
        (
            "platform linux -- Python 3.11.9, pytest-7.4.0, pluggy-1.2.0",
            {"pytest": ("7.4.0",), "pluggy": ("1.2.0",)},
        ),
        ("  Downloading idna-3.7-py3-none-any.whl (66 kB)", {"idna": ("3.7",)}),
        ("  Using cached future-0.18.3.tar.gz (840 kB)", {"future": ("0.18.3",)}),
        ("error: idna==3.7 is gone", {}),
        ("Collecting idna==3.7 (from demo)", {}),
    ],
)
def test_each_installer_s_words(line: str, found: dict[str, tuple[str, ...]]) -> None:
    assert installed_in(f"before\n{line}\nbehind\n") == found


def test_what_is_only_fetched_counts_where_nothing_better_is_said() -> None:
    text = (
        "  Downloading idna-3.7-py3-none-any.whl (66 kB)\n"
        "  Downloading idna-3.6-py3-none-any.whl (66 kB)\n"
        "Successfully installed idna-3.6\n"
    )
    assert installed_in(text) == {"idna": ("3.6",)}


def test_releases_of_several_environments_are_all_kept_and_lists_end() -> None:
    text = (
        "Package  Version Editable project location\n"
        "-------- ------- -------------------------\n"
        "attrs    21.2.0\n"
        "demo     0.1     /w/repo\n"
        "\n"
        "tests    3 passed\n"
        "py: attrs==20.1.0\n"
    )
    assert installed_in(text) == {"attrs": ("20.1.0", "21.2.0"), "demo": ("0.1",)}


def test_a_runner_s_log_is_read_without_its_time_stamps_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    time = "2024-05-01T12:00:00.1234567Z"
    green = "\x1b[32mSuccessfully installed idna-3.7\x1b[0m"
    path.write_text(f"\ufeff{time} {green}\n{time}  + b==1\n")
    assert read_installed(path) == {"idna": ("3.7",), "b": ("1",)}
