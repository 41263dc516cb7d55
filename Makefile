# Every command of development and of continuous integration is a target of this file.

# Any Python from 3.11 on; `make PY=/path/to/python setup` to choose one.
PY = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	echo $$python && break; done)
VENV = .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed
RAY_INSTALLED = $(VENV)/.installed-ray
BROWSER_INSTALLED = $(VENV)/.installed-browser
TRAINERS = .venv-trainers
TRAINERS_INSTALLED = $(TRAINERS)/.installed
TRL = .venv-trl
TRL_INSTALLED = $(TRL)/.installed
TORCH = torch
# Arguments for pytest: `make test ARGS="-k pool -x"`.
ARGS =
# How long to soak.
MINUTES = 20
PYTEST = $(BIN)/python -m pytest $(ARGS)
# One process per CPU, each with its own pool; `make test PARALLEL=` uses a single process.
PARALLEL = --numprocesses logical --maxprocesses 4 --dist worksteal
FAST = not slow and not faults and not ray and not trainers and not browser
# Keep bytecode: without it, collecting the tests takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup engine engines image demo check lint types layers drawing unit test test-all test-docker \
	test-local test-user test-ray test-report test-trainers test-slow test-overload test-faults test-scientific coverage \
	test-lowest test-modern test-modern-short test-aarch64 bench soak reap format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) engine image  ## virtual environment, container engine, image; quick when done

# Debian's Python lacks ensurepip, which virtual environments need.
$(INSTALLED): pyproject.toml
	@test -n "$(PY)" || { echo "Python 3.11 or newer is needed, none found: make PY=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PY) -c 'import ensurepip' 2>/dev/null || sh images/apt-install.sh \
		$$($(PY) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
	@test -x $(BIN)/python || $(PY) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cli,client,datasets,prometheus,serve,dev]'
	@touch $@

