"""What must hold of the stock at any moment: each query finds the rows that break it, and finds none.

`manage.py audit` runs them; they read whole tables.
"""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    # I1a: what is reserved is what held reservations say.
    "stock_reserved_is_held": """
        SELECT p.id, p.sku, p.reserved, coalesce(h.quantity, 0) AS held
          FROM product p
          LEFT JOIN (SELECT l.product_id, sum(l.quantity) AS quantity
                       FROM reservation_line l JOIN reservation r ON r.order_id = l.reservation_id
                      WHERE r.state = 'held' GROUP BY l.product_id) h ON h.product_id = p.id
         WHERE p.reserved <> coalesce(h.quantity, 0)""",
    # I1b: what is on hand is what the ledger says, from a product's first day on.
    "stock_on_hand_is_ledger": """
        SELECT p.id, p.sku, p.on_hand, coalesce(e.delta, 0) AS ledger
          FROM product p
          LEFT JOIN (SELECT product_id, sum(delta) AS delta FROM stock_entry GROUP BY product_id) e
            ON e.product_id = p.id
         WHERE p.on_hand <> coalesce(e.delta, 0)""",
    # I1c: an order takes a product off the shelf once, and brings it back at most once.
    "stock_moved_once": """
        SELECT product_id, order_id, reason, count(*) AS times FROM stock_entry
         WHERE order_id IS NOT NULL GROUP BY product_id, order_id, reason HAVING count(*) > 1""",
    "stock_never_negative": """
        SELECT id, sku, on_hand, reserved FROM product WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand""",
    # What an order has moved is what became of its reservation: a sale is out, everything else is not or is back.
    "stock_sold_is_committed": """
        SELECT coalesce(m.order_id, l.reservation_id) AS order_id, coalesce(m.product_id, l.product_id) AS product_id,
               coalesce(m.delta, 0) AS moved, coalesce(l.quantity, 0) AS committed
          FROM (SELECT order_id, product_id, sum(delta) AS delta FROM stock_entry
                 WHERE order_id IS NOT NULL GROUP BY order_id, product_id) m
          FULL JOIN (SELECT l.reservation_id, l.product_id, l.quantity
                       FROM reservation_line l JOIN reservation r ON r.order_id = l.reservation_id
                      WHERE r.state = 'committed') l
            ON l.reservation_id = m.order_id AND l.product_id = m.product_id
         WHERE -coalesce(m.delta, 0) <> coalesce(l.quantity, 0)""",
    "stock_restocked_after_sale": """
        SELECT b.order_id, b.product_id FROM stock_entry b
         WHERE b.reason = 'restock'
           AND NOT EXISTS (SELECT FROM stock_entry c WHERE c.reason = 'commit' AND c.order_id = b.order_id
                              AND c.product_id = b.product_id AND c.delta = -b.delta)""",
    "reservation_total_is_lines": """
        SELECT r.order_id, r.total, coalesce(sum(l.quantity * l.unit_price), 0) AS lines
          FROM reservation r LEFT JOIN reservation_line l ON l.reservation_id = r.order_id
         GROUP BY r.order_id HAVING r.total <> coalesce(sum(l.quantity * l.unit_price), 0)""",
    "reservation_rejected_holds_nothing": """
        SELECT r.order_id, count(*) AS lines
          FROM reservation r JOIN reservation_line l ON l.reservation_id = r.order_id
         WHERE r.state = 'rejected' GROUP BY r.order_id""",
    "reservation_held_has_lines": """
        SELECT r.order_id, r.state FROM reservation r
         WHERE r.state IN ('held', 'committed')
           AND NOT EXISTS (SELECT FROM reservation_line l WHERE l.reservation_id = r.order_id)""",
    "product_sold_out_is_so": """
        SELECT id, sku, sold_out, on_hand, reserved FROM product WHERE sold_out <> (on_hand <= reserved)""",
}
