"""Tables, queues, and what the code itself says about them."""

from django.core.management import call_command


def prepare() -> None:
    """Make the service's tables and queues."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("declare_queues")
