"""The WSGI application of the orders service."""

import os

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import with_management
from shared.http import prefer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orders.settings")
application = with_management(prefer.turnstile(get_wsgi_application()))
