"""What an image has of the programs that the sandbox likes to use inside; a shell is all it needs.

It is found out once for each image, by asking the image's own shell in a sandbox without network,
and travels as a label with everything that is made from the image. A wrong label can only make
commands fail in containers of that very image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from regreen_sandbox.labels import KIND, LASTING
from regreen_sandbox.profiles import HOME, WORK

FACTS = "regreen.facts"
_SYSTEM = "regreen.system"  # on every base image, and so on what is made from one

PROBE = f"""\
for p in /usr/bin/python3 /usr/local/bin/python3 /bin/python3; do
  [ -x "$p" ] && "$p" -I -c 'import sys; sys.exit(sys.version_info < (3, 6))' < /dev/null &&
  {{ echo "python3=$p"; break; }}
done
for p in /usr/bin/env /bin/env; do
  [ -x "$p" ] && "$p" a.b=c /bin/sh -c 'exit 0' && {{ echo "env=$p"; break; }}
done
for p in /usr/bin/timeout /bin/timeout; do
  [ -x "$p" ] && "$p" --kill-after=1.5 1.5 /bin/sh -c 'exit 7' < /dev/null
  [ $? = 7 ] && {{ echo "timeout=$p"; break; }}
done
for n in tar mkdir; do
  for p in /usr/bin/$n /bin/$n; do [ -x "$p" ] && {{ echo "$n=$p"; break; }}; done
done
[ -w {WORK} ] && [ -w {HOME} ] && [ -w /tmp ] && echo places={WORK}
:
"""
"""For ``/bin/sh`` as the job's user, with nothing on its ``PATH``: prints one fact a line."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Absolute paths of what is there and works; empty for what is not.

    ``python3`` is 3.6 or later; ``env`` takes any variable's name; ``timeout`` is GNU's or takes
    its options; ``places`` is the work folder, when it, the home folder and ``/tmp`` are there and
    the job's user can write to them.
    """

    python3: str = ""
    env: str = ""
    timeout: str = ""
    tar: str = ""
    mkdir: str = ""
    places: str = ""

    def __str__(self) -> str:
        return "\n".join(f"{name}={path}" for name, path in asdict(self).items() if path)

    @classmethod
    def parse(cls, text: str) -> ImageFacts:
        """Read what `PROBE` printed or ``str`` wrote; lines that are neither do not count."""
        known = {field.name for field in fields(cls)}
        pairs = (line.partition("=") for line in text.splitlines())
        return cls(**{name: path for name, _, path in pairs if name in known and path[:1] == "/"})


NOTHING = ImageFacts()
OF_OURS = ImageFacts(
    "/usr/bin/python3", "/usr/bin/env", "/usr/bin/timeout", "/usr/bin/tar", "/usr/bin/mkdir", WORK
)
"""Of the base images, and of what is made from them."""

MAIN_LOOP = """\
trap 'exit 0' TERM INT
exec 3<&0
echo ready
while :; do
  read -r line <&3 &
  wait $!
done
"""
"""The main process of a container without Python: it waits, reaps what dies, and ends at SIGTERM.

Reading from an input that nobody writes to is the only way of waiting that needs no program; a
shell reaps other processes' children only while it waits for one of its own.
"""
MAIN_LOOP_PROCESSES = 2


def known(labels: Mapping[str, str]) -> ImageFacts | None:
    """Return what an image's labels tell; ``None`` when it has to be found out."""
    if FACTS in labels:
        return ImageFacts.parse(labels[FACTS])
    return OF_OURS if labels.get(KIND) in LASTING and is_ours(labels) else None


def is_ours(labels: Mapping[str, str]) -> bool:
    """Say whether an image is one of regreen's own, or made from one."""
    return _SYSTEM in labels
