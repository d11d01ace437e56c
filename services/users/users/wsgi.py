"""The WSGI application of the users service."""

import os

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import Service

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "users.settings")
application = Service(get_wsgi_application())
