"""The audit across the services: what orders, catalog and users say about one order must agree (decision record 0014).

No service may read another's tables, so this is no part of any: an operator or a CronJob runs it, with addresses of
all three databases (`manage.py audit_across`). Here, and nowhere else, the three schemas are known together.
"""
