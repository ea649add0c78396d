"""Test studies that leave out the denoising half or the classifiers, made from a finished study, on real images."""

import re

import pytest
import yaml

pytestmark = pytest.mark.thorough
KEPT = ["compare_published", "summarize_study", "make_report"]
DENOISING = "autoencoder|nois[ey]|denois|gallery|synthetic|latent"
CLASSIFYING = "classif|accuracy|regularized|cnn|confusion|gallery|synthetic|best of"


@pytest.fixture(scope="module")
def left_out(copy_study, run_in_forks, tmp_path_factory):
    """Give a function that leaves a half out of a copy of the finished study and runs it; returns its folder."""
    studies = {}

    def leave(half):
        if half not in studies:
            study = copy_study(tmp_path_factory.mktemp(half) / "study")
            config = yaml.safe_load((study / "config.yaml").read_text())
            (study / "whole.yaml").write_text(yaml.safe_dump(config))
            (study / "config.yaml").write_text(yaml.safe_dump(config | {half: None}, sort_keys=False))
            assert plan(study, run_in_forks) == sorted(KEPT)
            run = run_in_forks(study, "--profile", "profiles/local")
            assert run.returncode == 0, run.stdout
            studies[half] = study
        return studies[half]

    return leave


def plan(study, run_in_forks, *options):
    """List the rules of the jobs that would run, once for each job, without the target."""
    run = run_in_forks(study, "-n", "--profile", "profiles/local", *options)
    assert run.returncode == 0, run.stdout
    return sorted(rule for rule in re.findall(r"^(?:local)?rule (\w+):", run.stdout, re.MULTILINE) if rule != "all")


def read_page(study):
    """Read the page without scripts, and without the rows that say what is not compared."""
    page = (study / "results/report.html").read_text()
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_without_the_denoising_half_nothing_speaks_of_it(left_out, run_python):
    study = left_out("denoisers")
    page, summary = read_page(study), (study / "results/summary.txt").read_text()
    assert not re.search(DENOISING, page, re.IGNORECASE)
    assert not re.search(DENOISING, summary)
    assert "Mistakes of cnn" in page and "Not known yet" not in page
    assert re.search(r"^cnn: test accuracy 0\.\d+", summary, re.MULTILINE)
    status = run_python(study, "show_status", "--once").stdout
    assert "regularized" in status and not re.search(DENOISING, status)
    planned = run_python(study, "plan_replicates")
    assert planned.returncode == 0 and not re.search(DENOISING, planned.stdout)
    assert "autoencoder," not in (study / "results/tables/comparison/published.csv").read_text()


def test_without_classifiers_the_autoencoder_is_left(left_out, run_python):
    study = left_out("classifiers")
    page, summary = read_page(study), (study / "results/summary.txt").read_text()
    told = page.replace("A number is compared where layers", "").partition("Our numbers beside")[0]
    assert not re.search(CLASSIFYING, told)
    assert not re.search(CLASSIFYING, summary)
    assert "loss of autoencoder on noisy test images" in page and "Not known yet" not in page
    status = run_python(study, "show_status", "--once").stdout
    assert re.search(r"^autoencoder +✓ 0\.\d+", status, re.MULTILINE)
    assert not re.search("cnn|noise level", status)
    refused = run_python(study, "plan_replicates")
    assert refused.stdout == (
        "error: this study has no classifiers, and the plan is for differences in their accuracy\n"
    )


@pytest.mark.parametrize("half", ["denoisers", "classifiers"])
def test_every_result_that_is_left_is_current_and_in_snakemakes_own_report(left_out, run_python, run_in_forks, half):
    study = left_out(half)
    why = run_python(study, "explain_results")
    assert why.returncode == 0, why.stdout
    assert run_python(study, "report_study").stdout == "results/report.html is current: open it in a browser\n"
    report = run_in_forks(study, "--profile", "profiles/local", "--report", "own.html")
    assert report.returncode == 0, report.stdout
    assert (study / "own.html").exists()


@pytest.mark.parametrize(
    ("half", "target", "refusal"),
    [
        ("denoisers", "denoise_gallery", "this study does not denoise: denoisers is null in the config"),
        ("classifiers", "find_worst_digits", "this study has no classifiers: they are null in the config"),
    ],
)
def test_a_target_that_is_left_out_is_refused(left_out, run_in_forks, half, target, refusal):
    run = run_in_forks(left_out(half), "-n", "--profile", "profiles/local", "--forcerun", target, target)
    assert run.returncode != 0
    assert refusal in run.stdout


@pytest.mark.parametrize("half", ["denoisers", "classifiers"])
def test_a_half_that_is_brought_back_runs_nothing_that_is_there(left_out, run_in_forks, half):
    assert plan(left_out(half), run_in_forks, "--configfile", "whole.yaml") == sorted(KEPT)
