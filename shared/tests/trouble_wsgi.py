"""The WSGI application of a real web process under test."""

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import with_management

application = with_management(get_wsgi_application())
