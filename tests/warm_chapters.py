"""What a program of tests starts of Python, forked beside it from what is loaded already.

A build starts the process that runs its chapters anew, and it loads pandas, matplotlib and
frictionless for more than a second: half of the time of a small build. So do the two processes in
which a refresh asks what the chapters print, before and after. A program that `warm_python` runs
gets forks in their place. Programs that `small_book.start` begins, and `make book`, start them in
earnest.
"""

import atexit
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

MODULE = "ledger.build.execution.worker"
LIBRARIES = [  # what it loads before its first chapter: test_promises.py holds it to that
    *("bdb", "IPython.core.completer", "IPython.core.completerlib", "IPython.core.crashhandler"),
    *("IPython.core.logger", "IPython.core.magics", "IPython.core.oinspect"),
    "pandas",
    "pandas.core.reshape.reshape",
    "pandas.io.formats.csvs",
    "xml.etree.ElementTree",
    "matplotlib.style",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "frictionless",
    "myst_nb.ext.glue",
    "nbformat.v4",
    "nbformat.validator",
    "pygments.lexers.python",
    "IPython.core.interactiveshell",
]


def load():
    """Load what every process that runs chapters needs, nothing of a book."""
    for name in LIBRARIES:
        importlib.import_module(name)
    # frictionless loads half of itself at its first check; nbformat makes what checks notebooks of
    # its schemas, and Pygments what reads Python of its rules
    sys.modules["frictionless"].Resource(data=b"warm\n1\n", format="csv").validate()
    for minor in (4, 5):
        sys.modules["nbformat.validator"].get_validator(4, minor)
    sys.modules["pygments.lexers.python"].PythonLexer()


def python_path(environment):
    return list(filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)))


def keep_forks(command):
    """Fork this process, as long as it has loaded nothing of a book, and have the program of a
    command take the forks for what it starts.
    """
    kept = {MODULE: [_kept()], "-c": [_kept() for _ in range(2 if "refresh" in command else 0)]}
    taken = {MODULE: Forked, "-c": Answering}

    class Popen(subprocess.Popen):
        def __new__(cls, command, *more, **settings):
            what = MODULE if command[:3] == [sys.executable, "-m", MODULE] else "-c"
            if what == "-c" and command[:2] != [sys.executable, "-c"] or not kept[what]:
                return super().__new__(cls)
            return taken[what](*kept[what].pop(), command, settings)

    subprocess.Popen = Popen


def _kept():
    """Return the number of a fork that waits for what it shall become, and where it is told."""
    requests, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        requests.close()
        become_what_is_asked(its_end)
    its_end.close()
    return pid, requests


def become_what_is_asked(requests):
    """Wait for the command, then run it; end when the program ends that might have asked."""
    os.setsid()
    request, files, _, _ = socket.recv_fds(requests, 1 << 20, 3)
    if not request:
        os._exit(0)
    requests.close()
    command, environment, folder = json.loads(request)
    for stream, file in enumerate(files):
        os.dup2(file, stream)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    if command[1] == "-c":
        end(run_code, command, environment)
    sys.path[0], sys.argv = folder, command[2:]
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    os._exit(0)


def run_code(command, environment):
    """Do in this process what `python -c` does in one of its own."""
    sys.path[:1] = ["", *python_path(environment)]
    keep_forks(command)
    sys.argv = ["-c", *command[3:]]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(command[2], "<string>", "exec"), main.__dict__)  # noqa: S102  (as -c does)


def end(program, *given):
    """Run a program and end as Python does, without a tenth of a second's taking apart of what is
    loaded.
    """
    status = 0
    try:
        program(*given)
    except SystemExit as ended:
        status = ended.code or 0
        if not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # which a build may have set
        status = 1
    threading._shutdown()  # waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


def _ask(requests, command, settings, files):
    """Tell a fork what it shall become, and give it its streams."""
    request = json.dumps([command, settings["env"], str(settings["cwd"])]).encode()
    socket.send_fds(requests, [request], files)
    requests.close()


class Forked:
    """The fork that runs chapters, with what a build uses of a `subprocess.Popen`."""

    def __init__(self, pid, requests, command, settings):
        self.pid = pid
        reads, stdin = os.pipe()
        stdout, writes = os.pipe()
        _ask(requests, command, settings, [reads, writes])
        for its_end in (reads, writes):
            os.close(its_end)
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb", 0)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout):
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        ended = os.pidfd_open(self.pid)
        try:
            if not select.select([ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(MODULE, timeout)
        finally:
            os.close(ended)
        os.waitpid(self.pid, 0)


class Answering:
    """The fork that runs code to its end, with what `subprocess.run` uses of a `Popen`."""

    def __init__(self, pid, requests, command, settings):
        assert settings["stdout"] == settings["stderr"] == subprocess.PIPE and settings["text"]
        self.pid, self.args, self.returncode = pid, command, None
        self.said = [os.memfd_create(name) for name in ("stdout", "stderr")]
        with open(os.devnull) as nothing:
            _ask(requests, command, settings, [nothing.fileno(), *self.said])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for file in self.said:
            os.close(file)

    def communicate(self, words=None, timeout=None):
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return [os.pread(file, os.fstat(file).st_size, 0).decode() for file in self.said]

    def poll(self):
        return self.returncode

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        os.waitpid(self.pid, 0)
