"""A Python that has loaded the large libraries, forked for each program that a test runs.

Loading Sphinx, SQLAlchemy and their like is half of a small build. Here each process of tests pays
for it once. Nothing of a book is loaded: every program takes its own `ledger`.
"""

import atexit
import contextlib
import gc
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

import warm_chapters

LIBRARIES = [
    "IPython.core.completerlib",
    "a11y_pygments.a11y_dark.style",
    "a11y_pygments.a11y_high_contrast_dark.style",
    "a11y_pygments.a11y_high_contrast_light.style",
    "bs4",
    "filelock",
    "furo",
    "jinja2.ext",
    "jsonschema",
    "jupyter_book.cli.main",
    "jupyter_book.sphinx",
    "jupyter_cache.cache.db",
    "latexcodec",
    "multiprocessing.popen_fork",
    "myst_nb.core.execute",
    "myst_nb.ext.execution_tables",
    "myst_nb.ext.glue.domain",
    "myst_nb.sphinx_ext",
    "myst_parser.sphinx_ext.directives",
    "myst_parser.sphinx_ext.mathjax",
    "myst_parser.sphinx_ext.myst_refs",
    "nbformat.v4",
    "pandas",
    "pybtex.backends.html",
    "pybtex.database.input.bibtex",
    "pybtex.style.formatting.alpha",
    "pybtex.style.formatting.plain",
    "pygments.styles.native",
    "requests",
    "rispy",
    "sphinx.application",
    "sphinx.builders.html.transforms",
    "sphinx.builders.latex.transforms",
    "sphinx.ext.imgmath",
    "sphinx.ext.mathjax",
    "sphinx_basic_ng",
    "sphinx_external_toc.events",
    "sphinx_external_toc.parsing",
    "sphinx_jupyterbook_latex.nodes",
    "sphinx_jupyterbook_latex.transforms",
    "sphinx_multitoc_numbering",
    "sphinxcontrib.bibtex.style.referencing.author_year",
    "sphinxcontrib.bibtex.style.referencing.foot",
    "sqlalchemy.dialects.sqlite",
    "tenacity",
    "tqdm",
    "xlsxwriter",
    "xml.dom.minidom",
    "xml.sax.expatreader",
]


class WarmPython:
    """A process that has loaded LIBRARIES and forks itself for each program.

    Parameters
    ----------
    environment : in which it starts.
    """

    def __init__(self, environment):
        self.settings = _settings(environment)
        self.requests, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, __file__, str(its_end.fileno())]
        subprocess.Popen(
            command,
            # forks have one thread only, and draw no windows
            env=environment | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
            stdin=subprocess.DEVNULL,
            pass_fds=[its_end.fileno()],
        )
        its_end.close()  # it ends when this process does

    def fits(self, command, environment):
        """Return whether a command is Python's, and would set Python up as it is set up here:
        without code of its own that runs as Python starts, too.
        """
        ours = command[0].startswith(os.path.dirname(sys.executable)) and command[1:2] != ["-c"]
        starts = any(
            os.path.exists(os.path.join(folder, f"{name}customize{ending}"))
            for folder in _python_path(environment)
            for name in ("site", "user")
            for ending in ("", ".py")
        )
        return ours and not starts and _settings(environment) == self.settings

    def run(self, command, folder, environment, timeout=120):
        """Run a script or, with -m, a module, in a folder and a session of its own.

        Returns its exit code and what it said, on stdout and stderr.
        Raises subprocess.TimeoutExpired, once it is killed.
        """
        request = json.dumps([command, str(folder), environment]).encode()
        with tempfile.TemporaryFile() as said:
            news, told = os.pipe()
            socket.send_fds(self.requests, [request], [said.fileno(), told])
            os.close(told)
            with open(news) as news:
                pid = int(news.readline())
                if not select.select([news], [], [], timeout)[0]:
                    os.killpg(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(command, timeout)
                code = int(news.readline())
            said.seek(0)
            return code, said.read().decode()


def _settings(environment):
    """Return what Python reads of its environment as it starts, and never again, but for the
    folders of modules, which a fork puts where Python would.
    """
    begins = ("PYTHON", "LC_", "LANG")
    settings = {name: value for name, value in environment.items() if name.startswith(begins)}
    settings.pop("PYTHONPATH", None)
    return settings


def _python_path(environment):
    return list(filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)))


def reap():
    """Take leave of those that watched programs and have ended; so the programs' time counts as
    that of the tests that ran them.
    """
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(requests):
    """Fork for each request of a socket, until it closes; in the fork, return what it asks for."""
    while True:
        request, files, _, _ = socket.recv_fds(requests, 1 << 20, 2)
        reap()
        if not request:
            sys.exit()
        said, told = files
        if os.fork() == 0:
            requests.close()
            if (program := os.fork()) == 0:
                os.close(told)
                return said, *json.loads(request)
            os.write(told, f"{program}\n".encode())
            code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
            os.write(told, f"{code}\n".encode())
            os._exit(0)
        for file in files:
            os.close(file)


def run_program(said, command, folder, environment):
    """Do in this process what a command does in one of its own."""
    os.setsid()
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None  # is asked for anew, of the new environment
    sys.path[1:1] = _python_path(environment)
    warm_chapters.keep_a_fork()
    sys.argv = command[command[0] == sys.executable :]
    if sys.argv[0] == "-m":
        sys.path[0] = folder
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")


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


if __name__ == "__main__":
    for name in LIBRARIES:
        importlib.import_module(name)
    warm_chapters.load()
    for name in sys.modules["sphinx.application"].builtin_extensions:
        importlib.import_module(name)
    assert "ledger" not in sys.modules
    gc.collect()
    gc.freeze()  # else the forks' garbage collection copies these pages of memory
    end(run_program, *serve(socket.socket(fileno=int(sys.argv[1]))))
