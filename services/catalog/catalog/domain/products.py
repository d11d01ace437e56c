"""What a product may look like, wherever it comes from: the API, an import, a demo."""

SKU_LONGEST = 64
NAME_LONGEST = 200
DESCRIPTION_LONGEST = 10_000
MOST_UNITS = 10**12
