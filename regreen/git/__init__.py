"""Read any repository without touching it.

A user's repository is only ever read: its objects are lent to a scratch repository of regreen's
own, whose configuration is empty, so that neither a hook nor a setting of the user's repository
can run anything, and nothing is ever written back.
"""

from regreen.git.export import Export, Inside, Wanted, export
from regreen.git.fetched import Address, Fetched, UnreachableError
from regreen.git.materials import checkout_materials
from regreen.git.repository import Repository
from regreen.git.scratch import Scratch, Tree, TreeEntry
from regreen.git.worktree import WorkFile, with_work_files

__all__ = [
    "Address",
    "Export",
    "Fetched",
    "Inside",
    "Repository",
    "Scratch",
    "Tree",
    "TreeEntry",
    "UnreachableError",
    "Wanted",
    "WorkFile",
    "checkout_materials",
    "export",
    "with_work_files",
]
