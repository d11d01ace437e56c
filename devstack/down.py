"""`devstack down` and `devstack reset`: stop everything in order, leave no process; reset deletes the data too."""

import shutil
import sys

from devstack import config as configuration
from devstack import daemon, errors, processes

#: what a run directory may contain; nothing else in it is ever deleted
OWN = (
    *("postgres", "postgres.draft", "postgres.password", "rabbitmq", "valkey", "prometheus", "metrics", "coverage"),
    *("alertmanager", "dashboards.html", "mail"),
    *(
        "logs",
        "envoy.yaml",
        "state.json",
        "summary.json",
        "ports.json",
        "secrets.json",
        "given.json",
        "seeded.json",
        "lock",
    ),
)


def run(*, config: configuration.Config) -> int:
    """Stop everything.

    Raises DevstackError when a process could not be ended.
    """
    lived = bool(daemon.state(config=config))
    left = daemon.stop(config=config)
    remaining = processes.of_stack(stack=config.run_dir)
    if remaining:
        told = ", ".join(f"{one.pid} ({one.name()})" for one in remaining)
        raise errors.DevstackError("some processes could not be ended", why=told, remedy="end them as their user")
    told = "everything has stopped" if lived or left else "nothing was running"
    sys.stdout.write(f"{told}{f' ({left} left-over processes ended)' if left else ''}\n")
    return 0


def reset(*, config: configuration.Config) -> int:
    """Stop everything and delete the data; the downloads are kept."""
    run(config=config)
    for name in OWN:
        path = config.run_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if config.run_dir.exists() and not any(config.run_dir.iterdir()):
        config.run_dir.rmdir()
    sys.stdout.write(f"deleted the data in {config.run_dir}\n")
    return 0
