"""The WSGI application of the catalog service."""

import os

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import with_management

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog.settings")
application = with_management(get_wsgi_application())
