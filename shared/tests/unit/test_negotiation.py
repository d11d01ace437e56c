"""Which form an answer takes: whatever is asked for, what REST framework would choose."""

import pytest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from shared.http.negotiation import ContentNegotiation
from shared.http.renderers import CSVRenderer, JSONRenderer

ACCEPTS = [
    None,
    "*/*",
    "application/json",
    "text/csv",
    "text/csv, application/json",
    "text/html, application/xhtml+xml, */*;q=0.8",
    "application/*",
    "application/json; indent=4",
    "text/html",
    "",
]


def chosen(negotiation, accept, renderers):
    asked = {} if accept is None else {"HTTP_ACCEPT": accept}
    request = Request(APIRequestFactory().get("/", **asked))
    try:
        renderer, media_type = negotiation.select_renderer(request, renderers)
    except NotAcceptable:
        return None
    return type(renderer), media_type


@pytest.mark.parametrize("renderers", [[JSONRenderer()], [CSVRenderer(), JSONRenderer()]])
@pytest.mark.parametrize("accept", ACCEPTS)
def test_the_short_way_leads_to_the_same_form(accept, renderers):
    assert chosen(ContentNegotiation(), accept, renderers) == chosen(DefaultContentNegotiation(), accept, renderers)


@pytest.mark.parametrize("accept", [None, "application/json"])
def test_who_takes_json_gets_it(accept):
    assert chosen(ContentNegotiation(), accept, [JSONRenderer()]) == (JSONRenderer, "application/json")


def test_who_does_not_take_json_is_refused():
    assert chosen(ContentNegotiation(), "text/html", [JSONRenderer()]) is None
