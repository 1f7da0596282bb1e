"""The process that runs a build's chapters, forked beside the build from what is loaded already.

A build starts it anew, and it loads pandas, matplotlib and frictionless for more than a second:
half of the time of a small build. A build that `warm_python` runs gets a fork in its place. Builds
that `small_book.start` begins, and `make book`, start it in earnest.
"""

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
import time

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


def keep_a_fork():
    """Fork this process, as long as it has loaded nothing of a book, and have its builds take the
    fork for the process that runs chapters.
    """
    requests, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        requests.close()
        become_what_is_asked(its_end)
    its_end.close()

    class Popen(subprocess.Popen):
        def __new__(cls, command, *more, **settings):
            nonlocal pid
            if command[:3] == [sys.executable, "-m", MODULE] and pid:
                chapters, pid = Forked(pid, requests, command, settings), None
                return chapters
            return super().__new__(cls)

    subprocess.Popen = Popen


def become_what_is_asked(requests):
    """Wait for the command, then run it; end when the program ends that might have asked."""
    os.setsid()
    request, files, _, _ = socket.recv_fds(requests, 1 << 20, 2)
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
    sys.path[0], sys.argv = folder, command[2:]
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    os._exit(0)


class Forked:
    """The fork, with what a build uses of a `subprocess.Popen`."""

    def __init__(self, pid, requests, command, settings):
        self.pid = pid
        reads, stdin = os.pipe()
        stdout, writes = os.pipe()
        request = json.dumps([command, settings["env"], str(settings["cwd"])]).encode()
        socket.send_fds(requests, [request], [reads, writes])
        for end in (reads, writes):
            os.close(end)
        requests.close()
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
