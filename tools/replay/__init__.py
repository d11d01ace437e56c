"""Replay a retailer's invoices as orders: a client of the public API and of nothing else.

parse reads the file, plan decides what it means, client talks, shop, accounts and orders do the work,
books checks it, report shows it; run puts them in order.
"""
