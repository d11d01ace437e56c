"""Write the golden JSON Schema of every contract to docs/events/; a contract that changes shape shows in the diff."""

import sys
from pathlib import Path

import orjson

from shared.events.contracts import CONTRACTS

FOLDER = Path("docs/events")


def main() -> int:
    """Write all schemas and remove those without a contract; returns the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, contract in CONTRACTS.items():
        schema = contract.model_json_schema(mode="serialization")
        (FOLDER / f"{name}.json").write_bytes(
            orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
    for stray in FOLDER.glob("*.json"):
        if stray.stem not in CONTRACTS:
            stray.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
