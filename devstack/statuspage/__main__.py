"""`python -m devstack.statuspage RUN_DIR`: serve the status page of the stack that lives there."""

import signal
import sys
import threading
from pathlib import Path

from devstack.statuspage import server


def main(*, run_dir: Path) -> int:
    """Serve until SIGTERM or SIGINT."""
    serving = server.Server(run_dir=run_dir)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=serving.shutdown).start())
    serving.serve_forever(poll_interval=0.2)
    serving.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(run_dir=Path(sys.argv[1])))
