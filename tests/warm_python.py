"""A Python that has loaded the large libraries, forked for each program that a test runs.

Loading Sphinx, SQLAlchemy and their like is half of a small build. Here each process of tests pays
for it once. Nothing of a book is loaded: every program takes its own `ledger`.
"""

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
import time

import jinja2
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
        self.kept = tempfile.TemporaryDirectory(prefix="warm-")
        command = [sys.executable, __file__, str(its_end.fileno()), self.kept.name]
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
        ours = command[0].startswith(os.path.dirname(sys.executable))
        starts = any(
            os.path.exists(os.path.join(folder, f"{name}customize{ending}"))
            for folder in warm_chapters.python_path(environment)
            for name in ("site", "user")
            for ending in ("", ".py")
        )
        return ours and not starts and _settings(environment) == self.settings

    def run(self, command, folder, environment, timeout=120, apart=False):
        """Run a script or, with -m, a module or, with -c, code, in a folder and a session of its
        own.

        Returns its exit code and what it said: on stdout and stderr together or, `apart`, on each.
        Raises subprocess.TimeoutExpired, once it is killed.
        """
        assert self.fits(command, environment), f"this starts in another way: {command}"
        request = json.dumps([command, str(folder), environment]).encode()
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as apart_from_it:
            streams = [said, apart_from_it if apart else said]
            news, told = os.pipe()
            files = [*(stream.fileno() for stream in streams), told]
            socket.send_fds(self.requests, [request], files)
            os.close(told)
            with open(news) as news:
                pid = int(news.readline())
                if not select.select([news], [], [], timeout)[0]:
                    os.killpg(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(command, timeout)
                code = int(news.readline())
            return code, *(_text(stream) for stream in streams[: 1 + apart])


def _text(file):
    file.seek(0)
    return file.read().decode()


def _settings(environment):
    """Return what Python reads of its environment as it starts, and never again, but for the
    folders of modules, which a fork puts where Python would.
    """
    begins = ("PYTHON", "LC_", "LANG")
    settings = {name: value for name, value in environment.items() if name.startswith(begins)}
    settings.pop("PYTHONPATH", None)
    return settings


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
        request, files, _, _ = socket.recv_fds(requests, 1 << 20, 3)
        reap()
        if not request:
            sys.exit()
        *streams, told = files
        if os.fork() == 0:
            requests.close()
            if (program := os.fork()) == 0:
                os.close(told)
                return streams, *json.loads(request)
            os.write(told, f"{program}\n".encode())
            code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
            os.write(told, f"{code}\n".encode())
            os._exit(0)
        for file in files:
            os.close(file)


def run_program(streams, command, folder, environment):
    """Do in this process what a command does in one of its own."""
    os.setsid()
    for number, file in enumerate(streams, 1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None  # is asked for anew, of the new environment
    if command[1:2] == ["-c"]:
        warm_chapters.run_code(command, environment)
        return
    sys.path[1:1] = warm_chapters.python_path(environment)
    warm_chapters.keep_forks(command)
    sys.argv = command[command[0] == sys.executable :]
    if sys.argv[0] == "-m":
        sys.path[0] = folder
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")


def keep_templates(folder):
    """Keep the compiled templates of installed themes, a tenth of a small build, for all forks.

    Jinja checks that a template is still the one that was compiled. Those of a book are not kept.
    """

    class Kept(jinja2.FileSystemBytecodeCache):
        def dump_bytecode(self, bucket):
            if bucket.code.co_filename.startswith(sys.prefix):
                super().dump_bytecode(bucket)

    kept = Kept(folder)
    jinja2.Environment.bytecode_cache = property(lambda self: kept, lambda self, value: None)


if __name__ == "__main__":
    for name in LIBRARIES:
        importlib.import_module(name)
    warm_chapters.load()
    for name in sys.modules["sphinx.application"].builtin_extensions:
        importlib.import_module(name)
    keep_templates(sys.argv[2])
    assert "ledger" not in sys.modules
    gc.collect()
    gc.freeze()  # else the forks' garbage collection copies these pages of memory
    warm_chapters.end(run_program, *serve(socket.socket(fileno=int(sys.argv[1]))))
