"""Simulated failures of the disk and of memory: every call that writes is counted, one fails."""

import builtins
import errno
import io
import os
from contextlib import contextmanager
from pathlib import Path

FAILURES = {
    "no space": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "I/O error": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "I/O errors from then on": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "memory": MemoryError,
}
"""What a call that fails raises."""

LASTING = "I/O errors from then on"

WRITING = (
    (os, "open"),
    (os, "close"),
    (os, "fsync"),
    (os, "replace"),
    (Path, "mkdir"),
    (Path, "chmod"),
    (Path, "write_bytes"),
    (Path, "unlink"),
)
"""Calls by which files come to be, whoever makes them; opened files are watched as well."""


class Faults:
    """Counts calls that write, and lets one of them fail.

    Parameters
    ----------
    at : int
        Number of the call that fails; none for 0.
    kind : str
        Key of `FAILURES`.

    Attributes
    ----------
    count : int
        Calls so far.
    failed : tuple of str
        Names of those that failed.
    """

    def __init__(self, at, kind):
        self.at, self.kind, self.count, self.failed = at, kind, 0, ()

    def pass_or_fail(self, name):
        self.count += 1
        if self.count == self.at or (self.kind == LASTING and self.count > self.at):
            self.failed += (name,)
            raise FAILURES[self.kind]()

    def watched(self, name, function):
        """The function, half of whose work is done where it is a write that fails."""

        def call(*arguments, **named):
            try:
                self.pass_or_fail(name)
            except BaseException:
                if name == "write_bytes":
                    function(arguments[0], arguments[1][: len(arguments[1]) // 2])
                if name == "close" and self.kind != "memory":  # the handle is gone all the same
                    function(*arguments)
                raise
            return function(*arguments, **named)

        return call

    def opened(self, plain):
        """`open`, whose files for writing are watched."""

        def call(file, mode="r", *arguments, **named):
            handle = plain(file, mode, *arguments, **named)
            return Watched(handle, self) if set(mode) & set("wax+") else handle

        return call


class Watched:
    """An open file whose writes are counted; it has no descriptor to write past them."""

    def __init__(self, file, faults):
        self._file, self._faults = file, faults

    def write(self, content):
        self._faults.pass_or_fail("write")
        return self._file.write(content)

    def fileno(self):
        raise io.UnsupportedOperation("fileno")

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


@contextmanager
def failing(monkeypatch, at, kind):
    """Let the call number `at` fail within the block; yields what counts them."""
    faults = Faults(at, kind)
    with monkeypatch.context() as patch:
        for owner, name in WRITING:
            patch.setattr(owner, name, faults.watched(name, getattr(owner, name)))
        patch.setattr(builtins, "open", faults.opened(open))
        yield faults


def every_failure(monkeypatch, act, fresh, refusal):
    """Let every single write of an act fail in every way, in a folder of its own.

    Parameters
    ----------
    act : callable
        Writes into a folder.
    fresh : callable
        Makes the folder anew, with what stood there before.
    refusal : type
        What the act raises for a failure of the disk; a lack of memory passes as it is.

    Yields
    ------
    (folder, faults, raised)
        After each failure: where, what had failed, and whether the act said so.

    Raises
    ------
    AssertionError
        Where a failure shows as anything else.
    """
    for kind in FAILURES:
        at, reached = 1, True
        while reached:
            folder, raised = fresh(), None
            with failing(monkeypatch, at, kind) as faults:
                try:
                    act(folder)
                except (refusal, MemoryError) as error:
                    raised = error
            assert raised is None or isinstance(raised, MemoryError) == (kind == "memory")
            assert raised is None or kind == "memory" or "cannot " in str(raised)
            reached = bool(faults.failed)
            if reached:
                yield folder, faults, raised is not None
            at += 1
        assert at > 2, "nothing was written"
