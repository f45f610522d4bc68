"""Logs read in parallel, in processes of their own.

A process that is killed, for its memory or by a fault of an extension module, takes nothing with it
but the log that it was reading: what it held is read again, a log at a time. Whoever leaves early,
by Ctrl-C or any other way, leaves no process behind; the kernel ends the workers of a regreen that
is killed itself.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from regreen.batch.pulled import Task
from regreen.config import Settings
from regreen.deliver.analyses import Skipped, Spot
from regreen.errors import LogUnreadable, UsageError
from regreen.logs import BUILTIN, LogReader
from regreen.plain import visible
from regreen.reading import reader

Reading = Spot | Skipped
Work = Callable[[LogReader, Task], Reading]

SECONDS = 600
"""The longest that one log may take: a log of a terabyte would."""
_CHUNK_LOGS = 32
_CHUNK_BYTES = 8 << 20
_AHEAD = 2
"""Chunks that are handed out for each worker, the one it reads included."""
_DIED = "the process that read it was killed, perhaps for its memory"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class _TooLong(Exception):
    pass


class _Mine:
    """What a worker keeps between two chunks."""

    log_reader: LogReader


def read(log_reader: LogReader, task: Task) -> Reading:
    """Return what one log says, or why it could not be read; raises nothing."""
    try:
        analysis = log_reader.analyze_file(task.path, ran=task.ran)
    except LogUnreadable as error:
        return Skipped(task.name, error.message)
    except UsageError as error:
        return Skipped(task.name, error.message, broken=True)
    except OSError as error:
        return Skipped(task.name, f"it cannot be read: {error.strerror or error}", broken=True)
    except _TooLong:
        return Skipped(task.name, f"it was not read within {SECONDS} seconds", broken=True)
    except Exception as error:  # noqa: BLE001 - a log that meets a bug must not stop the others
        bug = visible(f"{type(error).__name__}: {error}")[:200]
        return Skipped(task.name, f"a bug of regreen: {bug}", broken=True)
    return Spot(task.name, replace(analysis, segments=()), task.job, str(task.path))


def readings(
    tasks: Iterable[Task], settings: Settings, jobs: int, work: Work = read
) -> Generator[Reading, None, None]:
    """Yield what each log says, in the order in which they are ready, ``jobs`` at a time.

    Close the iterator to end early. ``work`` must be a function of a module. Raises UsageError when
    ``settings`` hold a rule or value that cannot be used.
    """
    reader(settings)
    BUILTIN.present("")  # the words of the rules, made ready once for all
    waiting = deque(_chunks(tasks))
    while waiting:
        lost = yield from _round(waiting, settings, min(jobs, len(waiting)), work)
        yield from _one_by_one(lost, settings, work)


def _round(
    waiting: deque[tuple[Task, ...]], settings: Settings, jobs: int, work: Work
) -> Generator[Reading, None, list[Task]]:
    """Read until all is read or a worker dies; return what was in hand then."""
    running: dict[Future[list[Reading]], tuple[Task, ...]] = {}
    with _workers(jobs, settings) as pool:
        lost: list[Task] = []
        while waiting or running:
            while waiting and not lost and len(running) < _AHEAD * jobs:
                chunk = waiting.popleft()
                try:
                    running[pool.submit(_work, chunk, work)] = chunk
                except BrokenProcessPool:
                    lost += chunk
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                chunk = running.pop(future)
                try:
                    yield from future.result()
                except (BrokenProcessPool, _TooLong):
                    lost += chunk
            if lost:
                # The pool fails every chunk at once; whichever was done before has its result.
                for future, chunk in running.items():
                    if future.exception() is None:
                        yield from future.result()
                    else:
                        lost += chunk
                return lost
    return []


def _one_by_one(tasks: Sequence[Task], settings: Settings, work: Work) -> Iterator[Reading]:
    """Read each log alone, so that it is known which one kills its reader."""
    left = deque(tasks)
    while left:
        with _workers(1, settings) as pool:
            while left:
                task = left.popleft()
                try:
                    (reading,) = pool.submit(_work, (task,), work).result()
                except (BrokenProcessPool, _TooLong):
                    yield Skipped(task.name, _DIED, broken=True)
                    break
                yield reading


@contextmanager
def _workers(jobs: int, settings: Settings) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are gone when it is left, at once when that is by an exception.

    To fork is by far the cheapest, and right as long as no other thread may hold a lock.
    """
    lone = threading.active_count() == 1
    context = multiprocessing.get_context("fork" if lone else "forkserver")
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, context, _begin, (settings, os.getpid() if lone else None))
    try:
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
        # Not left to the exit of this process, which would meet the pool's own thread in closing.
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _begin(settings: Settings, parent: int | None) -> None:
    """Make this process a worker: it dies with its parent, and Ctrl-C is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, _late)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)
    _Mine.log_reader = reader(settings)


def _late(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TooLong


def _work(tasks: Sequence[Task], work: Work) -> list[Reading]:
    """What a worker does with a chunk."""
    results = []
    for task in tasks:
        signal.alarm(SECONDS)
        try:
            results.append(work(_Mine.log_reader, task))
        finally:
            signal.alarm(0)
    return results


def _chunks(tasks: Iterable[Task]) -> Iterator[tuple[Task, ...]]:
    """Small logs together, so that handing them out costs little; large ones alone."""
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += _size(task)
        if len(chunk) == _CHUNK_LOGS or size >= _CHUNK_BYTES:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


def _size(task: Task) -> int:
    try:
        return task.path.stat().st_size
    except OSError:
        return 0
