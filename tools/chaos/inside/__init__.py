"""What a run puts into the services: handlers that poison can reach, and the mutant where one is wanted.

The services know nothing of it: a run starts them under `tools.chaos.inside.settings`, which takes a service's own
settings and adds one app.
"""

SERVICE, MUTANT = "CHAOS_SERVICE", "CHAOS_MUTANT"


def environment(*, service: str, mutant: str) -> dict[str, str]:
    """Return what a service's processes are given.

    Args:
        service: whose settings are theirs.
        mutant: the protection that is switched off; empty for none.
    """
    return {"DJANGO_SETTINGS_MODULE": "tools.chaos.inside.settings", SERVICE: service, MUTANT: mutant}
