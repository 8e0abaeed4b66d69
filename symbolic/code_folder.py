"""The folder of cached code: every file begins with the digest of the rest and belongs to its user.

Code that is read is run. So a file that another user owns, or that anyone may change, is refused
with a clear message; one whose digest is wrong counts as missing, and is written again.
"""

import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from symbolic.errors import KernelCacheError

try:
    import fcntl
except ImportError:  # Windows: every process compiles what it needs
    fcntl = None  # type: ignore[assignment]

CACHE_VARIABLE = "MLPCONT_CACHE"

MOST_BYTES = 1 << 30
"""What the folder holds at most: the oldest files go first. The test suite fills 1/10 of it."""

KINDS = ("kernel_*.py", "code_*.bin", ".code-*.tmp", "__pycache__/kernel_*", ".lock")
"""Names of the files that are ours, those of version 0.1.0 included; no others are touched."""

TRUSTED = (0,)
"""Users whose code is run besides one's own: the administrator."""

PATIENCE = 300.0
"""Seconds for which a file that another process makes is waited for: some ten times what the
largest takes; a process that has been stopped must not stop all others."""

POLL = 0.03
"""Seconds between two looks."""

_HEAD = "# sha256 {}\n"
_HEAD_BYTES = len(_HEAD.format("0" * 64))


@dataclass(frozen=True)
class CacheSize:
    """What the cache holds.

    Attributes
    ----------
    folder : pathlib.Path
    files : int
    bytes : int
    """

    folder: Path
    files: int
    bytes: int


def cache_folder() -> Path:
    """$MLPCONT_CACHE, else mlpcont in the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlpcont"


def read_entry(name: str) -> bytes | None:
    """Content of a cached file; None if it is missing, or is not what was written.

    Raises
    ------
    KernelCacheError
        The file cannot be read, belongs to another user, or may be changed by anyone.
    """
    path = cache_folder() / name
    try:
        with path.open("rb") as file:
            _require_own(path, os.fstat(file.fileno()))
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except KernelCacheError:
        raise
    except OSError as error:
        raise _refused(f"cannot read {path} ({error.strerror})") from error
    body = content[_HEAD_BYTES:]
    return body if content[:_HEAD_BYTES] == _head(body) else None


def write_entry(name: str, body: bytes) -> Path:
    """Write a file of the cache, whole or not at all.

    Raises
    ------
    KernelCacheError
        The folder cannot be written.
    """
    path = cache_folder() / name
    temporary = path.with_name(f".code-{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_bytes(_head(body) + body)
        temporary.chmod(0o644)
        os.replace(temporary, path)
        _drop_oldest()
    except OSError as error:
        raise _refused(f"cannot write kernels to {path.parent} ({error.strerror})") from error
    finally:
        with suppress(OSError):  # it counts as an old file of the cache
            temporary.unlink(missing_ok=True)
    return path


def is_entry(name: str) -> bool:
    """Whether the cache holds a file of this name, whatever stands in it."""
    return (cache_folder() / name).is_file()


@contextmanager
def sole_maker(name: str) -> Iterator[None]:
    """Wait until no other process makes this file of the cache, which then may be there.

    The system frees the lock when a process ends, however it ends. Where nothing can be locked,
    as in a folder that cannot be written, nobody waits.
    """
    handle, end = _lock_file(cache_folder()), time.monotonic() + PATIENCE
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    while not (free := _taken(handle, place)) and time.monotonic() < end:
        time.sleep(POLL)
    try:
        yield
    finally:
        if handle is not None and free:
            fcntl.lockf(handle, fcntl.LOCK_UN, 1, place)


@cache
def _lock_file(folder: Path) -> int | None:
    """One file, each byte of which is the lock of a name; kept open, as closing it frees all."""
    if fcntl is None:
        return None
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    return None


def _taken(handle: int | None, place: int) -> bool:
    if handle is None:
        return True
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN)  # locks unknown: as if taken
    return True


def cache_size() -> CacheSize:
    """How many files the cache holds, and how long they are together."""
    found = _files()
    return CacheSize(cache_folder(), len(found), sum(size for _, size, _ in found))


def clear_cache() -> CacheSize:
    """Remove every file of the cache; returns what there was.

    Raises
    ------
    KernelCacheError
        A file cannot be removed.
    """
    before = cache_size()
    try:
        for _, _, path in _files():
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(f"cannot clear {before.folder} ({error.strerror})") from error
    return before


def _drop_oldest() -> None:
    found = _files()
    left = sum(size for _, size, _ in found)
    for _, size, path in found:
        if left <= MOST_BYTES:
            return
        path.unlink(missing_ok=True)
        left -= size


def _files() -> list[tuple[float, int, Path]]:
    """Time, length and path of all files of the cache, the oldest first."""
    found = []
    for path in (p for kind in KINDS for p in cache_folder().glob(kind)):
        try:
            status = path.lstat()
        except FileNotFoundError:  # another process has just removed it
            continue
        found.append((status.st_mtime, status.st_size, path))
    return sorted(found)


def _require_own(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (*TRUSTED, os.geteuid()):
        raise _refused(f"{path} belongs to another user ({status.st_uid}), whose code is not run")
    if status.st_mode & stat.S_IWOTH:
        raise _refused(f"{path} may be changed by anyone, so its code is not run")


def _head(body: bytes) -> bytes:
    return _HEAD.format(hashlib.sha256(body).hexdigest()).encode()


def _refused(reason: str) -> KernelCacheError:
    return KernelCacheError(f"{reason}; set {CACHE_VARIABLE} to a folder that can be written")
