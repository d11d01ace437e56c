"""F8."""

CARDS = ()
ACTIONS = {}
