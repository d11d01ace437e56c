"""`python -m benchmarks.inside MODULE`: calls functions of a module, as standard input asks for them in JSON lines."""

import importlib
import json
import os
import sys

import django


def main() -> int:
    """Answer each line with one; returns 0 at the end of the input."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # lines of log are written as ever, but beside the answers
        django.setup()
        functions = importlib.import_module(f"benchmarks.inside.{sys.argv[1]}")
        for line in sys.stdin:
            asked = json.loads(line)
            answer = getattr(functions, asked["call"])(**asked["with"])
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
