# Two commands do all the set-up: `make run` and `make test`. Needs Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := client_demo/web
SDK := client_demo/js
HOST ?= 127.0.0.1
PORT ?= 8080
DATA ?= data
PAGE_MINUTES ?= 4

# Every core; a free one takes tests from a busy one, for a few are long.
PYTEST := $(BIN)/pytest --numprocesses=auto --dist=worksteal

.PHONY: run test check web docs bench bench-page clean chaos storm bench-sweep retention erasure

run: $(VENV)/.runtime web ## start the server on http://127.0.0.1:8080 with ./data
	$(BIN)/roomserver serve --host $(HOST) --port $(PORT) --data $(DATA)

test: $(VENV)/.dev web ## run the test suite, the page's and the SDK's included
	$(PYTEST)

check: $(VENV)/.dev web ## everything CI runs: linters, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST)

docs: $(VENV)/.dev ## regenerate what is rendered from the code
	$(BIN)/python -m protocol.reference > docs/protocol.md
	$(BIN)/python -m roomserver.reference docs/operations.md
	$(BIN)/python -m protocol.typescript > $(SDK)/src/protocol.ts
	$(BIN)/python -m tests.vectors.conformance

.PHONY: sync
sync: $(VENV)/.dev web ## measure playback with 500 virtual players and 4 browsers, and write docs/sync*
	$(BIN)/python -m tests.sync.virtual --docs
	$(BIN)/python -m tests.sync.browsers --docs

bench: $(VENV)/.dev .bench/.installed ## print the figures of docs/benchmarks.md, peers beside ours
	$(BIN)/python -m tests.benchmarks.core
	$(BIN)/python -m tests.benchmarks.counts
	$(BIN)/python -m tests.benchmarks.restart --json docs/benchmarks/restart.json
	$(BIN)/python -m tests.benchmarks.peers --json docs/benchmarks/peers.json
	$(BIN)/python -m tests.benchmarks.house --json docs/benchmarks/house.json

ROWS ?= 1000000
bench-sweep: $(VENV)/.dev ## talk while ROWS=1000000 are swept: how long until a message is acknowledged
	$(BIN)/python -m tests.benchmarks.sweep --rows $(ROWS)

KILLS ?= 100
.PHONY: erasure-kills
erasure-kills: $(VENV)/.dev ## kill a sweep and erasures KILLS=100 times in the middle: what was begun is finished
	$(BIN)/python -m tests.benchmarks.kills --kills $(KILLS)

DAYS ?= 120
retention: $(VENV)/.dev ## DAYS=120 of recording and sweeping with restarts: nothing outlives its time
	$(BIN)/python -m tests.benchmarks.retention --days $(DAYS)

bench-page: $(VENV)/.dev web ## print the web client's figures; PAGE_MINUTES=30 watches its memory for so long
	$(BIN)/python -m tests.benchmarks.page --minutes $(PAGE_MINUTES)

PYTHON2 ?= python2.7
SEEDS ?= 0-1999
FAULTS ?=
ATTACKS ?=
TARGET ?= codec
FUZZ_SECONDS ?= 60
MINUTES ?= 30
.PHONY: autobahn simulate faults attacks fuzz soak

simulate: $(VENV)/.dev ## run seeds of the deterministic simulation, SEEDS=0-1999 or SEEDS=17
	$(BIN)/python -m tests.simulation $(SEEDS)

faults: $(VENV)/.dev ## real faults at length (5 to 15 minutes; mounts a small disk where it may), FAULTS=kills for one
	$(BIN)/python -m tests.faults $(FAULTS)

attacks: $(VENV)/.dev ## attack a server in every way while people talk (about three minutes), ATTACKS=ping_flood for one
	$(BIN)/python -m tests.attacks $(ATTACKS)

soak: $(VENV)/.dev ## two thousand people come and go for MINUTES=30; nothing may grow
	$(BIN)/python -m tests.soak --minutes $(MINUTES)

fuzz: $(VENV)/.dev ## coverage-guided fuzzing with atheris, TARGET=codec or connection for FUZZ_SECONDS
	$(BIN)/pip install --quiet --editable ".[fuzz]"
	$(BIN)/python -m tests.attacks.fuzz $(TARGET) $(FUZZ_SECONDS)

autobahn: $(VENV)/.dev ## the Autobahn suite against the gateway's frame layer; needs a Python 2.7
	$(BIN)/python -m tests.attacks.autobahn.run --python2 $(PYTHON2)

SECONDS ?= 300
chaos: $(VENV)/.dev ## talk through a network that fails all the time: make chaos SECONDS=300
	$(BIN)/python -m tests.chaos $(SECONDS)

erasure: $(VENV)/.dev ## erase one person among a million rows and print when each stage is done
	$(BIN)/python -m tests.benchmarks.erasure

storm: $(VENV)/.dev ## drop 2000 SDK clients at once and time their return
	$(BIN)/python -m tests.benchmarks.storm

# The peers are measured, never used: they live apart from this project's own environment.
.bench/.installed: tests/benchmarks/peers.txt
	$(PYTHON) -m venv .bench/venv
	.bench/venv/bin/pip install --quiet --requirement tests/benchmarks/peers.txt
	npm install --silent --prefix .bench ws@8 socket.io@4
	touch $@

web: $(VENV)/.runtime ## build the web client; Node comes from PyPI where it is missing
	$(BIN)/python -m client_demo.web.build

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

clean: ## remove what the targets above made, but never data
	rm -rf $(VENV) .bench $(WEB)/dist $(SDK)/dist client_demo/node_modules
