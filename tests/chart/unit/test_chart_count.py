"""The line that says how many objects a cluster gets."""

from collections import Counter

import worlds

from tools.chart import count

RENDERED = """
kind: Service
metadata: {name: a}
---
kind: Job
metadata: {name: b, annotations: {helm.sh/hook: pre-install}}
---
# a file that renders nothing
---
kind: Service
metadata: {name: c}
"""


def test_objects_are_counted_by_kind_and_hooks_are_objects():
    assert count.counted(rendered=RENDERED) == Counter({"Service": 2, "Job": 1})


def test_a_line_begins_with_the_sum_and_the_most_frequent_kind():
    said = count.told(name="plaza-local", kinds=Counter({"Job": 1, "Service": 2, "ConfigMap": 2}))

    assert said == "plaza-local             5  2 ConfigMap, 2 Service, 1 Job"


def test_every_object_of_the_umbrella_is_counted():
    line = next(each for each in count.table().splitlines() if each.startswith("plaza-local"))

    assert int(line.split()[1]) == len(worlds.objects("plaza, local"))
    assert "13 Deployment" in line
