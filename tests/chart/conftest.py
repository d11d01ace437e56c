"""The suite "chart": what a cluster would get, looked at without one; it needs helm and kubectl only."""

import sys

from tools.chart import fetch

sys.path.insert(0, str(fetch.schemas()))  # kubernetes_validate, from its hash-locked wheel
