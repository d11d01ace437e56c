"""One service as a process: reads commands from its input, does them with the service's real code, writes answers.

`python tests/saga/service orders` is the orders service without web, worker and relay. A command is a line of JSON,
`{"do": "deliver", "message": …, "fault": {"at": "before_commit", "how": "dies"}}`; so is its answer. With each answer
goes what the service has said meanwhile: read, marked and put into messages by the relay's own code.
"""

import importlib
import os
import sys
import traceback
from typing import Any, BinaryIO

import django
import orjson

Answer = dict[str, Any]


def main() -> None:
    """Serve the service that the command line names until its input ends."""
    name = sys.argv[1]
    # Whatever prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{name}.settings"
    django.setup()
    serve(name, sys.stdin.buffer, answers)


def serve(name: str, commands: BinaryIO, answers: Any) -> None:
    """Answer each command of a stream."""
    import of_each

    acts = {**of_each.ACTS, **importlib.import_module(f"of_{name}").ACTS}
    for line in commands:
        answer = done(acts, orjson.loads(line))
        answers.write(orjson.dumps({**answer, "said": of_each.relayed()}) + b"\n")


def done(acts: dict[str, Any], command: dict[str, Any]) -> Answer:
    """Do one command and tell how it ended: a result, a refusal, an outage, a death, a failure."""
    import faults
    from django.db import Error as DatabaseFault
    from django.db import connection

    from shared.db.faults import is_outage
    from shared.errors import AppError

    act, fault = acts[command.pop("do")], command.pop("fault", None)
    with faults.armed(fault) as trap:
        try:
            answer: Answer = {"result": act(**command)}
        except faults.Died:
            answer = {"died": True}
        except AppError as refusal:
            answer = {"refused": type(refusal).__name__}
        except DatabaseFault as error:
            connection.close()
            answer = {"outage": str(error)} if is_outage(error) else {"failed": traceback.format_exc()}
        except Exception:  # noqa: BLE001 (a defect, for the test to tell)
            answer = {"failed": traceback.format_exc()}
    return {**answer, "fault_met": trap.sprung}


if __name__ == "__main__":
    main()
