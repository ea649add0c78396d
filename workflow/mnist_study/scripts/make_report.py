"""Make one page of the whole study: findings, figures, tables, models. It opens anywhere, without a network."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup
from plotly.graph_objects import Figure
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from mnist_study.files import read_json, write_atomically
from mnist_study.images import PUBLIC, TEST, find_images
from mnist_study.plan.contents import list_autoencoder_runs, list_levels, list_runs, locate
from mnist_study.plan.limits import describe_limits
from mnist_study.plan.study import (
    denoises,
    list_autoencoders,
    list_decoders,
    list_filters,
    list_noise_replicates,
    list_scorers,
    noise_settings,
    training_noise_settings,
)
from mnist_study.plan.sweeps import is_grid, list_settings, list_swept, list_values, spell_name
from mnist_study.run.jobs import Job, run_job
from mnist_study.show import findings, noise_findings, wording
from mnist_study.show.curves import CONFIG, SHOWN_RUNS, draw_learning_curves, draw_noise_levels, draw_settings
from mnist_study.show.formulas import describe_autoencoder_model, describe_classifier_model
from mnist_study.show.pages import Study, load_datatables
from mnist_study.show.published import NOISE_LEVELS, find_cell, is_published_cnn
from mnist_study.trust.device_counts import count_devices

SHOWN_JOBS = 8
COUNTS = {"training": 60_000, "test": 10_000}  # images of each public data set


class Progress(NamedTuple):
    """The progress of a study: its jobs, the jobs with current results, and by rule, the jobs that must run first."""

    planned: int
    current: int
    first: dict[str, list[str]]


Findings = list[tuple[str, list[str]]]


def list_findings(study: Study) -> Findings:
    """List the findings: for each topic, the section that shows it, and its sentences or what they wait for."""
    settings, classifiers = study.settings, study.settings["classifiers"]
    found = []

    def tell(section: str, describe: Callable[..., str | list[str]], *results: str, **wildcards: str) -> None:
        paths = [locate(result, **wildcards) for result in results]
        missing = [path for path in paths if path in study.gaps]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            found.append((section, [f"Not known yet, as {wording.join(missing)} {verb} missing."]))
            return
        said = describe(*map(study.read, paths))
        if said:
            found.append((section, [said] if isinstance(said, str) else said))

    for name, model in classifiers.items():
        if model["sweep"]:
            tell("accuracy", partial(findings.describe_sweep, model=model), "statistics", "runs", classifier=name)
            if len(list_settings(model)) > 1:
                tell("accuracy", findings.describe_differences, "pairs", classifier=name)
        else:
            tell("accuracy", partial(findings.describe_classifier, model=model), "statistics", classifier=name)
        if model["replicates"] > 1:
            tell("accuracy", findings.describe_ensembles, "ensembles", "statistics", classifier=name)
        if model["sweep"]:
            tell("accuracy", findings.describe_norms, "norms", classifier=name)
        tell("accuracy", findings.describe_chance, "runs", classifier=name)
        if is_published_cnn(settings, name):
            tell("accuracy", findings.describe_goal, "statistics", classifier=name)
    scorers = list_scorers(settings)
    if classifiers:
        tell("mistakes", partial(findings.describe_confusion, classifier=scorers[0]), "confusion_counts")
    if denoises(settings):
        replicates = len(list_noise_replicates(settings))
        for scorer in scorers:
            tell("noise", partial(findings.describe_scorer, replicates=replicates), "runs", classifier=scorer)
            tell("noise", partial(noise_findings.describe_gains, classifier=scorer), "gains")
            tell("noise", partial(noise_findings.describe_best, classifier=scorer), "levels", "gains")
            tell("noise", partial(noise_findings.describe_crossing, classifier=scorer), "thresholds", "gains")
            tell("noise", partial(noise_findings.describe_falls, classifier=scorer), "levels", "thresholds")
        if len(scorers) > 1:
            tell("noise", noise_findings.describe_further_scorers, "levels", "gains")
    for name in list_autoencoders(settings):
        tell("autoencoders", findings.describe_autoencoder, "losses", "autoencoder_epochs", autoencoder=name)
    if settings["dataset"] == "mnist":
        tell("comparison", findings.describe_comparison, "published")
    return found


def list_numbers(study: Study) -> list[tuple[str, str]]:
    """List the study's headline numbers that are known, each with a label that explains it."""
    sources: list[tuple[Callable[..., tuple[str, str] | None], list[str]]] = [
        *[
            (findings.number_accuracy, [locate("statistics", classifier=name)])
            for name in study.settings["classifiers"]
        ],
        (noise_findings.number_crossing, [locate("thresholds"), locate("gains")]),
        *[(findings.number_loss, [locate("losses", autoencoder=name)]) for name in list_autoencoders(study.settings)],
    ]
    there = study.contents.keys() - study.gaps.keys()
    numbers = [number(*map(study.read, paths)) for number, paths in sources if there >= set(paths)]
    return [number for number in numbers if number]


