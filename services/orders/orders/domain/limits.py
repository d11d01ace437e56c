"""How large an order may be."""

MOST_LINES = 1500
LARGEST_QUANTITY = 1_000_000
