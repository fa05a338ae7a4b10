"""Watches an attempt by an audit hook, a filter of system calls, a canary folder and limits.

The audit events of Python report what Python code opens. Native code raises no such events, so a
filter of system calls ends the process if any code makes a socket or a process. All hostile paths
are in the canary folder, and inotify reports every access to it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ADDRESS_SPACE = 8 << 30  # bytes
CPU_PER_ATTEMPT_S = 25

ROOT = Path(__file__).parents[3]

# Events that open a file, a socket or a process, or change the file system.
_KINDS = {
    "open": "file",
    "os.chmod": "file", "os.link": "file", "os.listdir": "file", "os.mkdir": "file",
    "os.remove": "file", "os.rename": "file", "os.rmdir": "file", "os.scandir": "file",
    "os.symlink": "file", "os.truncate": "file", "os.utime": "file", "ctypes.dlopen": "file",
    "os.exec": "process", "os.fork": "process", "os.forkpty": "process",
    "os.posix_spawn": "process", "os.spawn": "process", "os.system": "process",
    "subprocess.Popen": "process", "pty.spawn": "process",
    "pickle.find_class": "unpickling",
}  # fmt: skip


def _roots() -> tuple[str, ...]:
    """List the folders whose files may be read: modules, and facts of the system."""
    paths = {os.path.realpath(path) for path in sysconfig.get_paths().values()}
    paths |= {sysconfig.get_paths()[key] for key in ("purelib", "platlib", "stdlib")}
    paths |= {str(ROOT / "nbmodel"), str(ROOT / "tests"), str(ROOT / ".venv")}
    paths |= {"/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/usr/lib", "/lib"}
    return tuple(path.rstrip("/") + "/" for path in sorted(paths))


class Guard:
    """Watches in the context `watching`, and collects events in `seen`.

    Parameters
    ----------
    canary : Path
        A folder that only hostile values name.
    """

    def __init__(self, canary: Path) -> None:
        self.seen: list[str] = []
        self.filtered = False
        self._armed = False
        self._roots = _roots()
        self._inotify = _watch(canary)
        sys.addaudithook(self._audit)

    def confine(self) -> None:
        """Limit memory, and end the process if any code makes a socket or a process."""
        faulthandler.enable()
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
        if hasattr(faulthandler, "register"):
            faulthandler.register(signal.SIGSYS, chain=True)
            faulthandler.register(signal.SIGXCPU, chain=True)
        self.filtered = _filter_system_calls()

    def allow_cpu(self, seconds: int = CPU_PER_ATTEMPT_S) -> None:
        """Allow a number of further seconds of processor time."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note and refuse everything that is opened in this context."""
        self._looks()  # of an earlier attempt
        self._armed = True
        try:
            yield
        finally:
            self._armed = False
            self.seen += [f"file: {look} (native code)" for look in self._looks()]

    def _audit(self, event: str, args: tuple[object, ...]) -> None:
        if not self._armed:
            return
        kind = _KINDS.get(event) or ("socket" if event.startswith("socket.") else None)
        if kind is None or (kind == "file" and self._is_ours(args)):
            return
        self.seen.append(f"{kind}: {event} {args[:2]!r:.200}")
        raise PermissionError(f"{event} while watching")

    def _is_ours(self, args: tuple[object, ...]) -> bool:
        path = args[0] if args else None
        if path is None or isinstance(path, int):
            return True
        try:
            text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links stay as they are
        except (TypeError, ValueError):
            return False
        if text in ("/dev/null", "/dev/urandom"):
            return True
        # Python lists folders of sys.path to find a module.
        return text in sys.path or ((text + "/").startswith(self._roots) and not _writes(args))

    def _looks(self) -> list[str]:
        if self._inotify < 0:
            return []
        looks = []
        while True:
            try:
                data = os.read(self._inotify, 65536)
            except BlockingIOError:
                return looks
            while data:
                _, mask, _, size = struct.unpack_from("iIII", data)
                name = data[16 : 16 + size].rstrip(b"\0").decode()
                looks.append(f"canary/{name} mask {mask:#x}")
                data = data[16 + size :]


def _writes(args: tuple[object, ...]) -> bool:
    """Whether an ``open`` with these arguments may change or make the file."""
    mode, flags = (*args[1:3], None, None)[:2]
    by_mode = isinstance(mode, str) and bool(set("wax+") & set(mode))
    changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    return by_mode or (isinstance(flags, int) and bool(flags & changing))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _watch(canary: Path) -> int:
    """Make an inotify descriptor of the folder; -1 if the system has none."""
    if not sys.platform.startswith("linux"):
        return -1
    libc = _libc()
    descriptor: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    # IN_OPEN, IN_CREATE, IN_DELETE, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO
    libc.inotify_add_watch(descriptor, os.fsencode(canary), 0x20 | 0x100 | 0x200 | 0x2 | 0xC0)
    return descriptor


# -- system calls: a classic BPF program over struct seccomp_data ------------------------------

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _TRAP, _NO_SUCH_CALL = 0x7FFF0000, 0x00030000, 0x00050000 | 38
_X86_64 = 0xC000003E
_CLONE_THREAD = 0x10000
# socket, connect, bind, listen, fork, vfork, execve, execveat
_FORBIDDEN = (41, 42, 49, 50, 57, 58, 59, 322)
_CLONE, _CLONE3, _SECCOMP = 56, 435, 317


def _program() -> np.ndarray:
    """Instructions ``(code, jump if true, jump if false, operand)``."""
    rows: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, _X86_64),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, 0),  # the number of the call
    ]
    for number in _FORBIDDEN:
        rows += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _TRAP)]
    rows += [
        # glibc falls back to clone, whose flags can be read here.
        (_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _NO_SUCH_CALL),
        (_EQUAL, 0, 3, _CLONE), (_LOAD, 0, 0, 16),
        (_ANY_BIT, 1, 0, _CLONE_THREAD), (_RETURN, 0, 0, _TRAP),
        (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip
    kind = np.dtype([("code", "u2"), ("true", "u1"), ("false", "u1"), ("operand", "u4")])
    return np.array(rows, kind)


class _Filter(ctypes.Structure):
    _fields_ = (("size", ctypes.c_ushort), ("rows", ctypes.c_void_p))


def _filter_system_calls() -> bool:
    """Trap sockets and processes in every thread; return False if that is not possible."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return False
    libc, rows = _libc(), _program()
    program = _Filter(len(rows), rows.ctypes.data)
    if libc.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
        return False
    # SECCOMP_SET_MODE_FILTER with SECCOMP_FILTER_FLAG_TSYNC
    status: int = libc.syscall(_SECCOMP, 1, 1, ctypes.byref(program))
    return status == 0
