"""How this project starts kernels: like any local kernel, but reached through files instead of ports.

Jupyter looks for free ports first and lets the kernel take them a second later. When many kernels start at once, two
can be promised the same one, and the later dies of it. Files in a folder of its own belong to one kernel.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner


class FilesProvisioner(LocalProvisioner):
    """Starts a local kernel whose sockets are files in a new temporary folder."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        manager.transport = "ipc"
        manager.ip = str(Path(tempfile.mkdtemp()) / "kernel")  # for files, the address is the beginning of their names
        manager.cache_ports = False
        return await super().pre_launch(**kwargs)
