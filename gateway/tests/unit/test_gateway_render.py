"""Filling in the template: exact values in, a clear refusal of wrong ones."""

import base64
import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway

UPSTREAMS = {"users": "10.0.0.1:1", "catalog": "catalog-web:2", "orders": "[::1]:3"}


def rendered(**changes: Any) -> str:
    usual: dict[str, Any] = {"listen": "127.0.0.1:8080", "admin": "127.0.0.1:9901", "upstreams": UPSTREAMS}
    return gateway.render(**usual | changes)


def test_addresses_go_where_they_belong():
    text = rendered(listen="0.0.0.0:80", admin="127.0.0.1:9")

    assert re.findall(r'socket_address: {address: "(.*?)", port_value: (\d+)}', text) == [
        ("127.0.0.1", "9"),
        ("0.0.0.0", "80"),
        ("10.0.0.1", "1"),
        ("catalog-web", "2"),
        ("::1", "3"),
    ]


def test_the_access_log_is_where_it_is_wanted():
    assert 'path: "/tmp/a b.log"\n' in rendered(access_log="/tmp/a b.log")


def test_a_waiting_order_fits_into_the_default_limits():
    text = rendered()

    assert set(re.findall(r"max_stream_duration: \"(.*?)\"", text)) == {"60s", "600s"}
    assert re.findall(r"stream_idle_timeout: (.*)\n", text) == ["60s"]


def test_overrides_replace_defaults():
    text = rendered(overrides={"RATE_BURST": "7"})

    assert "{max_tokens: 7, tokens_per_fill: 2000, fill_interval: 1s}" in text


def test_errors_point_to_where_the_api_is_reached():
    assert 'type: "http://127.0.0.1:8080/problems/' in rendered()
    assert 'type: "https://plaza.example/problems/' in rendered(overrides={"PUBLIC_URL": "https://plaza.example"})


@pytest.mark.parametrize(
    "wrong",
    ["", "8080", ":8080", "host:", "host:x", "host:0", "host:65536", "ho st:80", 'a":80', "a\n:80", "a:٨"],
)
def test_a_malformed_address_is_refused_by_name(wrong):
    with pytest.raises(gateway.ConfigurationError, match=r"^listen must be host:port, not "):
        rendered(listen=wrong)


def test_missing_upstreams_are_all_named():
    with pytest.raises(gateway.ConfigurationError, match=r"^no upstream given for: catalog, orders$"):
        rendered(upstreams={"users": "a:1"})


def test_a_name_without_value_is_refused():
    with pytest.raises(gateway.ConfigurationError, match=r"^NAME has no value and no default$"):
        gateway.fill(text="${NAME}", values={})


@given(st.text())
def test_a_value_never_leaves_its_quotes(value):
    try:
        text = gateway.fill(text='name: "${NAME}"', values={"NAME": value})
    except gateway.ConfigurationError:
        return

    assert re.fullmatch(r'name: "[^"\\\n]*"', text)


def test_the_policy_allows_the_pages_own_code_by_hash():
    digest = base64.b64encode(hashlib.sha256(b"a{}").digest()).decode()

    policy = gateway.policy(page="<style>a{}</style>")

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src 'none'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_a_container_is_configured_by_its_environment():
    environ = {"LISTEN": "0.0.0.0:81", "USERS": "u:5", "RATE_BURST": "9", "HOME": "/root"}

    text = gateway.render_from_environment(environ=environ)

    assert text == gateway.render(
        listen="0.0.0.0:81",
        admin="127.0.0.1:9901",
        upstreams={"users": "u:5", "catalog": "catalog-web:8000", "orders": "orders-web:8000"},
        overrides={"RATE_BURST": "9"},
    )


def test_the_template_opens_no_door_for_malformed_http():
    text = gateway.TEMPLATE.read_text()

    assert "allow_chunked_length: false" in text
    assert "accept_http_10: false" in text
    assert "headers_with_underscores_action: REJECT_REQUEST" in text


def test_traces_are_only_spoken_of_with_a_collector():
    assert "collector" not in rendered()
    assert "tracing" not in rendered()

    text = rendered(collector="http://collector.plaza:4318/")
    assert 'uri: "http://collector.plaza:4318/v1/traces"' in text
    assert 'socket_address: {address: "collector.plaza", port_value: 4318}' in text


@pytest.mark.parametrize("wrong", ["collector:4318", "https://collector:4318", "http://", "http://collector/v1/traces"])
def test_a_collector_that_cannot_be_sent_to_is_refused(wrong):
    with pytest.raises(gateway.ConfigurationError, match="plain HTTP"):
        rendered(collector=wrong)


def test_the_environment_says_how_many_traces_are_recorded():
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_SAMPLER_ARG": "0.25"}

    assert "random_sampling: {value: 25}" in gateway.render_from_environment(environ=environ)
    assert gateway.sampling(environ={}) == {}
    with pytest.raises(gateway.ConfigurationError, match="OTEL_TRACES_SAMPLER_ARG"):
        gateway.sampling(environ={"OTEL_TRACES_SAMPLER_ARG": "1.5"})
