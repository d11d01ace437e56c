"""`python -m tools.chart write|fetch|audit|count`: write what is generated; get helm, kubectl and schemas; ask checkov;
tell how many objects a cluster gets.
"""

import argparse
import sys

from devstack import cli, errors
from tools.chart import audit, count, fetch, gateway, golden, readme, render

CHARTS = ("service", "plaza")


def write() -> None:
    """Write the charts' READMEs, the gateway's files and the golden renderings."""
    gateway.FOLDER.mkdir(exist_ok=True)
    for name, text in gateway.files().items():
        (gateway.FOLDER / name).write_text(text, encoding="utf-8")
    for name in CHARTS:
        (render.HELM / name / "README.md").write_text(readme.page(chart=render.HELM / name), encoding="utf-8")
    golden.FOLDER.mkdir(exist_ok=True)
    for name, rendered in golden.RENDERINGS.items():
        golden.path(name).write_text(rendered(), encoding="utf-8")


def _fetch() -> None:
    sys.stdout.write(f"{fetch.helm()}\n{fetch.kubectl()}\n")


def _audit() -> None:
    sys.stdout.write(audit.audit())


def _count() -> None:
    sys.stdout.write(count.table())


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("write", "fetch", "audit", "count"))
    commands = {"write": write, "fetch": _fetch, "audit": _audit, "count": _count}
    try:
        commands[parser.parse_args().command]()
    except errors.DevstackError as error:
        cli.explain(error=error)
        return 1
    except (fetch.FetchFailed, render.RenderFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
