# Each target is what a reader could type, with the environment's programs first on the path.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Where a user's PYTHONSAFEPATH is set, Python does not look where it runs.
export PYTHONPATH := $(CURDIR):$(PYTHONPATH)

.PHONY: run demo status report why test faults cluster cluster-down docs lock

run: .venv/complete  ## Run the whole study of config.yaml on this machine.
	snakemake --profile profiles/local
	@python -m workflow.scripts.explain_results --brief
	@cat results/full/summary.txt

demo: .venv/complete  ## Run the same jobs, small, in a few minutes.
	snakemake --profile profiles/local --configfile demo.yaml
	@python -m workflow.scripts.explain_results --brief --configfile demo.yaml
	@cat results/demo/summary.txt

status: .venv/complete  ## Show how far the run of config.yaml is; for another terminal.
	@python -m workflow.scripts.show_status

report: .venv/complete  ## Put what is there on one page, results/full/report.html, or report_unfinished.html; train nothing.
	@python -m workflow.scripts.report_study

why: .venv/complete  ## Say for every result of config.yaml whether it is current, and why not; run nothing.
	-@python -m workflow.scripts.explain_results

test: .venv/complete  ## Run the linters and the tests; those on Slurm where it is or can be installed.
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow/rules
	snakemake --lint
	pytest -m "not slow"

faults: .venv/complete  ## Run all tests on Slurm, those that take minutes as well.
	pytest tests/slurm

cluster:  ## Bring up a throwaway Slurm cluster on this machine: Debian, root.
	python3 tests/slurm/cluster.py up

cluster-down:  ## Take it down.
	python3 tests/slurm/cluster.py down

.venv/complete: requirements.lock
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --require-hashes --requirement requirements.lock
	touch $@

docs: run  ## Renew the README's pictures and docs/published.csv; needs Graphviz and Chromium.
	snakemake --rulegraph | sed -E '/\[label = "all"|-> 0$$/d; s/penwidth=2/penwidth=1/' \
		| dot -Grankdir=LR -Granksep=0.35 -Gnodesep=0.12 -Tsvg > docs/dag.svg
	cp results/full/figures/noise_levels/accuracy.svg docs/noise_levels.svg
	cp results/full/figures/classifiers/regularized/accuracy_all.svg docs/factors.svg
	cp results/full/figures/gallery/gallery.png docs/gallery.png
	cp results/full/figures/decoder_samples/decoder_samples.png docs/decoder_samples.png
	cp results/full/figures/comparison/noise_levels.svg docs/comparison.svg
	cp results/full/tables/comparison/published.csv docs/published.csv
	python -m tests.report.browser results/full/report.html docs/report.png

lock:  ## Choose the newest versions that pyproject.toml allows, and pin them; needs uv.
	uv pip compile pyproject.toml --upgrade --extra cpu --group dev --generate-hashes --python-version 3.11 \
		--python-platform linux --no-emit-index-url --output-file requirements.lock
	uv pip compile pyproject.toml --upgrade --extra gpu --group dev --generate-hashes --python-version 3.11 \
		--python-platform linux --no-emit-index-url --output-file requirements-gpu.lock
