"""The environment of every execution, in one place: papermill's kernels, nbval's, and the zygote server have the same.

It is part of the key by which a lecture's run is trusted. Each setting has a measured reason:

* one thread: two lectures side by side on one thread each are the fastest setting, and the number of threads changes
  late training results;
* oneDNN off: it writes a line with time and process number into the page, and takes sums in another order;
* no graphics card: the book shows what everybody's processor gives;
* the hash seed, the zone and the date of files: so that sets print in one order and SVG holds no present moment;
* the inline backend: a kernel that is forked after Matplotlib was loaded would otherwise draw nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from course_tools.project import Project

KERNELSPECS = Path(__file__).parent / "jupyter"

FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "SOURCE_DATE_EPOCH": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What an execution may know of whoever started it."""


def environment(project: Project, claims: str) -> dict[str, str]:
    """The environment variables of a process that executes.

    Args:
        project: whose modules are imported, and whose `_build/settings` stands in for the user's own settings of
            IPython, Keras and Matplotlib (they also keep caches there).
        claims: `enforce`, `not-comparable`, or empty to record claims without stopping.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    settings = project.build / "settings"
    return kept | FIXED | {
        "COURSE_CLAIMS": claims,
        "PYTHONPATH": str(project.root),
        "JUPYTER_PATH": str(KERNELSPECS),
        "IPYTHONDIR": str(settings / "ipython"),
        "KERAS_HOME": str(settings / "keras"),
        "MPLCONFIGDIR": str(settings / "matplotlib"),
    }  # fmt: skip
