"""Workflow files to a job that can be run: reading, expressions, matrix, contexts, choice.

``read_workflow`` reads one file, ``find_job`` finds the job that is meant, ``plan`` makes it ready.
"""

from regreen.jobs.contexts import Trigger
from regreen.jobs.job import Found, Job
from regreen.jobs.plan import plan
from regreen.jobs.reader import ReadWorkflows, read_all, read_workflow
from regreen.jobs.select import find_job
from regreen.jobs.workflow import Defaults, JobSpec, StepSpec, Strategy, Workflow

__all__ = [
    "Defaults",
    "Found",
    "Job",
    "JobSpec",
    "ReadWorkflows",
    "StepSpec",
    "Strategy",
    "Trigger",
    "Workflow",
    "find_job",
    "plan",
    "read_all",
    "read_workflow",
]
