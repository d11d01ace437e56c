"""slo.yaml and alerts.yaml are read strictly; what is wrong is named by its field."""

import pytest
import yaml

from tools.monitoring import sources


@pytest.fixture
def slo_file(tmp_path, root):
    """Return a function that writes a changed slo.yaml and reads it."""

    def read(change):
        content = yaml.safe_load((root / sources.SLO_FILE).read_text())
        change(content)
        path = tmp_path / sources.SLO_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
        return sources.promises(root=tmp_path)

    return read


def test_the_promises_are_those_of_the_design(promises):
    promised = {
        (slo.name, slo.objective, slo.latency.seconds if slo.latency else None)
        for slo in promises.slos
        if slo.service is None
    }

    assert promised == {
        ("availability", 99.9, None),
        ("reads", 99.0, 0.25),
        ("settlement", 99.0, 5.0),
        ("delivery", 99.9, 30.0),
    }
    assert {slo.name: slo.budget for slo in promises.slos}["availability"] == 0.001


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda file: file["slos"][0].update(objective=100), "slos.0.objective: "),
        (lambda file: file["slos"][0].update(objective="99.9"), "slos.0.objective: "),
        (lambda file: file["slos"][1].update(sevice="gateway"), "slos.1.sevice: Extra inputs"),
        (lambda file: file["slos"][2]["latency"].update(seconds=0), "slos.2.latency.seconds: "),
        (lambda file: file["slos"][0]["ratio"].pop("total"), "slos.0.ratio.total: Field required"),
        (lambda file: file["slos"][0].update(latency=file["slos"][2]["latency"]), "slos.0: "),
        (lambda file: file["slos"][1].update(name="availability"), "named twice: availability"),
        (lambda file: file.update(window="7d"), "window: "),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(slo_file, change, told):
    with pytest.raises(sources.SourceInvalid) as refused:
        slo_file(change)

    assert str(refused.value).startswith("slo.yaml: ")
    assert told in str(refused.value)


def test_what_is_no_yaml_is_refused(tmp_path):
    path = tmp_path / sources.ALERTS_FILE
    path.parent.mkdir(parents=True)
    path.write_text("alerts: [")

    with pytest.raises(sources.SourceInvalid, match=r"alerts\.yaml: no YAML"):
        sources.alerts(root=tmp_path)
