"""The WSGI application of the catalog service."""

import os

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import with_management

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog.settings")
django = get_wsgi_application()

from shared.http.ready.layer import ReadyAnswers  # noqa: E402 (needs the settings)

# What everybody reads; what the views behind it keep, they say themselves.
application = with_management(ReadyAnswers(django, r"/api/v[12]/(products|categories)(/[!-.0-~]+)?/?\Z"))
