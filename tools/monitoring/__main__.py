"""`python -m tools.monitoring [--check]`: write what is made from slo.yaml and alerts.yaml, or name what is stale."""

import argparse
import sys

from devstack import config
from tools.monitoring import generated, sources


def main() -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.monitoring", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name the files that are stale")
    check = parser.parse_args().check
    try:
        stale = generated.stale(root=config.ROOT)
        for path in stale:
            sys.stdout.write(f"{path}\n")
        if not check:
            generated.write(root=config.ROOT)
    except sources.SourceInvalid as invalid:
        sys.stderr.write(f"{invalid}\n")
        return 2
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
