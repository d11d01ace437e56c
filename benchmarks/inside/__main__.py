"""`python -m benchmarks.inside MODULE`: calls functions of a module, as standard input asks for them in JSON lines."""

import contextlib
import importlib
import json
import sys

import django


def main() -> int:
    """Answer each line with one; returns 0 at the end of the input."""
    django.setup()
    functions = importlib.import_module(f"benchmarks.inside.{sys.argv[1]}")
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            asked = json.loads(line)
            answer = getattr(functions, asked["call"])(**asked["with"])
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
