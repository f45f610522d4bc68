"""How much a YAML text says by its aliases alone, told from its events, before it is unfolded."""

from __future__ import annotations

import yaml

_MOST = 5_000
"""Nodes that aliases may stand for: people save themselves some keys of a few steps."""


def unfolds_too_far(text: str) -> bool:
    """Whether the aliases of ``text`` stand for more nodes than people write.

    Of a text that is no YAML what comes before the fault is counted.
    """
    if "*" not in text or "&" not in text:
        return False
    sizes: dict[str, int] = {}
    anchors: list[str | None] = []
    counts: list[int] = []
    by_alias = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            size = 1
            if isinstance(event, yaml.CollectionStartEvent):
                anchors.append(event.anchor)
                counts.append(1)
                continue
            if isinstance(event, yaml.AliasEvent):
                size = sizes.get(event.anchor or "", 1)
                by_alias += size
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, size = anchors.pop(), counts.pop()
                sizes |= {anchor: size} if anchor else {}
            elif not isinstance(event, yaml.ScalarEvent):
                continue
            elif event.anchor:
                sizes[event.anchor] = 1
            if counts:
                counts[-1] += size
            if by_alias > _MOST:
                return True
    except yaml.YAMLError:
        pass
    return by_alias > _MOST
