"""Routes of a real web process under test: notes.py's, and some that are slow or fail with what nobody should see."""

import os
import threading
import time
from pathlib import Path

from django.db import connection
from django.http import HttpResponse
from django.urls import path
from notes import handler400, handler404, handler500, urlpatterns

CANARIES = {
    "e-mail": "canary.person@example.com",
    "password": "Canary-pass-1!",
    "token": "eyJhbGciOiJFUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl",
    "phone": "+15550001234",
}
__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


def leaky(request):
    """Fail with personal data in local variables, the request and the error's text."""
    password = CANARIES["password"]
    phone = {"phone_number": CANARIES["phone"]}
    raise RuntimeError(f"cannot write to {CANARIES['e-mail']} with {CANARIES['token']}, {len(password + str(phone))}")


def slow(request):
    """Take three seconds."""
    time.sleep(3)
    return HttpResponse("slow")


def held(request):
    """Answer once the file HOLD_FILE is gone."""
    while Path(os.environ["HOLD_FILE"]).exists():
        time.sleep(0.02)
    return HttpResponse("held")


def slow_statement(request):
    """Have the database take its time over something personal."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_sleep(0.15), %s {'/* long */' * 40}", [CANARIES["e-mail"]])
    return HttpResponse(str(threading.get_ident()))


urlpatterns = [
    *urlpatterns,
    path("leaky/", leaky),
    path("held/", held),
    path("slow/", slow),
    path("slow-statement/", slow_statement),
]
