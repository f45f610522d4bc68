"""Which system calls a job's processes may make: a stricter filter than the engine's own.

The engine's default lets anybody make sockets of every family. vsock(7) knows no network
namespaces, and in a virtual machine it leads to the hypervisor whatever network a container has;
so here a socket is a Unix one, one of the internet's or a netlink one. Asynchronous calls by
io_uring(7) pass by every filter and are left out, as engines leave them out from Docker 25 on.
Everything that mounts, loads, traces across users, makes namespaces, or sets the machine's clock,
name or swap is left out too. A call that is not named fails with ``EPERM``.

Names: the syscall tables of Linux for x86-64, x86 and the generic one (asm/unistd_64.h,
asm/unistd_32.h, asm-generic/unistd.h); an engine passes over those that it does not know. The
format is that of Docker's reference, "Seccomp security profiles for Docker".
"""

from __future__ import annotations

import json
from functools import cache

from regreen_sandbox.engine import Engine

_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: linux/socket.h
_NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* flags of clone(2) but CLONE_NEWTIME: linux/sched.h
_PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)  # Linux's own, 32-bit, asking for it
_NO_SUCH_CALL = 38
_OURS_INSTEAD_OF = frozenset({"", "default", "builtin", "unconfined"})
_known: dict[str, bool] = {}
_ALLOWED = """\
_llseek _newselect accept accept4 access adjtimex alarm arch_prctl arm_fadvise64_64 bind
breakpoint brk cacheflush cachestat capget capset chdir chmod chown chown32 clock_adjtime
clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3
epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve
execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark
fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr
flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync
ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake
futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32
geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp
getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit
getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat
inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents
io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill
landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link
linkat listen listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lsm_get_self_attr
lsm_list_modules lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret
mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect
mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall
munmap name_to_handle_at nanosleep newfstatat nice oldfstat oldlstat oldstat olduname open
openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect
poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6
pselect6_time64 ptrace pwrite64 pwritev pwritev2 read readahead readdir readlink readlinkat
readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat
rename renameat renameat2 restart_syscall riscv_flush_icache rmdir rseq rt_sigaction
rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler
sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile
sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address set_tls
setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid
setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
setrlimit setsid setsockopt setuid setuid32 setxattr setxattrat sgetmask shmat shmctl shmdt
shmget shutdown sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn
sigsuspend socketpair splice ssetmask stat stat64 statfs statfs64 statx symlink symlinkat sync
sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time timer_create timer_delete
timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate
truncate64 ugetrlimit umask uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork
vmsplice wait4 waitid waitpid write writev
"""


def security_options(engine: Engine) -> list[str]:
    """Return what a container of ``engine`` is made with so that the filter stands.

    Nothing where the kernel has no filters, or where whoever runs the engine gave it a filter file
    of their own, which then counts. Raises `SandboxError` when the engine does not answer.
    """
    key = str(engine.client.api.base_url)
    if key not in _known:
        with engine.guard("asking for the engine's filter of system calls"):
            told = engine.client.info().get("SecurityOptions") or ()
        ours = [dict(part.split("=", 1) for part in one.split(",") if "=" in part) for one in told]
        _known[key] = any(
            one.get("name") == "seccomp" and one.get("profile", "") in _OURS_INSTEAD_OF
            for one in ours
        )
    return [f"seccomp={profile()}"] if _known[key] else []


@cache
def profile() -> str:
    """Return the filter as the engine's API takes it."""
    x86 = ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    namespaces = {
        "index": 0,
        "value": _NEW_NAMESPACES,
        "valueTwo": 0,
        "op": "SCMP_CMP_MASKED_EQ",
    }
    return json.dumps(
        {
            "defaultAction": "SCMP_ACT_ERRNO",
            "archMap": [
                {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": x86},
                {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
            ],
            "syscalls": [
                _allowed(*_ALLOWED.split()),
                _allowed("clone", argument=namespaces),
                # Its flags lie in memory, where no filter sees them; glibc then takes clone.
                {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _NO_SUCH_CALL},
                *(_allowed("socket", argument=_first(family)) for family in _FAMILIES),
                *(_allowed("personality", argument=_first(value)) for value in _PERSONALITIES),
            ],
        }
    )


def _allowed(*names: str, argument: dict[str, object] | None = None) -> dict[str, object]:
    args = [] if argument is None else [argument]
    return {"names": list(names), "action": "SCMP_ACT_ALLOW", "args": args}


def _first(value: int) -> dict[str, object]:
    return {"index": 0, "value": value, "op": "SCMP_CMP_EQ"}
