# Each target runs commands that a reader could type. The programs of the environment come first on the path.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The folder where the study runs, with results, logs and Snakemake's records. If it has a config.yaml, that is the study.
DIRECTORY ?= .

# Two processes run the unit tests. Three run those of whole studies, as the one with the tests on Slurm mostly waits,
# in the order of tests/conftest.py.
PYTEST := --numprocesses 2
# make check COVERAGE=yes prints the coverage of the unit tests, which then take half as long again.
COVERED := $(if $(COVERAGE),--cov=mnist_study --cov=snakemake_executor_plugin_slurm_patient \
	--cov-report=term:skip-covered)
# make test THOROUGH=yes runs the whole table of changes and all else but the faults on Slurm that take minutes.
THOROUGHLY := $(if $(THOROUGH),,and not thorough)
ORDERED := --numprocesses 3 --no-loadscope-reorder
# Debian's, which the tests use.
PACKAGES := chromium dataset-fashion-mnist mariadb-server munge slurm-client slurmctld slurmd slurmdbd

.PHONY: run demo status report why plan lint check test test-all faults packages cluster cluster-down gpu docs lock

run: .venv/complete  ## Run the whole study of config.yaml on this machine.
	@python workflow run_study --directory "$(DIRECTORY)"
	@python workflow explain_results --brief --directory "$(DIRECTORY)"

demo: .venv/complete  ## Run the same jobs, small, in a few minutes.
	@python workflow run_study --directory "$(DIRECTORY)" --configfile demo.yaml
	@python workflow explain_results --brief --directory "$(DIRECTORY)" --configfile demo.yaml

status: .venv/complete  ## Show the progress of the run of config.yaml; for another terminal.
	@python workflow show_status --directory "$(DIRECTORY)"

report: .venv/complete  ## Write the report page, report.html or report_unfinished.html in results/full; train nothing.
	@python workflow report_study --directory "$(DIRECTORY)"

why: .venv/complete  ## Say for every result of config.yaml whether it is current, and if not, why; run nothing.
	-@python workflow explain_results --directory "$(DIRECTORY)"

plan: .venv/complete  ## Say how many replicates would show a difference, and what they would cost; run nothing.
	@python workflow plan_replicates --directory "$(DIRECTORY)"

lint: .venv/complete  ## Run the linters and the type checker.
	ruff check
	ruff format --check
	mypy
	snakefmt --check Snakefile workflow/Snakefile workflow/rules
	snakemake --lint

check: lint  ## Check the code in two minutes: linters, types, and the unit tests without TensorFlow.
	pytest $(PYTEST) $(COVERED) -m "unit and not tensorflow"

test: check  ## Run, in twelve minutes, the tests of whole studies too; those on Slurm if make cluster was run before.
	pytest $(ORDERED) -m "(tensorflow or not unit) and not slow $(THOROUGHLY)"

test-all: check  ## Run all tests, in about an hour.
	pytest $(ORDERED) -m "tensorflow or not unit"

faults: .venv/complete  ## Run all tests on Slurm.
	pytest tests/slurm

packages:  ## Install the packages of Debian that the tests use, as root: Slurm, Chromium, Fashion-MNIST.
	@echo "This installs $(PACKAGES)."
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $(PACKAGES)

cluster:  ## Bring up a throwaway Slurm cluster on this machine, as root on Debian.
	python3 tests/slurm/cluster.py up

cluster-down:  ## Take it down.
	python3 tests/slurm/cluster.py down

.venv/complete: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) \
		and "this needs Python 3.11, 3.12 or 3.13, as in: make PYTHON=python3.12 ...")'
	@echo "Setting up the environment of this project in .venv: all packages of requirements.lock, 1 to 3 minutes."
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --disable-pip-version-check --require-hashes --requirement requirements.lock
	@# Snakemake finds the executor for Slurm in this folder, which Python then imports from.
	.venv/bin/python -c 'import pathlib, site, sys; \
		pathlib.Path(site.getsitepackages()[0], "mnist-study.pth").write_text(sys.argv[1] + "\n")' \
		"$$PWD/plugins/slurm-patient"
	touch $@

gpu: .venv/complete  ## Replace TensorFlow's build for CPUs by the build for NVIDIA GPUs; Linux on x86-64.
	.venv/bin/pip uninstall --quiet --yes tensorflow-cpu
	.venv/bin/pip install --disable-pip-version-check --require-hashes --requirement requirements-gpu.lock

docs: run  ## Renew docs/configuration.md and the pictures in docs/; needs Graphviz and Chromium.
	python workflow describe_config > docs/configuration.md
	snakemake --rulegraph | sed -E '/\[label = "all"|-> 0$$/d; s/penwidth=2/penwidth=1/' \
		| dot -Grankdir=LR -Granksep=0.35 -Gnodesep=0.12 -Tsvg > docs/dag.svg
	cp results/full/figures/noise_levels/accuracy.svg docs/noise_levels.svg
	cp results/full/figures/classifiers/regularized/accuracy_all.svg docs/settings.svg
	cp results/full/figures/classifiers/regularized/differences.svg docs/differences.svg
	cp results/full/figures/gallery/gallery.png docs/gallery.png
	cp results/full/figures/decoder_samples/decoder_samples.png docs/decoder_samples.png
	cp results/full/figures/comparison/noise_levels.svg docs/comparison.svg
	python -m tests.report.browser results/full/report.html docs/report.png

# One version of each package for all Pythons and platforms.
COMPILE := uv pip compile pyproject.toml --quiet --python-version 3.11 --no-emit-index-url \
	--custom-compile-command "make lock"
LOCK := $(COMPILE) --universal --fork-strategy fewest --extra cpu

lock: .venv/complete  ## Pin the newest versions that pyproject.toml allows.
	$(LOCK) --upgrade --group dev --generate-hashes --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --no-header --no-annotate --output-file conda.new
	{ sed '/- pip:$$/q' environment.yml; sed 's/^/      - /' conda.new; } > environment.new
	mv environment.new environment.yml
	$(COMPILE) --constraint requirements.lock --python-platform linux --extra gpu --generate-hashes \
		$$(sed -nE '/^tensorflow/! s/^([a-z0-9-]+)==.*/--no-emit-package \1/p' requirements.lock) --output-file gpu.new
	sed '/were excluded from the output/,$$d' gpu.new > requirements-gpu.lock
	rm conda.new gpu.new
