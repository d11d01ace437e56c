"""A cluster's own gateway leads every request where ours leads it, and gives it as long.

Both are evaluated: gateway/envoy.yaml as helm/plaza installs it, and the HTTPRoutes of the production values.
"""

import re

import pytest
import worlds
import yaml

PATHS = [
    "/api/v2/auth/login/",
    "/api/v1/users/me/",
    "/api/v2/users/export/",
    "/api/v2/wallet/",
    "/api/v1/jobs/7/",
    "/.well-known/jwks.json",
    "/api/v2/categories/",
    "/api/v2/products/",
    "/api/v1/products/7/",
    "/api/v1/products/import/",
    "/api/v2/products/import/",
    "/api/v2/products/export/",
    "/api/v2/imports/7/errors/",
    "/api/v1/products/7/purchase/",
    "/api/v2/products/7/purchase",
    "/api/v2/orders/",
    "/api/v1/orders/7/timeline/",
    "/api/v1/orders/export/",
    "/users/docs/",
    "/catalog/redoc/",
    "/orders/openapi.json",
    # nobody's
    "/metrics",
    "/readyz",
    "/admin/",
    "/api/v2/",
    "/api/v3/orders/",
    "/api/v2/ordersexport/",
    "/orders/metrics",
]
NOBODYS = 7


@pytest.fixture(scope="module")
def ours():
    """What the gateway of helm/plaza does with a path: service and seconds."""
    config = next(
        each for each in worlds.objects("plaza as it is", "ConfigMap") if each["metadata"]["name"].endswith("-gateway")
    )
    text = re.sub(r"@[A-Z_]+@", "1", config["data"]["envoy.yaml"])
    listener = yaml.safe_load(text)["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]

    def answer(path):
        for each in routes:
            match = each["match"]
            exact, pattern = match.get("path"), match.get("safe_regex", {}).get("regex")
            if "headers" not in match and (path == exact or (pattern and re.fullmatch(pattern, path))):
                found = each.get("route")
                return found and (found["cluster"], found["max_stream_duration"]["max_stream_duration"])
        return None

    return answer


def rules():
    """Every path of the HTTPRoutes with its rule, in the order in which Envoy Gateway and Contour look at them."""
    found = [
        (match["path"]["type"], match["path"]["value"], rule)
        for route in worlds.objects("plaza, production", "HTTPRoute")
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    ]
    return sorted(found, key=lambda one: (("Exact", "RegularExpression", "PathPrefix").index(one[0]), -len(one[1])))


def meets(kind, value, path):
    if kind == "RegularExpression":
        return re.fullmatch(value, path) is not None
    return path == value or (kind == "PathPrefix" and path.startswith(value.rstrip("/") + "/"))


@pytest.fixture(scope="module")
def theirs():
    """What a gateway does by the HTTPRoutes."""
    ordered = rules()

    def answer(path):
        for kind, value, rule in ordered:
            if meets(kind, value, path):
                return rule["backendRefs"][0]["name"].removeprefix("plaza-"), rule["timeouts"]["request"]
        return None

    return answer


@pytest.mark.parametrize("path", PATHS)
def test_both_gateways_lead_to_the_same_service_for_as_long(path, ours, theirs):
    assert theirs(path) == ours(path)


def test_the_paths_compared_are_real(ours):
    assert [ours(path) is None for path in PATHS] == [False] * (len(PATHS) - NOBODYS) + [True] * NOBODYS
    assert ours("/api/v2/products/import/") == ("catalog", "600s")
    assert ours("/api/v2/products/7/purchase/") == ("orders", "60s")
