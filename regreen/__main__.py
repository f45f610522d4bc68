"""``python -m regreen``: the same as the ``regreen`` command."""

from regreen.cli import main

main()
