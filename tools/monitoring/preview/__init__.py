"""The dashboards without Grafana: every panel, drawn from a running stack's Prometheus, on one page for any browser.

`units` writes numbers, `plot` draws a panel's lines, `page` puts them together.
"""
