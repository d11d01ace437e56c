"""Grafana's dashboards as code: the words in `panels`, one file for each page, all of them in `boards`."""