# Large, so installed only for the targets that need it.
$(RAY_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[ray]'
	@touch $@

$(BROWSER_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	@command -v chromium >/dev/null || sh images/apt-install.sh chromium
	@touch $@

# These packages have many dependencies, so they get a separate environment. Only the client of verl
# is used, which needs none of the package's dependencies.
$(TRAINERS_INSTALLED): $(INSTALLED)
	@test -x $(TRAINERS)/bin/python || $(PY) -m venv $(TRAINERS)
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check -e . requests \
		inspect-ai 'verifiers<0.2'
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps verl
	@touch $@

# Beside verifiers pip finds an old TRL only. torch takes several GB with its CUDA libraries; a build
# without them is enough: `make test-trainers TORCH='torch==2.13.0+cpu'`.
$(TRL_INSTALLED): $(INSTALLED)
	@test -x $(TRL)/bin/python || $(PY) -m venv $(TRL)
	$(TRL)/bin/python -m pip install --quiet --disable-pip-version-check -e . trl '$(TORCH)'
	@touch $@

engine: $(INSTALLED)  ## find a container engine, or install and start one (Debian, Ubuntu, as root)
	@sh images/engine.sh $(BIN)/python

engines:  ## install the other engines that test-all uses: crun and Podman
	sh images/apt-install.sh crun podman

image: $(INSTALLED) engine  ## build the image that sandboxes run, unless it exists
	@$(BIN)/runner image build

# Status 3: no engine exists and none can be installed. Only the demo then runs without containers.
demo: $(INSTALLED)  ## set everything up and evaluate HumanEval's reference solutions
	@sh images/engine.sh $(BIN)/python; status=$$?; \
	if [ $$status = 0 ]; then \
		$(BIN)/runner image build && $(BIN)/runner eval humaneval --backend docker; \
	elif [ $$status = 3 ]; then \
		echo 'WITHOUT CONTAINERS: no engine; the demo uses the backend "local".' >&2; \
		$(BIN)/runner eval humaneval --backend local; \
	else exit $$status; fi

check: lint types layers unit  ## all checks that need no engine, in a minute and a half

lint: $(INSTALLED)  ## style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED)  ## mypy, strict
	$(BIN)/mypy

layers: $(INSTALLED)  ## check the layers: which package may import which
	$(BIN)/lint-imports

drawing: $(INSTALLED)  ## print the packages by their imports, as in CONTRIBUTING.md
	@$(BIN)/python -m tests.docs.drawing runner runner.worker

unit: $(INSTALLED)  ## the tests that need no engine
	$(PYTEST) $(PARALLEL) -m "not engine and $(FAST)"

test: setup  ## every test once, on Docker; under five minutes
	$(PYTEST) $(PARALLEL) --backend docker -m "$(FAST)"

# The same parts as .ci/run, which runs the tests without an engine once, in `make check`.
test-all: unit test-docker test-local test-user test-ray test-report test-slow test-overload test-faults test-scientific  ## also the local backend, as root and as an ordinary user, and the slow ones

test-docker: setup  ## the tests that need an engine
	$(PYTEST) $(PARALLEL) --backend docker -m "engine and $(FAST)"

test-local: $(INSTALLED)  ## the tests of a backend, on the local one
	$(PYTEST) $(PARALLEL) --backend local -m "backend and not engine and $(FAST)"

test-user: $(INSTALLED)  ## the local backend as an ordinary user
	@sh .ci/as-user $(BIN)/python $(PARALLEL) -m "(backend or user) and not engine and $(FAST)" $(ARGS)

test-ray: setup $(RAY_INSTALLED)  ## the pool on Ray clusters on this machine; installs Ray first
	sh .ci/loopback $(PYTEST) --backend docker -m ray

test-trainers: setup $(TRAINERS_INSTALLED) $(TRL_INSTALLED)  ## clients of verl, verifiers, inspect_ai and TRL; installs them first
	$(PYTEST) --backend docker -m trainers

test-report: $(INSTALLED) $(BROWSER_INSTALLED)  ## the HTML report in Chromium, with screenshots; installs it first
	$(PYTEST) -m browser tests/cli
	@echo "screenshots: build/report"

test-slow: setup  ## the tests that take more than a few seconds; installs docker-compose first
	@command -v docker-compose >/dev/null || sh images/apt-install.sh docker-compose
	$(PYTEST) $(PARALLEL) --backend docker -m "slow and not faults and not overload"

# One at a time: under this load, pools of other tests do not start before their deadline.
test-overload: setup  ## the tests that keep all CPUs busy on purpose
	$(PYTEST) --backend docker -m overload

# Two at a time: one breaks its own engine. The other kills and counts containers of the shared one,
# where no other pool may start, since its reaper would remove left-over containers.
test-faults: setup  ## the tests with failing engines, containers and processes
	$(PYTEST) --numprocesses 2 --dist loadgroup --backend docker -m faults

test-scientific: setup  ## integrity on the image with numpy
	$(BIN)/runner image build scientific
	$(PYTEST) $(PARALLEL) --backend docker --image scientific -m "$(FAST)" tests/integrity

# A current distribution in a virtual machine. Its disk is kept in ~/.cache.
test-modern: setup  ## Docker 26 and Podman 5, as root and rootless, on a virtual Debian 13
	.ci/modern full

test-modern-short: setup  ## two of these engines, and fewer tests
	.ci/modern short

# In an emulator, so it is slow. Its system is kept in ~/.cache.
test-aarch64: $(INSTALLED)  ## the local backend and the kernel modules of the worker on aarch64
	.ci/aarch64

# Without the tests of the unmeasured parts of the worker, and without those that interrupt at every
# line with a tracer.
coverage: setup  ## how much of the host's side, and of the worker's codec, the tests execute
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS) --backend docker -m "$(FAST)" \
		--ignore tests/pool/test_interrupts.py --ignore tests/integrity --ignore tests/security \
		--ignore tests/determinism --ignore tests/corpus \
		--ignore tests/worker/boundary --ignore tests/worker/kernel --ignore tests/worker/subject \
		--ignore tests/worker/zygote --ignore tests/worker/judge
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-lowest: $(INSTALLED)  ## the tests that need no engine, on the oldest dependencies that are allowed
	@sh .ci/lowest $(BIN)/python -m "not engine and $(FAST)" $(ARGS)

bench: setup  ## how fast it is
	$(BIN)/python -m runner.bench $(ARGS)

soak: setup  ## all kinds of programs while sandboxes are killed at random; MINUTES=20
	$(BIN)/python -m runner.bench.soak --minutes $(MINUTES) $(ARGS)

reap: $(INSTALLED)  ## remove containers and processes that a killed host left behind
	$(BIN)/runner reap

format: $(INSTALLED)  ## rewrite the source in house style
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:  ## remove the virtual environment and all caches; images stay
	rm -rf $(VENV) $(TRAINERS) $(TRL) .build build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* \
		.import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
