"""What the images are made of, as CycloneDX: `python -m tools.sbom` writes sbom/plaza.json from the locked versions."""

import sys

from devstack import cli, config, errors
from tools import apart

TARGET = config.ROOT / "sbom" / "plaza.json"


def main() -> int:
    """Run the command line; returns the exit code."""
    TARGET.parent.mkdir(exist_ok=True)
    options = ["requirements", "requirements/runtime.txt", "--output-reproducible", "--of", "JSON", "-o", str(TARGET)]
    try:
        generator = apart.program(lock="sbom", name="cyclonedx-py")
        apart.run(command=[str(generator), *options], what="no bill of materials was made")
    except errors.DevstackError as error:
        cli.explain(error=error)
        return 1
    sys.stdout.write(f"{TARGET.relative_to(config.ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
