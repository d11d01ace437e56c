"""A Celery app whose tasks do nothing, or write one row; late acknowledgement and a quorum queue, as ours."""

import os

import psycopg
from celery import Celery
from kombu import Exchange, Queue

QUEUE = "noop"
app = Celery(QUEUE, broker=os.environ["BROKER_URL"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_queues=[Queue(QUEUE, Exchange(""), routing_key=QUEUE, queue_arguments={"x-queue-type": "quorum"})],
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
)
_connections: list["psycopg.Connection[tuple[object, ...]]"] = []


@app.task(name="noop")  # type: ignore[untyped-decorator]
def noop(*_: object, **__: object) -> None:
    """Do nothing."""


@app.task(name="noted")  # type: ignore[untyped-decorator]
def noted(identity: str) -> None:
    """Note the moment in a row, on a lasting connection."""
    if not _connections:
        _connections.append(psycopg.connect(os.environ["DATABASE_URL"]))
    with _connections[0].transaction():
        _connections[0].execute("INSERT INTO bench_noted (id) VALUES (%s)", [identity])
