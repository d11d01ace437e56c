"""How old a user may be."""

YOUNGEST, OLDEST = 13, 120
