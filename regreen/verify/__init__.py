"""Is it the same failure? Which idea mends it? Is the patch honest? Is it proven?"""

from regreen.verify.reproduce import Attempt, again, reproduce
from regreen.verify.search import Found, NothingFound, search
from regreen.verify.verifier import Claim, NotProven, verify

__all__ = [
    "Attempt",
    "Claim",
    "Found",
    "NotProven",
    "NothingFound",
    "again",
    "reproduce",
    "search",
    "verify",
]
