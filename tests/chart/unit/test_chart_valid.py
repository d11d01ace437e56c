"""Everything that is rendered is valid, strictly, and what nobody could validate is known by name."""

import functools
import json

import kubernetes_validate
import pytest
import worlds

from tools.chart import fetch, render

#: Kinds of other projects: Kubernetes' own schemas do not know them.
FOREIGN = {
    "gateway.networking.k8s.io/v1": {"HTTPRoute", "Gateway"},
    "gateway.envoyproxy.io/v1alpha1": {"ClientTrafficPolicy", "BackendTrafficPolicy"},
    "monitoring.coreos.com/v1": {"ServiceMonitor", "PodMonitor", "PrometheusRule", "Prometheus"},
    "keda.sh/v1alpha1": {"ScaledObject"},
}


@functools.cache
def fault(thing: str) -> str:
    """What is wrong with an object, given as JSON; the same object is in several worlds."""
    try:
        kubernetes_validate.validate(json.loads(thing), fetch.KUBERNETES, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return str(error.message)
    return ""


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_every_object_is_valid(world):
    known = [each for each in worlds.objects(world) if each["kind"] not in FOREIGN.get(each["apiVersion"], set())]

    wrong = [(worlds.title(each), fault(json.dumps(each))) for each in known]

    assert [each for each in wrong if each[1]] == []
    assert worlds.objects(world)


def test_validation_is_strict():
    broken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"portss": []}}

    with pytest.raises(kubernetes_validate.ValidationError, match="portss"):
        kubernetes_validate.validate(broken, fetch.KUBERNETES, strict=True)


@pytest.mark.parametrize("chart", ["service", "plaza"])
@pytest.mark.parametrize("values", ["local", "production"])
def test_helms_linter_finds_nothing(chart, values):
    said = render.lint(name=chart, values=render.HELM / chart / f"values-{values}.yaml")

    assert "0 chart(s) failed" in said


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_no_object_is_there_twice(world):
    names = [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in worlds.objects(world)]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("overlay", ["overlays/local", "overlays/production"])
@pytest.mark.parametrize("chart", ["plaza as it is", "plaza, local", "plaza, production"])
def test_no_object_is_in_both_worlds(overlay, chart):
    def names(world):
        return {(each["kind"], each["metadata"]["name"]) for each in worlds.objects(world)}

    assert names(overlay) & names(chart) == set()
