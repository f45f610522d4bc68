"""Is it the same failure? Which idea mends it? Is the patch honest? Is it proven?"""

from regreen.verify.attempt import Bench, Rehouse
from regreen.verify.claim import Claim, NotProven
from regreen.verify.culprit import Guiltless, find_culprit
from regreen.verify.ending import Found, NothingFound, patch_of
from regreen.verify.minimise import minimise
from regreen.verify.reproduce import Attempt, again, reproduce
from regreen.verify.rerun import Rerun
from regreen.verify.search import Ideas, search
from regreen.verify.stand import Kept, red_stand
from regreen.verify.verifier import verify

__all__ = [
    "Attempt",
    "Bench",
    "Claim",
    "Found",
    "Guiltless",
    "Ideas",
    "Kept",
    "NotProven",
    "NothingFound",
    "Rehouse",
    "Rerun",
    "again",
    "find_culprit",
    "minimise",
    "patch_of",
    "red_stand",
    "reproduce",
    "search",
    "verify",
]
