"""How the embedded stack is, on one page: `facts` asks, `page` draws, `server` answers.

It is part of this stack only: on Kubernetes Grafana shows more than this page, and the public gateway tells nothing.
"""