def draw_interactive(study: Study) -> dict:
    """Draw the interactive curves whose tables exist, as HTML. Those of a model have its name as key."""

    def draw(name: str, make: Callable[..., Figure], *results: str, **wildcards: str) -> Markup | None:
        paths = [locate(result, **wildcards) for result in results]
        if not study.contents.keys() - study.gaps.keys() >= set(paths):
            return None
        figure = make(*map(study.read, paths))
        return Markup(to_html(figure, CONFIG, include_plotlyjs=False, full_html=False, div_id=f"interactive-{name}"))

    published = {}
    if denoises(study.settings):
        cells = {images: find_cell(study.settings, images)[0] for images in NOISE_LEVELS}
        published = {cell: NOISE_LEVELS[images] for images, cell in cells.items() if cell}
    drawn: dict = {
        "noise levels": draw(
            "noise", partial(draw_noise_levels, published=published), "evaluations", "levels", "thresholds"
        )
    }
    for name in list_autoencoders(study.settings):
        drawn[name] = draw(f"{name}-epochs", draw_learning_curves, "autoencoder_epochs", autoencoder=name)
    for name, model in study.settings["classifiers"].items():
        settings = None
        if model["sweep"]:
            settings = draw(f"{name}-settings", draw_settings, "runs", "statistics", classifier=name)
        drawn[name] = {
            "learning_curves": draw(f"{name}-epochs", draw_learning_curves, "epochs", classifier=name),
            "settings": settings,
            "note": describe_runs(model),
        }
    return drawn


def describe_runs(model: dict) -> str | None:
    """Describe which runs of a classifier its interactive curves show."""
    if model["replicates"] == 1:
        return None
    runs = model["replicates"] * len(list_settings(model))
    if runs > SHOWN_RUNS:
        return f"Thin lines are {SHOWN_RUNS} of the {runs:,} runs, evenly spread over settings and replicates."
    return "Thin lines are the single runs."


def list_trained(settings: dict) -> list[str]:
    """List the metrics of all trainings and noise levels, below the study's folder."""
    runs = [path for name in settings["classifiers"] for path in list_runs(settings, name)]
    runs += [path for name in list_autoencoders(settings) for path in list_autoencoder_runs(settings, name)]
    return [*runs, *list_levels(settings)]


def count_images(settings: dict, results: Path) -> dict[str, str]:
    """Count the training images and the test images of the study: "60,000 training images".

    The numbers of a user's own images are those of a training, and are left out as long as there is none, or where only
    a part of the images trains.
    """
    counts: dict[str, int] = dict(COUNTS) if settings["dataset"] in PUBLIC else {}
    for path in [] if counts else list_trained(settings):
        with suppress(OSError, ValueError, KeyError):
            metrics = read_json(results / path)
            if metrics["reasons"]["settings"]["images"] == settings["images"]:
                found = metrics["images"]
                held_out = 0 if settings["validation"] == TEST else found["validation"]
                counts = {"test": found["test"]}
                if "training_images" not in settings:
                    counts["training"] = found["training"] + held_out
                break
    return {
        name: f"{counts[name]:,} {name} images" if name in counts else f"{name} images" for name in ("training", "test")
    }


def order_classifiers(classifiers: dict[str, dict]) -> dict[str, dict]:
    """Order classifiers for the report: perceptrons before convolutional networks.

    Of each kind, those without a sweep come first, then those that sweep the L2 penalty, then those that sweep others.
    """

    def place(name: str) -> tuple[bool, bool, bool]:
        kind, swept = findings.describe_kind(classifiers[name]), list_swept(classifiers[name])
        return kind == findings.CONVOLUTIONAL, bool(swept), "l2" not in swept

    return {name: classifiers[name] for name in sorted(classifiers, key=place)}


def name_swept(model: dict) -> str:
    """Name what a classifier sweeps: learning rate and dropout."""
    return wording.join(map(spell_name, list_swept(model)))


