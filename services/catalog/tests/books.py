"""The invariants of the stock (RELIABILITY of the books): each query finds the rows that break one."""

from django.db import connection

_INVARIANTS = {
    "reserved is what held reservations say": """
        SELECT p.sku, p.reserved, h.quantity FROM product p
          LEFT JOIN (SELECT l.product_id, sum(l.quantity) AS quantity
                       FROM reservation_line l JOIN reservation r ON r.order_id = l.reservation_id
                      WHERE r.state = 'held' GROUP BY 1) h ON h.product_id = p.id
         WHERE p.reserved <> coalesce(h.quantity, 0)""",
    "on hand is what the ledger says": """
        SELECT p.sku, p.on_hand, e.delta FROM product p
          LEFT JOIN (SELECT product_id, sum(delta) AS delta FROM stock_entry GROUP BY 1) e
            ON e.product_id = p.id
         WHERE p.on_hand <> coalesce(e.delta, 0)""",
    "a sale leaves the shelf once": """
        SELECT product_id, order_id FROM stock_entry WHERE reason = 'commit'
         GROUP BY 1, 2 HAVING count(*) > 1""",
    "sales are what committed reservations say": """
        SELECT s.sold, c.quantity
          FROM (SELECT -coalesce(sum(delta), 0) AS sold FROM stock_entry
                 WHERE reason IN ('commit', 'restock')) s,
               (SELECT coalesce(sum(l.quantity), 0) AS quantity
                  FROM reservation_line l JOIN reservation r ON r.order_id = l.reservation_id
                 WHERE r.state = 'committed') c
         WHERE s.sold <> c.quantity""",
    "the total is the sum of the lines": """
        SELECT r.order_id FROM reservation r
          LEFT JOIN reservation_line l ON l.reservation_id = r.order_id
         GROUP BY r.order_id HAVING r.total <> coalesce(sum(l.quantity * l.unit_price), 0)""",
    "what is refused holds nothing": """
        SELECT r.order_id FROM reservation r JOIN reservation_line l ON l.reservation_id = r.order_id
         WHERE r.state = 'rejected'""",
}


def balance() -> None:
    """Assert that every invariant holds now."""
    with connection.cursor() as cursor:
        for name, query in _INVARIANTS.items():
            cursor.execute(query)
            assert cursor.fetchall() == [], name
