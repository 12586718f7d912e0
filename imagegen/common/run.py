"""The one way to start another program."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imagegen.common.errors import ToolError
from imagegen.common.verbose import note

# What a child may know of us: never the whole environment, which may hold secrets.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
             "http_proxy", "https_proxy", "no_proxy", "XDG_CACHE_HOME", "IMAGEGEN_CACHE")
LAST_LINES = 15
WARDEN = Path(__file__).with_name("warden.py")
GRACE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Done:
    """A finished command: its output as text, both streams together."""

    argv: tuple[str, ...]
    code: int
    output: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The explicit environment of a child process."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # sbin is not on every user's PATH, and mke2fs and sfdisk live there; beside imagegen's own
    # Python lies what ./dev unpacks without installing it
    own = Path(sys.prefix) / "bin"
    env["PATH"] = f"{env.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin:{own}"
    return env | {"LC_ALL": "C.UTF-8"} | dict(extra or {})


def need(tool: str, package: str) -> str:
    """The full path of a tool. Raises ToolError that names Debian's package for it."""
    found = shutil.which(tool, path=environment()["PATH"])
    if found is None:
        raise ToolError(f"{tool} is not installed", hint=f"apt-get install {package}")
    return found


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    timeout: float | None = None,
    check: bool = True,
    guarded: bool = False,
    tidies: bool = False,
) -> Done:
    """Run a command to its end, in a process group of its own that dies with us.

    `env` is added to the explicit environment; output goes line by line to `log` and `on_line`;
    `guarded` ends what the command itself starts, even where imagegen is killed outright; what
    `tidies` up is run while all else is ended, too. Raises ToolError with the command, its exit
    code and its last lines where `check` is set.
    """
    lines: list[str] = []
    child_of = started(argv, env=env, cwd=cwd, guarded=guarded, tidies=tidies)
    with _opened(log) as sink, child_of as child, _deadline(child_of, timeout):
        sink.write(f"$ {shlex.join(argv)}\n")
        assert child.stdout is not None
        for raw in child.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            lines.append(line)
            sink.write(line + "\n")
            sink.flush()
            if on_line:
                on_line(line)
        code = child.wait()
    done = Done(tuple(argv), code, "\n".join(lines) + ("\n" if lines else ""))
    if check and code != 0:
        raise failed(done, log)
    return done


def failed(done: Done, log: Path | None = None) -> ToolError:
    """The error for a command that ended badly: command, exit code, last lines."""
    tail = "\n".join(f"  | {line}" for line in done.output.splitlines()[-LAST_LINES:])
    what = f"{Path(done.argv[0]).name} failed ({_ending(done.code)}): {shlex.join(done.argv)}"
    return ToolError(f"{what}\n{tail}".rstrip(), hint=f"the whole log is {log}" if log else "")


def _ending(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _opened(log: Path | None) -> IO[str]:
    return open(log or os.devnull, "a", encoding="utf-8")  # noqa: PTH123  devnull is no Path


_LIVING: set[subprocess.Popen[bytes]] = set()
_ENDING: set[object] = set()


@contextmanager
def ending() -> Iterator[None]:
    """End every running child's group, and let none start but those that tidy up.

    For whoever must wait for threads that run them.
    """
    import threading

    me = object()
    _ENDING.add(me)
    doomed = tuple(_LIVING)
    # the first process of a name space of pids hears of SIGTERM only if it asked to
    last = threading.Timer(GRACE_SECONDS, _signal, (doomed, signal.SIGKILL))
    try:
        _signal(doomed, signal.SIGTERM)
        last.start()
        yield
    finally:
        last.cancel()
        _ENDING.discard(me)


def _signal(children: Iterable[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for child in children:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)


def unless_ending() -> None:
    """Raises ToolError where another thread has given up what this one works for."""
    if _ENDING:
        raise ToolError("stopped, since imagegen ends")


class started:
    """A child process as a context: whatever happens inside, its whole group is gone after.

    `scratch` is a folder that a guarded child's warden removes if imagegen is killed outright.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdout: int | IO[bytes] = subprocess.PIPE,
        guarded: bool = False,
        scratch: Path | None = None,
        tidies: bool = False,
    ) -> None:
        self._scratch, self._tidies = scratch, tidies
        self._argv, self._env, self._cwd, self._stdout = list(argv), environment(env), cwd, stdout
        self._guarded, self._lifeline = guarded, -1
        self.name = Path(self._argv[0]).name

    def __enter__(self) -> subprocess.Popen[bytes]:
        if not self._tidies:
            unless_ending()
        note(f"run {shlex.join(self._argv)}")
        self._began = time.monotonic()
        try:
            self.child = self._guard() if self._guarded else self._spawn(self._argv)
        except FileNotFoundError:
            raise ToolError(f"{self._argv[0]} is not installed") from None
        except PermissionError:
            raise ToolError(f"{self._argv[0]} may not be run", hint="is it executable?") from None
        _LIVING.add(self.child)
        if _ENDING and not self._tidies:  # whoever ends all may have looked just before
            _signal([self.child], signal.SIGKILL)
        return self.child

    def _guard(self) -> subprocess.Popen[bytes]:
        """Under a warden, which ends all that the tool started when our end of its pipe closes."""
        theirs, self._lifeline = os.pipe()
        warden = [sys.executable, "-I", "-S", str(WARDEN), str(theirs), str(self._scratch or "")]
        try:
            return self._spawn([*warden, *self._argv], pass_fds=(theirs,))
        finally:
            os.close(theirs)

    def _spawn(self, argv: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv, env=self._env, cwd=self._cwd, stdin=subprocess.DEVNULL, stdout=self._stdout,
            stderr=subprocess.STDOUT, start_new_session=True, pass_fds=pass_fds,
            preexec_fn=None if pass_fds else die_with_parent,
        )

    def stop(self) -> None:
        """End the child and its group; a guarded one's warden ends all that descends from it."""
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(GRACE_SECONDS if self._guarded else 5)
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def __exit__(self, *_: object) -> None:
        _LIVING.discard(self.child)
        self.stop()
        note(f"{self.name}: {_ending(self.child.returncode)} after "
             f"{time.monotonic() - self._began:.3f} s")
        # only now, since its closing means to the warden that imagegen was killed
        if self._lifeline >= 0:
            os.close(self._lifeline)
        if self.child.stdout:
            self.child.stdout.close()


def die_with_parent() -> None:
    """Have the kernel kill this child when imagegen dies, even by SIGKILL (prctl(2))."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class _deadline:
    """Stops a child after so many seconds; the reader then sees the end of its output."""

    def __init__(self, child_of: started, seconds: float | None) -> None:
        import threading

        self._child_of, self._seconds, self.passed = child_of, seconds, False
        self._timer = threading.Timer(seconds or 0, self._kill)

    def __enter__(self) -> _deadline:
        if self._seconds is not None:
            self._timer.start()
        return self

    def _kill(self) -> None:
        self.passed = True
        self._child_of.stop()

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        if self.passed and error[0] is None:
            raise ToolError(f"{self._child_of.name} did not finish within {self._seconds:g} s and "
                            "was stopped")
