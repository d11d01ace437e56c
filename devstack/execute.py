"""`devstack exec`: run a command with stores of its own, and give back its exit code."""

import subprocess
from collections.abc import Sequence

from devstack import ephemeral


def run(*, parts: Sequence[str], command: Sequence[str]) -> int:
    """Start the named stores, run the command with their addresses in the environment, stop them.

    Returns the command's exit code (128 + n when signal n ended it). Raises DevstackError when a store does not start.
    """
    with ephemeral.stores(names=parts) as stack:
        environment = stack.inherited() | stack.common()
        code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  (the user's own command)
    return code if code >= 0 else 128 - code
