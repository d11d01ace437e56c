"""The laws of ledger and jobs as questions to the database: each returns the rows that contradict it; none may.

The first column is always the id of what is wrong; the others help a person to see why.
"""

_BALANCE = """
SELECT w.user_id, w.balance, coalesce(sum(e.amount), 0) AS entries
  FROM wallets w LEFT JOIN ledger_entries e ON e.wallet_id = w.user_id
 GROUP BY w.user_id
HAVING w.balance <> coalesce(sum(e.amount), 0)
"""

_NOT_NEGATIVE = "SELECT user_id, balance FROM wallets WHERE balance < 0"

_USER_HAS_WALLET = """
SELECT u.id, u.is_active FROM users u LEFT JOIN wallets w ON w.user_id = u.id WHERE w.user_id IS NULL
"""

_WALLET_HAS_USER = """
SELECT w.user_id, w.balance FROM wallets w LEFT JOIN users u ON u.id = w.user_id WHERE u.id IS NULL
"""

# Two entries that add up to zero, so that whatever leaves one account reaches another.
_ADD_UP = """
SELECT e.transfer_id, count(*) AS entries, sum(e.amount) AS sum
  FROM ledger_entries e
 GROUP BY e.transfer_id
HAVING sum(e.amount) <> 0 OR count(*) <> 2
"""

_ENTRIES_OF_AMOUNT = """
SELECT t.id, t.amount, max(e.amount) AS moved
  FROM ledger_transfers t LEFT JOIN ledger_entries e ON e.transfer_id = t.id
 GROUP BY t.id
HAVING coalesce(max(e.amount), 0) <> t.amount
"""

_ENTRY_HAS_TRANSFER = """
SELECT e.id, e.transfer_id FROM ledger_entries e LEFT JOIN ledger_transfers t ON t.id = e.transfer_id
 WHERE t.id IS NULL
"""

_PAYMENT_HAS_TRANSFERS = """
SELECT p.order_id, p.state, array_agg(t.kind ORDER BY t.kind) AS transfers
  FROM payments p LEFT JOIN ledger_transfers t ON t.order_id = p.order_id
 GROUP BY p.order_id
HAVING array_agg(t.kind ORDER BY t.kind)::text <>
       CASE p.state WHEN 'captured' THEN '{payment}' WHEN 'refunded' THEN '{payment,refund}' ELSE '{NULL}' END
"""

# The payment names its latest transfer.
_PAYMENT_NAMES_TRANSFER = """
SELECT p.order_id, p.state, t.kind
  FROM payments p LEFT JOIN ledger_transfers t ON t.id = p.transfer_id AND t.order_id = p.order_id
 WHERE (p.state = 'captured' AND t.kind IS DISTINCT FROM 'payment')
    OR (p.state = 'refunded' AND t.kind IS DISTINCT FROM 'refund')
"""

_TRANSFER_HAS_PAYMENT = """
SELECT t.id, t.order_id, t.amount, p.amount AS asked
  FROM ledger_transfers t LEFT JOIN payments p ON p.order_id = t.order_id
 WHERE t.order_id IS NOT NULL AND p.amount IS DISTINCT FROM t.amount
"""

# Out of the customer's own wallet into the sales, and back.
_PAYERS_WALLET = """
SELECT t.id, t.kind, p.user_id
  FROM ledger_transfers t JOIN payments p ON p.order_id = t.order_id
 WHERE NOT EXISTS (
       SELECT FROM ledger_entries e
        WHERE e.transfer_id = t.id AND e.wallet_id = p.user_id AND (e.amount < 0) = (t.kind = 'payment'))
"""

_JOB_COUNTS = """
SELECT j.id, j.total, j.created, j.failed
  FROM jobs j LEFT JOIN job_rows r ON r.job_id = j.id
 GROUP BY j.id
HAVING (count(r.id), count(*) FILTER (WHERE r.status = 'created'), count(*) FILTER (WHERE r.status = 'failed'))
       <> (j.total, j.created, j.failed)
"""

_CREATED_EXISTS = """
SELECT r.id, r.job_id, r.number, r.user_id
  FROM job_rows r LEFT JOIN users u ON u.id = r.user_id
 WHERE r.status = 'created' AND u.id IS NULL
"""

INVARIANTS: dict[str, str] = {
    "balance_is_the_sum_of_its_entries": _BALANCE,
    "no_wallet_is_below_zero": _NOT_NEGATIVE,
    "every_user_has_a_wallet": _USER_HAS_WALLET,
    "every_wallet_has_a_user": _WALLET_HAS_USER,
    "entries_of_a_transfer_add_up_to_zero": _ADD_UP,
    "every_transfer_moves_its_amount": _ENTRIES_OF_AMOUNT,
    "every_entry_has_a_transfer": _ENTRY_HAS_TRANSFER,
    "payments_have_the_transfers_of_their_state": _PAYMENT_HAS_TRANSFERS,
    "payments_name_their_latest_transfer": _PAYMENT_NAMES_TRANSFER,
    "no_order_is_paid_without_its_payment": _TRANSFER_HAS_PAYMENT,
    "payments_move_the_payers_money": _PAYERS_WALLET,
    "jobs_count_their_rows": _JOB_COUNTS,
    "accounts_made_by_jobs_exist": _CREATED_EXISTS,
}
