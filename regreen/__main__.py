"""``python -m regreen``: the same as the ``regreen`` command."""

import sys

if not sys.flags.safe_path:  # -m puts the current folder first, which may be a stranger's
    del sys.path[0]

from regreen.cli import main

main()
