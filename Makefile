# Plaza's commands. What CI does, make does: `make check`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SERVICES := users catalog orders
# Python starts hundreds of times: where nothing compiled may lie beside the sources, it goes to the cache.
ifdef PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/devstack/bytecode
endif
export PYTHONDONTWRITEBYTECODE :=

##@ Run
up: setup ## Start the whole system on the embedded stack and place a first order
	@$(BIN)/python -m devstack up
down: setup ## Stop everything
	@$(BIN)/python -m devstack down
status: setup ## Show parts, ports, versions, memory (FORMAT=json)
	@$(BIN)/python -m devstack status --format $(or $(FORMAT),table)
logs: setup ## Follow the logs (S=orders for one service)
	@$(BIN)/python -m devstack logs $(S)
reset: setup ## Stop everything and delete its data
	@$(BIN)/python -m devstack reset
replay: setup ## Replay a retailer's orders: DATA=file.csv[.xz] [LIMIT=n] [CONCURRENCY=n] [STOCK=1.0]
	@$(BIN)/python -m tools.replay --data "$(DATA)" $(if $(LIMIT),--limit $(LIMIT)) $(if $(CONCURRENCY),--concurrency $(CONCURRENCY)) $(if $(STOCK),--stock $(STOCK))
backup: setup ## Back up every service of the running stack: [DIR=backups] [FORMAT=pg_dump] [KEEP=7]
	@$(BIN)/python -m devstack backup $(if $(FORMAT),--format $(FORMAT)) $(if $(KEEP),--keep-days $(KEEP)) "$(or $(DIR),backups)"
restore: setup ## Replace a service's data by a backup: S=users FILE=backups/plaza-users-….jsonl.gz
	@$(BIN)/python -m devstack restore $(or $(S),"") "$(FILE)"
audit: setup ## Look at every invariant of the running stack, in and between the services: [AGE=60]
	@$(BIN)/python -m devstack audit $(if $(AGE),--age $(AGE))
manage: setup ## Run a command of a service on the running stack: S=orders C="saga list --stuck"
	@$(BIN)/python -m devstack manage $(or $(S),"") $(C)
traces: setup ## Draw each trace of a system that sends them here as a tree with times: [PORT=4318] [ORDER=id] [SQL=1]
	@$(BIN)/python -m tools.traces $(if $(PORT),--port $(PORT)) $(if $(ORDER),--order $(ORDER)) $(if $(SQL),--sql)

##@ Prove
test: setup ## Run every test on real parts (S=users for one suite, K=expression)
	@$(BIN)/python -m devstack test $(S) $(if $(K),-k "$(K)")
chaos: setup ## Strike a system of its own under load: [SECONDS=60] [SEED=n] [RATE=8] [MUTANT=no_inbox] [ONLY=F1,F3]
	@$(BIN)/python -m tools.chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE)) $(if $(MUTANT),--mutant $(MUTANT)) $(if $(ONLY),--only "$(ONLY)")
alert-drill: setup ## Stop a part of a system of its own and see which alerts fire, when: [STOP=rabbitmq] [SECONDS=120]
	@$(BIN)/python -m tools.monitoring.drill $(if $(STOP),--stop "$(STOP)") $(if $(SECONDS),--seconds $(SECONDS))
rolling-test: setup ## Restart every process of a system of its own, one after the other, under load: [ONLY=orders.web] [RATE=5]
	@$(BIN)/python -m tools.rolling $(if $(ONLY),--only "$(ONLY)") $(if $(RATE),--rate $(RATE))
restore-drill: setup ## Back up a system of its own under load, lose its databases, restore them, compare, go on: [RATE=5]
	@$(BIN)/python -m tools.restoring $(if $(RATE),--rate $(RATE))
lint: setup ## Check format, lint rules, the seven import contracts, and that no secret is here
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports --no-logo && $(BIN)/python -m tools.leaks
types: setup ## Check types strictly (S=users for one service)
	@$(BIN)/python -m tools.types $(S)
migrations: setup ## Check migrations: none missing, none unsafe, all apply from zero
	@$(BIN)/python -m tools.migrations
lock-check: setup ## Check that the hash-locked requirements are up to date
	@$(BIN)/python -m tools.lock --check
chart-test: setup ## Check the charts and k8s/ without a cluster (K=expression)
	@$(BIN)/python -m pytest -q -p no:valkey tests/chart $(if $(K),-k "$(K)")
chart-count: setup ## Tell how many objects of which kind each chart and overlay gives a cluster
	@$(BIN)/python -m tools.chart count
