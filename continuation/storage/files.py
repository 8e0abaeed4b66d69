"""Files under their final name whole or not at all, through links, and never in place of a device.

A file is written under a hidden name beside its target, brought to the disk (fsync), and renamed.
The hidden name tells which process made it, so that what a killed process left can be removed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from continuation.errors import InvalidInputError, StoreError

try:
    import fcntl
except ImportError:  # no advisory locks on this platform
    fcntl = None  # type: ignore[assignment]

PREFIX = ".mlpcont-"
"""Beginning of the names of unfinished files."""

LONGEST_SUFFIX = 16
"""Bytes of a suffix that an unfinished file keeps: writers choose the format by it, and the whole
name stays below 255 bytes however long the final one is."""

LOCK = ".mlpcont.lock"
"""Held by the process that works in a folder."""


def as_path(path: object) -> Path:
    """The name of a file as a path.

    Raises
    ------
    InvalidInputError
        For what is no name.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        raise InvalidInputError(f"a file is given by its name; got {path!r}.")
    return Path(os.fsdecode(path))


class atomic_file:
    """Context manager: a temporary name beside `path` that replaces it on success only.

    A symbolic link stays, and its target is replaced.

    Raises
    ------
    StoreError
        If the folder cannot be made or written, or the name is that of a folder, a device or a
        pipe, or of a file that may not be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = as_path(path)

    def __enter__(self) -> Path:
        self.target = _target(self.path)
        suffix = self.path.suffix
        kept = suffix if len(os.fsencode(suffix)) <= LONGEST_SUFFIX else ""
        name = f"{PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}{kept}"
        self.temporary = self.target.with_name(name)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except BaseException as error:
            self._remove()  # a file may be there although closing it failed
            if not isinstance(error, OSError):
                raise
            raise StoreError(
                f"cannot write {self.path}: {error.strerror}; choose another output folder"
            ) from error
        return self.temporary

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._publish()
        except OSError as failure:
            error = failure
        finally:
            self._remove()  # there still, unless it has become the target
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}") from error

    def _remove(self) -> None:
        with suppress(OSError):  # what cannot be removed now goes at the next start
            self.temporary.unlink(missing_ok=True)

    def _publish(self) -> None:
        with suppress(FileNotFoundError):
            self.temporary.chmod(stat.S_IMODE(self.target.stat().st_mode))
        _to_disk(self.temporary)
        os.replace(self.temporary, self.target)
        _to_disk(self.target.parent)


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write a text file atomically, in UTF-8.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.storage import write_text
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> write_text(path, "σ = 0.1").read_text("utf-8")
    'σ = 0.1'
    """
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file atomically."""
    path = as_path(path)
    with atomic_file(path) as temporary:
        temporary.write_bytes(content)
    return path


def require_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether a file can be written; leaves no file behind.

    Unfinished files of processes that are no more are removed from its folder.

    Raises
    ------
    StoreError
        As `atomic_file`.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.storage import require_writable
    >>> require_writable(os.path.join(tempfile.mkdtemp(), "result.nc"))
    """
    writer = atomic_file(path)
    writer.__enter__()
    writer._remove()
    remove_leftovers(writer.target.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files that killed processes of this machine have left in a folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from continuation.storage import remove_leftovers
    >>> remove_leftovers(Path(tempfile.mkdtemp()))
    """
    for path in folder.glob(f"{PREFIX}{_host()}-*"):
        owner = path.name.removeprefix(f"{PREFIX}{_host()}-").split("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            with suppress(OSError):  # another process removes it too
                path.unlink()


@contextmanager
def sole_worker(folder: Path) -> Iterator[None]:
    """Keep every other process that asks for the same out of a folder.

    The system frees the lock when a process ends, however it ends.

    Raises
    ------
    StoreError
        If another process works there, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from continuation.storage import sole_worker
    >>> folder = Path(tempfile.mkdtemp())
    >>> with sole_worker(folder):
    ...     print("alone")
    alone
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _locked(path)
    except BlockingIOError as error:
        raise StoreError(
            f"another process works in {folder}; wait for it or choose another folder"
        ) from error
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror}; choose another output folder"
        ) from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _locked(path: Path) -> int:
    """A handle that holds the lock of the file that bears this name now."""
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # whoever had the lock before may have removed the name in between
            if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _target(path: Path) -> Path:
    """The regular file that a name stands for, through links, whether it exists or not."""
    try:
        target = Path(os.path.realpath(path))
        mode = target.stat().st_mode
    except FileNotFoundError:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"cannot write {path}: {reason}; choose another output folder") from error
    if stat.S_ISDIR(mode):
        raise StoreError(f"cannot write {path}: it is a folder; give the name of a file")
    if not stat.S_ISREG(mode):
        raise StoreError(f"cannot write {path}: it is a device or a pipe; give the name of a file")
    if not os.access(target, os.W_OK):
        raise StoreError(f"cannot write {path}: the file is read-only; give another name")
    return target


def _to_disk(path: Path) -> None:
    """Wait until the disk has what was written."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems that cannot wait for a folder
            raise
    finally:
        os.close(handle)


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
