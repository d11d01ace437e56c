"""Mutants: the system with one protection switched off, to see that the checker notices.

The services know nothing of them: a run with a mutant starts the services under `tools.chaos.mutants.settings`, which
takes a service's own settings and adds the app that patches the protection away.
"""

from devstack import config

CHOSEN, SERVICE = "CHAOS_MUTANT", "CHAOS_SERVICE"

#: what is switched off, and what of it a run must notice
NAMES = {
    "no_inbox": "an event that is delivered twice is handled twice",
    "early_ack": "a message is acknowledged before it is handled, and lost with its worker",
    "no_tombstone": "a release that overtakes its reservation leaves no trace, and the stock stays held for ever",
    "no_idempotency": "a request that is repeated is done again",
    "no_confirms": "the relay takes an event as sent without waiting for the broker's confirm",
}


def environment(*, name: str, service: str) -> dict[str, str]:
    """Return what a service's processes are given in order to start with a mutant."""
    return {
        "DJANGO_SETTINGS_MODULE": "tools.chaos.mutants.settings",
        "PYTHONPATH": str(config.ROOT),
        SERVICE: service,
        CHOSEN: name,
    }
