"""F3: RabbitMQ dies, is stopped, stands still, or refuses to take anything for want of memory."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator

from devstack import stack as stacks
from devstack.parts import rabbitmq
from tools.chaos.faults import processes
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Missed, Stage

_ALL = ("rabbitmq",)
_CONTROL_SECONDS = 30
_TOO_LITTLE, _ENOUGH = "1MB", "768MB"

CARDS = (
    Card(family="F3", name="kill broker", targets=_ALL),
    Card(family="F3", name="stop broker", targets=_ALL, shortest=3, longest=6),
    Card(family="F3", name="freeze broker", targets=_ALL, shortest=4, longest=8),
    Card(family="F3", name="broker's memory alarm", targets=_ALL, shortest=4, longest=8),
)


@contextlib.contextmanager
def kill(stage: Stage, strike: Strike) -> Iterator[None]:
    """Kill the node; the supervisor starts it again."""
    stage.pid(strike.target)
    stage.system.kill(strike.target)
    yield
    stage.system.wait_ready(strike.target)


@contextlib.contextmanager
def stop(stage: Stage, strike: Strike) -> Iterator[None]:
    """Stop the node in good order for a while."""
    stage.system.stop(strike.target)
    try:
        yield
    finally:
        stage.system.start(strike.target)


@contextlib.contextmanager
def alarm(stage: Stage, strike: Strike) -> Iterator[None]:
    """Let the node believe that its memory is used up: it blocks every connection that publishes."""
    stage.pid(strike.target)
    control(stage.system.stack, "set_vm_memory_high_watermark", "absolute", _TOO_LITTLE)
    try:
        yield
    finally:
        control(stage.system.stack, "set_vm_memory_high_watermark", "absolute", _ENOUGH)


def control(stack: stacks.Stack, *arguments: str) -> str:
    """Run rabbitmqctl against the node of a stack; raises Missed with its complaint when it fails."""
    environment = rabbitmq.build(stack=stack).environment
    programs = sorted((stack.config.cache_dir / rabbitmq.NAME / rabbitmq.SERVER).glob("rabbitmq_server-*/sbin"))
    try:
        done = subprocess.run(  # noqa: S603  (the node's own tool)
            [str(programs[-1] / "rabbitmqctl"), *arguments],
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=_CONTROL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Missed(f"rabbitmqctl {arguments[0]} took longer than {_CONTROL_SECONDS} s") from late
    if done.returncode:
        complaint = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise Missed(f"rabbitmqctl {arguments[0]}: {complaint[0]}")
    return done.stdout


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = {
    "kill broker": kill,
    "stop broker": stop,
    "freeze broker": processes.freeze,
    "broker's memory alarm": alarm,
}
