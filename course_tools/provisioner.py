"""How this project starts kernels: like any local kernel, but reached through files instead of ports.

Jupyter looks for free ports first and lets the kernel take them a second later. When many kernels start at once, two
can be promised the same one, and the later dies of it. Files in a folder of its own belong to one kernel.

Systems take about a hundred characters for the name of a socket, and temporary folders may lie deep. So the name is
relative to the working directory, which a worker shares with the kernel that it starts.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner


class FilesProvisioner(LocalProvisioner):
    """Starts a local kernel whose sockets are files in a new temporary folder."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        manager.transport = "ipc"
        folder = os.path.relpath(os.path.realpath(tempfile.mkdtemp()))
        manager.ip = f"{folder}/kernel"  # for files, the address is the beginning of their names
        manager.cache_ports = False
        return await super().pre_launch(**kwargs)
