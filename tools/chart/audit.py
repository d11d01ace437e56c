"""`python -m tools.chart audit`: checkov on the golden renderings and the Dockerfile, with the waivers of WAIVED."""

from tools import apart

#: What checkov wants and we do not, each with its reason.
WAIVED = {
    "CKV_K8S_8": "liveness: only the pod of `helm test` has none, and ends by itself",
    "CKV_K8S_9": "readiness: likewise",
    "CKV_K8S_11": "CPU limits: none for web and gateway, whose threads would be throttled in bursts",
    "CKV_K8S_15": "pulling always: tags are versions, and pods must start while the registry is away",
    "CKV_K8S_21": "default namespace: charts name none, the release's is given to helm",
    "CKV_K8S_35": "secrets in the environment: the local PostgreSQL's own image takes its passwords so",
    "CKV_K8S_40": "high user ids: the stores' images of a local cluster have users of their own",
    "CKV_K8S_43": "digests: `image.digest` takes one; which is up to who mirrors the images",
    "CKV_DOCKER_2": "HEALTHCHECK: each process has another port and patience; Compose and kubelet ask from outside",
    "CKV_DOCKER_7": "version of the base: it is an argument, python:3.13-slim by default",
}
TARGETS = (["-d", "tests/chart/golden", "--framework", "kubernetes"], ["-f", "Dockerfile", "--framework", "dockerfile"])


def audit() -> str:
    """Return what checkov says of everything; raises DevstackError with its findings."""
    checkov = str(apart.program(lock="checkov", name="checkov"))
    options = ["--compact", "--quiet", "--skip-download", "--skip-check", ",".join(WAIVED)]
    for target in TARGETS:
        apart.run(command=[checkov, *target, *options], what=f"checkov objects to {target[1]}")
    return f"checkov: no findings, {len(WAIVED)} kinds waived\n"
