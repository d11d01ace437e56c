"""The WSGI application of the catalog service."""

import os

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import Service

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog.settings")
django = get_wsgi_application()

from catalog.api import ready  # noqa: E402 (needs the settings)
from shared.http.ready.layer import ReadyAnswers  # noqa: E402 (as above)

application = Service(ReadyAnswers(django, ready.PATHS, ready.MADE))
