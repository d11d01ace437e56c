"""`python -m gateway`: print the configuration made from the environment (for containers)."""

import sys

import gateway


def main() -> int:
    """Print the configuration, or say what is wrong with the environment."""
    try:
        sys.stdout.write(gateway.render_from_environment())
    except (gateway.ConfigurationError, OSError) as error:
        sys.stderr.write(f"gateway: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