chart-audit: setup ## Ask checkov about the charts, k8s/ and the Dockerfile
	@$(BIN)/python -m tools.chart audit
image-test: setup ## Check the images on a Docker engine (after `make image`)
	@$(BIN)/python -m pytest -q -p no:valkey tests/image $(if $(K),-k "$(K)")
bench: setup ## Measure against peers and limits, write benchmarks/RESULTS.md: [ONLY=reads,files] [QUICK=1] [ROUNDS=5] [ROWS=1000000] [MUTANT=thrice]
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick) $(if $(MUTANT),--mutant $(MUTANT)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ROWS),--rows $(ROWS))
test-e2e-containers: setup ## Run the end-to-end tests on containers that testcontainers starts (after `make image`): [K=expression]
	@$(BIN)/python -m tools.containers $(if $(K),-k "$(K)")
cluster-test: setup ## Install, test, roll under load, upgrade and roll back in kubectl's cluster: [VALUES=…] [ADDRESS=http://…] [KEEP=1]
	@$(BIN)/python -m tools.cluster $(foreach each,$(VALUES),--values "$(each)") $(if $(ADDRESS),--address "$(ADDRESS)") $(if $(KEEP),--keep)
profile: setup ## Draw a flame graph of a process under load: WHAT=web|worker|relay [S=orders] [OUT=file.svg]
	@$(BIN)/python -m benchmarks.profile $(or $(WHAT),web) $(if $(S),--service $(S)) $(if $(OUT),--out $(OUT))
costs: setup ## Check that no hot path costs much more than usual; counted, so a busy machine does not matter: [MUTANT=thrice]
	@$(BIN)/python -m benchmarks --quick $(if $(MUTANT),--mutant $(MUTANT))
check: setup ## All of CI: two checks at a time, then the tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types lint migrations lock-check costs
	@$(MAKE) --no-print-directory test

##@ Change
setup: .venv/.ready ## Install everything into .venv (done by every other command)
.venv/.ready: requirements/dev.txt tools/bootstrap.py shared/pyproject.toml $(SERVICES:%=services/%/pyproject.toml)
	@$(PYTHON) -m tools.bootstrap
fmt: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
lock: setup ## Recompile requirements/*.txt with hashes
	@$(BIN)/python -m tools.lock
chart-golden: setup ## Write the charts' READMEs and what tests/chart expects to be rendered
	@$(BIN)/python -m tools.chart write
monitoring: setup ## Write rules, dashboards and their tests from k8s/monitoring/{slo,alerts}.yaml
	@$(BIN)/python -m tools.monitoring
dashboards-preview: setup ## Draw the dashboards from the running stack's Prometheus: [OUT=.run/dashboards.html] [MINUTES=30]
	@$(BIN)/python -m tools.monitoring.preview $(if $(OUT),--out "$(OUT)") $(if $(MINUTES),--minutes $(MINUTES))
schemas: setup ## Write the golden event schemas (docs/events/)
	@$(BIN)/python -m tools.schemas

##@ Deploy
image: setup ## Build the images: [SERVICE=users] [PYTHON_IMAGE=python:3.13-slim] [BUILD_NETWORK=host]
	@PYTHON_IMAGE="$(PYTHON_IMAGE)" BUILD_NETWORK="$(BUILD_NETWORK)" $(BIN)/python -m tools.image $(if $(SERVICE),--service $(SERVICE))
stand-ins: setup ## Build stand-ins for public images, without a registry: [PYTHON_IMAGE=plaza-base] [BUILD_NETWORK=host]
	@PYTHON_IMAGE="$(PYTHON_IMAGE)" BUILD_NETWORK="$(BUILD_NETWORK)" $(BIN)/python -m tools.stand_ins
compose-env: setup ## Make random secrets for `docker compose up`: .env and .compose/
	@$(BIN)/python -m tools.compose
deploy: setup ## Install or upgrade the system in kubectl's cluster: [VALUES=helm/plaza/values-local.yaml]
	@"$$($(BIN)/python -m tools.chart fetch | head -1)" upgrade --install plaza helm/plaza --namespace plaza --wait --timeout 15m --values "$(or $(VALUES),helm/plaza/values-local.yaml)"
sbom: setup ## Write what the images are made of as CycloneDX: sbom/plaza.json
	@$(BIN)/python -m tools.sbom

##@ Help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: costs rolling-test restore-drill bench profile chart-test chart-count chart-audit chart-golden image image-test test-e2e-containers cluster-test stand-ins compose-env deploy sbom up down status logs reset replay backup restore traces test chaos lint types migrations lock-check check setup fmt lock monitoring dashboards-preview alert-drill schemas help
