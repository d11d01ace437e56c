"""`python -m tools.containers [pytest arguments]`: the end-to-end tests on containers that testcontainers starts.

Needs a Docker engine with bridge networks and the services' images (`make image`). Other images than
docker-compose.yml's are given by its variables (POSTGRES_IMAGE, …); on a machine without a registry: `make stand-ins`,
`source .compose/images.sh`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from devstack import config
from tools import image
from tools.containers import recipe, system


def main(*, arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code of the tests."""
    begun = time.monotonic()
    try:
        with system.system() as running:
            sys.stdout.write(f"{len(running.containers)} containers ready in {time.monotonic() - begun:.0f} s\n")
            sys.stdout.flush()
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:valkey", "tests/e2e", *arguments]
            environment = {**os.environ, **running.environment()}
            return subprocess.run(command, cwd=config.ROOT, env=environment, check=False).returncode  # noqa: S603
    except (image.ImageFailed, recipe.RecipeFailed) as error:
        sys.stderr.write(f"containers: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