def count_epochs(model: dict) -> str:
    """Count the epochs of a classifier, of each setting if they are swept: 2 and 4 epochs."""
    epochs = list_values(model, "epochs")
    return f"{wording.join(map(str, epochs))} epoch{'' if epochs == [1] else 's'}"


def describe_models(settings: dict) -> str:
    """Describe which kinds of models a study has, as the page's first sentence does."""
    models = list(settings["classifiers"].values())
    kinds = [findings.describe_kind(model) for model in models]
    said = []
    for kind in (findings.PERCEPTRON, findings.CONVOLUTIONAL):
        of_kind = [model for model in models if findings.describe_kind(model) == kind]
        if of_kind:
            penalized = any("l2" in list_swept(model) for model in of_kind)
            named = f"{kind}s" if kinds.count(kind) > 1 else f"a {kind}"
            said.append(f"{named} under an L2 penalty" if penalized else named)
    autoencoders = len(list_autoencoders(settings))
    if autoencoders > 1:
        said.append("autoencoders that take noise away")
    elif autoencoders or denoises(settings):
        said.append(f"{'an autoencoder' if autoencoders else 'a median filter'} that takes noise away")
    words = wording.join(said)
    return words[0].upper() + words[1:]


def make_page(settings: dict, results: Path, gaps: dict[str, str], progress: Progress | None) -> str:
    """Make the page from the results below a folder.

    `gaps`: why a figure or table is missing, by its path below `results`. `progress`: only of an unfinished study.
    """
    dataset, images = settings["dataset"], find_images(settings)
    settings = settings | {"classifiers": order_classifiers(settings["classifiers"])}
    study = Study(settings, results, gaps)
    classifiers, denoisers = settings["classifiers"], settings["denoisers"]
    autoencoders = {name: denoisers[name] for name in list_autoencoders(settings)}
    sections = {
        "overview": "Overview",
        **({"comparison": "Published numbers"} if dataset == "mnist" else {}),
        **({"accuracy": "Accuracy", "mistakes": "Mistakes"} if classifiers else {}),
        **({"noise": "Noise"} if denoises(settings) else {}),
        **({"autoencoders": "Autoencoders"} if autoencoders else {}),
        "models": "Models",
    }
    devices = count_devices([results / path for path in list_trained(settings)])
    models = {
        name: describe_classifier_model(model | training_noise_settings(settings, model), images)
        for name, model in classifiers.items()
    }
    noise = noise_settings(settings)
    models |= {name: describe_autoencoder_model(model | noise, images) for name, model in autoencoders.items()}
    return study.environment.get_template("page.html.j2").render(
        study=study,
        locate=locate,
        settings=settings,
        images=images,
        counts=count_images(settings, results),
        sections=list(sections.items()),
        kinds={name: findings.describe_kind(model) for name, model in classifiers.items()},
        regularized=any("l2" in list_swept(model) for model in classifiers.values()),
        swept={name: name_swept(model) for name, model in classifiers.items() if model["sweep"]},
        several={name: len(list_settings(model)) for name, model in classifiers.items()},
        grids=[name for name, model in classifiers.items() if is_grid(model)],
        epochs={name: count_epochs(model) for name, model in classifiers.items()},
        cnn=any(is_published_cnn(settings, name) for name in classifiers),
        scorers=list_scorers(settings),
        scoring=wording.join(f"“{name}”" for name in list_scorers(settings)) if classifiers else "",
        autoencoders=autoencoders,
        filters=list_filters(settings),
        samples=bool(list_decoders(settings)),
        gaussian=bool(noise),
        published=dataset == "mnist",
        numbers=list_numbers(study),
        findings=list_findings(study),
        interactive=draw_interactive(study),
        described=describe_models(settings),
        denoises=denoises(settings),
        models=models,
        devices=devices.most_common(),
        progress=progress,
        shrunk=describe_limits(settings["at_most"]) if "at_most" in settings else "",
        shown=SHOWN_JOBS,
        plotly=Markup(get_plotlyjs()),
        datatables=load_datatables(),
    )


def write_report(page: str, path: Path) -> None:
    """Write the page."""
    with write_atomically(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def main(job: Job) -> None:
    report = job.arguments.report
    write_report(make_page(job.settings, report.parent, gaps={}, progress=None), report)


if __name__ == "__main__":
    run_job(main, __doc__, contents=[Path], report=Path)
