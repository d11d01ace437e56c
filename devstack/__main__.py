"""Entry of `python -m devstack`; the commands themselves live in `devstack.cli`."""

import sys

from devstack import cli

sys.exit(cli.main(arguments=sys.argv[1:]))
