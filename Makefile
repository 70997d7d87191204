# The only entry points. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := $(shell for p in $$(which -a python3); do $$p -m pip --version >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONDONTWRITEBYTECODE  # every process that a test starts would compile everything anew
PWA_SOURCES := $(shell find pwa -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: build ## install everything, start a demonstration agency and print where to look; LAN=1 for phones
	@exec sightline demo $(if $(LAN),--lan)

serve: build ## run the service with the SIGHTLINE_… settings of this shell
	@exec sightline serve

test: build ## install what the tests need and run all of them, three at a time; PYTEST="-n 0 -k words" picks some
	@tests/machine.sh
	pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

check: build ## style, types, import rules, house rules: Python and TypeScript
	@mypy & types=$$!; \
	(set -ex; ruff check; ruff format --check; lint-imports; pytest -q tests/rules; \
		cd pwa; npm run --silent lint; npm run --silent typecheck); rest=$$?; \
	wait $$types && exit $$rest

bench: build ## press to picture, bytes of the caller's page, CPU per packet; a JSON line at the end
	@tests/machine.sh
	@python -m tests.bench

bench-forward: .venv/.installed ## CPU and delay of a forwarded packet: here, in Janus and in aiortc's relay; a JSON line
	@tests/machine.sh janus
	@python -m tests.bench.forward

bench-loss: build ## picture and sound through a network that loses up to 30 % on both legs; a JSON line at the end
	@tests/machine.sh
	@python -m tests.bench.loss

bench-fault: build ## how long the picture is away when a process dies or the caller's address changes; a JSON line
	@tests/machine.sh
	@python -m tests.bench.fault

bench-nearby: .venv/.installed ## what is near an incident among 1k, 10k and 100k cameras on SQLite; a JSON line
	@python -m tests.bench.nearby

bench-map: build ## how smoothly a map is dragged with 500 units that report each second and 500 cameras; a JSON line
	@tests/machine.sh
	@python -m tests.bench.map

bench-officer: build ## 200 incidents, 500 units that report each second, 300 sockets: delay of events and positions; JSON
	@tests/machine.sh
	@python -m tests.bench.officer

bench-lighthouse: build ## the pages that are opened on a phone, by Lighthouse on a throttled one; a JSON line
	@tests/machine.sh
	@python -m tests.bench.lighthouse

bench-caller: build ## the way in under 3G, and what 500 calls at random reach when things go wrong; a JSON line
	@tests/machine.sh
	@python -m tests.bench.caller

bench-camera: .venv/.installed ## a lent camera: CPU beside ffmpeg -c copy, and how soon it is seen; a JSON line at the end
	@tests/machine.sh
	@python -m tests.bench.camera

bench-flight: build ## a drone in browsers: send to airborne, telemetry to the map, a press to a moving picture; JSON
	@tests/machine.sh
	@python -m tests.bench.flight

drone-faults: build ## link, GPS, battery and motor broken in each phase of a flight, in browsers; a table at the end
	@tests/machine.sh
	@python -m tests.bench.drone_faults

bench-drone: .venv/.installed ## a thousand incidents, six docked drones: how soon there, and whether a rule was broken; JSON
	@python -m tests.bench.drone

soak: .venv/.installed ## two thousand short calls, and what the engine keeps of them; a JSON line
	@python -m tests.bench.soak

fuzz: .venv/.installed ## a million hurt datagrams and offers while a call is running, some six minutes; a JSON line
	@tests/machine.sh
	@python -m tests.fuzz

campaign-flips: .venv/.installed ## flip ten thousand single bits in the public log's files; a JSON line at the end
	@python -m tests.tlog.campaign

campaign-kills: .venv/.installed ## kill the log's writer ten thousand times, fail its system calls, cut its power
	@tests/machine.sh
	@python -m tests.tlog.kills
	@python -m tests.tlog.calls
	@python -m tests.tlog.power

bench-log: .venv/.installed ## the public log: entries/s with fsync, to a proof, a million verified; a JSON line
	@python -m tests.bench.log

screens: build ## take the README's screenshots from the running product
	@tests/machine.sh
	@python -m tests.screens

basemap: .tools/bin/uv ## make the demonstration's map anew, backend/demo.pmtiles, in a virtual environment of its own
	@.tools/bin/uv venv -q --allow-existing --python $(PYTHON) .tools/basemap
	@VIRTUAL_ENV=.tools/basemap .tools/bin/uv pip sync -q --require-hashes requirements/basemap.txt
	@.tools/basemap/bin/python scripts/basemap.py

wire: .venv/.installed ## write pwa/src/wire.ts from backend/wire.py
	python -m backend.wire > pwa/src/wire.ts

fix: .venv/.installed pwa/node_modules/.installed ## format and mend what can be mended by itself
	ruff check --fix
	ruff format
	cd pwa && npm run --silent fix

lock: .tools/bin/uv ## write requirements/*.txt anew from pyproject.toml
	@for what in "dev --extra server --extra connector --extra drone --extra postgresql --group dev" \
		"serve --extra server --extra postgresql" "connector --extra connector" "drone --extra drone"; do set -- $$what; \
		.tools/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
			--no-annotate "$${@:2}" pyproject.toml -o requirements/$$1.txt || exit; done
	@.tools/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-deps --group basemap -o requirements/basemap.txt
	@.tools/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-deps --group tak -o requirements/tak.txt

build: pwa/dist/.built ## the pages, into pwa/dist
install: .venv/.installed ## Python packages, exactly as locked

.tools/bin/uv: requirements/uv.txt
	@echo "Installing uv, which installs the rest"
	@$(PYTHON) -m pip install -q --disable-pip-version-check --root-user-action=ignore \
		--require-hashes --upgrade --target .tools -r requirements/uv.txt
	@touch $@

.venv/.installed: .tools/bin/uv requirements/dev.txt pyproject.toml
	@echo "Installing Python packages and Node into .venv"
	@test -x $(BIN)/python || .tools/bin/uv venv -q --python $(PYTHON) .venv
	@VIRTUAL_ENV=.venv .tools/bin/uv pip sync -q --compile-bytecode --require-hashes requirements/dev.txt
	@mkdir -p pwa/dist
	@VIRTUAL_ENV=.venv .tools/bin/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

pwa/node_modules/.installed: pwa/package-lock.json .venv/.installed
	@echo "Installing what builds the pages"
	@cd pwa && npm ci --silent --no-audit --no-fund
	@touch $@

pwa/dist/.built: pwa/node_modules/.installed $(PWA_SOURCES)
	@echo "Building the pages"
	@cd pwa && npm run --silent build
	@touch $@

.PHONY: help demo serve test check basemap bench bench-forward bench-loss bench-fault bench-nearby bench-map bench-officer bench-lighthouse bench-caller bench-camera bench-drone bench-flight drone-faults soak bench-log fuzz campaign-flips campaign-kills screens wire fix lock build install
