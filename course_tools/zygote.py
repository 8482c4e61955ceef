"""Kernels that are forked from a process which has Keras loaded: starting one takes a tenth of a second.

`python -m course_tools.zygote` loads the libraries once, says on standard output at which socket it listens, and then
forks a kernel for each connection. The connection is the kernel's lifeline: the server answers with the process number,
and with exit code and peak memory when the kernel ends; when the other side closes first, the kernel is killed. The
server itself lives until its standard input closes, and a kernel ends with its server.

Forking is safe here because nothing runs yet: with one thread a library (environment.py) the server has one thread,
and no tensor and no model was made in it. Of course_lib nothing is loaded, it could change meanwhile.
`ZygoteProvisioner` is the other side, by which Jupyter's clients (papermill, nbval) start such a kernel.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
from typing import Any

from course_tools.provisioner import FilesProvisioner

PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "matplotlib.pyplot",
    "keras",
)
"""What the server loads before it forks; not the inline backend, which connects to its kernel when it is loaded."""

peak_kib = 0
"""Largest memory that a forked kernel of this process held, in KiB."""


class Forked:
    """A forked kernel, with as much of `subprocess.Popen` as Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, command: list[str], env: dict[str, str], cwd: str) -> None:
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(os.environ["COURSE_ZYGOTE"])
        self._lines = self._connection.makefile("rw")
        self._lines.write(json.dumps({"command": command, "env": env, "cwd": cwd}) + "\n")
        self._lines.flush()
        self.pid: int = json.loads(self._lines.readline())["pid"]

    def poll(self) -> int | None:
        if self.returncode is None and _readable(self._connection):
            self._finish()
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self._finish()
        assert self.returncode is not None
        return self.returncode

    def _finish(self) -> None:
        global peak_kib
        line = self._lines.readline()
        end = json.loads(line) if line else {"code": -signal.SIGKILL, "peak_kib": 0}  # the server is gone
        self.returncode, peak_kib = end["code"], max(peak_kib, end["peak_kib"])
        self._lines.close()
        self._connection.close()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ZygoteProvisioner(FilesProvisioner):
    """Starts a kernel by asking the server of COURSE_ZYGOTE for a fork; else like any local kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        self.process = Forked(cmd, dict(kwargs.get("env") or os.environ), kwargs.get("cwd") or os.getcwd())
        self.pid = self.pgid = self.process.pid  # the server makes each kernel the head of a group
        self.cwd = kwargs.get("cwd") or os.getcwd()
        return self.connection_info


def _readable(connection: socket.socket) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


def serve(path: str) -> None:
    """Listen at `path`, say so, and fork a kernel for each connection."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(16)
    waker, wakened = socket.socketpair()  # a child's end becomes something to read
    for one in (waker, wakened):
        one.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    kernels: dict[int, socket.socket] = {}  # by process number
    with selectors.DefaultSelector() as selector:
        for source in (0, server, wakened):
            selector.register(source, selectors.EVENT_READ)
        print(path, flush=True)
        while True:
            for event, _ in selector.select():
                if event.fileobj == 0:
                    for pid in kernels:
                        os.killpg(pid, signal.SIGKILL)
                    return
                if event.fileobj is wakened:
                    wakened.recv(4096)
                    _report(kernels, selector)
                elif event.fileobj is server:
                    connection, _ = server.accept()
                    request = json.loads(connection.makefile().readline())
                    pid = os.fork()
                    if pid == 0:
                        _become_kernel(request)
                    with contextlib.suppress(OSError):  # as the child does: whoever comes first
                        os.setpgid(pid, pid)
                    kernels[pid] = connection
                    selector.register(connection, selectors.EVENT_READ, pid)
                    connection.sendall(json.dumps({"pid": pid}).encode() + b"\n")
                elif event.data in kernels:  # the other side closed
                    os.killpg(event.data, signal.SIGKILL)
                    selector.unregister(event.fileobj)


def _report(kernels: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    """Tell whoever asked for it that a kernel ended."""
    while kernels:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        connection = kernels.pop(pid)
        with contextlib.suppress(KeyError):
            selector.unregister(connection)
        end = {"code": os.waitstatus_to_exitcode(status), "peak_kib": usage.ru_maxrss}
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps(end).encode() + b"\n")
        connection.close()


def _become_kernel(request: dict[str, Any]) -> None:
    """In the child: be what the command would have started."""
    code = 1
    try:
        parent = os.getppid()
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.closerange(3, 256)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"], JPY_PARENT_PID=str(parent))
        sys.path[:0] = [path for path in request["env"].get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path]
        random.seed()  # unseeded numbers differ from kernel to kernel, as they do from process to process
        import numpy

        numpy.random.seed()
        command = request["command"]
        sys.argv = command[command.index("-m") + 1 :]
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(sys.argv[1:])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


class Present:
    """Stands for `sys.stdout` or `sys.stderr` as it will be when it is written to, in the fork."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        stream = getattr(sys, self.name)
        return getattr(getattr(sys, f"__{self.name}__") if stream is self else stream, attribute)

    def close(self) -> None:
        """absl closes a stream that is not the process' own; this one is."""


def preload() -> None:
    """Load the libraries as a notebook would: what they log goes to the cell that is running, as TensorFlow's does."""
    sys.ps1 = "in a notebook"
    sys.stdout, sys.stderr = Present("stdout"), Present("stderr")
    for module in PRELOADED:
        __import__(module)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    del sys.ps1


if __name__ == "__main__":
    preload()
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        serve(f"{folder}/zygote")
