"""Check the config before the study is planned.

The Snakefile imports this module in every job, so it imports nothing that takes long.
"""

import difflib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from mnist_study.errors import StudyError
from mnist_study.images import DEFAULT_KIND, PUBLIC, TEST, Images
from mnist_study.layers import read_layer, shorten_layer
from mnist_study.plan.layout import TEXT
from mnist_study.plan.limits import limit_study
from mnist_study.plan.recipes import OPTIMIZER_KEYS, SCHEDULE_KEYS, list_given
from mnist_study.plan.shapes import check_autoencoder, check_layers
from mnist_study.plan.study import denoises, drop, find_study_images, is_dense, list_autoencoders, pick
from mnist_study.plan.sweeps import DROPOUT, list_settings, list_values, resolve, sort_values
from mnist_study.recipes import AUTOENCODER_DEFAULTS, DEFAULTS

SOURCES = Path(__file__).parents[2]
SCHEMA = SOURCES / "schemas" / "config.yaml"
ROOT = SOURCES.parent
# Where a folder can have its own config. snakedeploy writes the second one.
CONFIGS = [Path("config.yaml"), Path("config/config.yaml")]
# Folders of the project in which results must not lie.
OWN_FOLDERS = {
    ".ci",
    ".git",
    ".snakemake",
    ".venv",
    "benchmarks",
    "config",
    "docs",
    "profiles",
    "studies",
    "tests",
    "workflow",
}
SHOWN = 100
# The keys that describe a user's own images.
OWN_IMAGES = ("sha256", "shape", "classes", "test_images")
# The keys of the images that a dense autoencoder makes, and those of a study with classifiers and denoisers. Without
# these, they mean nothing.
OF_DECODER = ("decoder_samples", "decoder_walk")
OF_BOTH = ("gallery", *OF_DECODER)
# The types of the keys that can be swept.
SINGLE = {"integer", "number", "string", "boolean"}


def require(_: object, required: list[str], value: object, __: object) -> Iterator[ValidationError]:
    """Require keys. A swept one is given by its sweep."""
    if isinstance(value, dict) and find_missing(required, value):
        yield ValidationError("a key is missing")


def find_missing(required: list[str], value: dict) -> str | None:
    """Find the first required key that a mapping has neither itself nor in its sweep; None if it has all."""
    sweep = value.get("sweep")
    swept = sweep if isinstance(sweep, dict) else {}
    return next((key for key in required if key not in value and key not in swept), None)


def match_whole(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    """Match a pattern against the whole text. In Python, its $ would also match before a final line break."""
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError("no match")


# JSON Schema accepts 1.0 as an integer, and NaN, infinity and numbers that no float can hold as numbers.
Validator = extend(
    Draft202012Validator,
    {"pattern": match_whole, "required": require},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) in (int, float) and abs(value) <= sys.float_info.max,
        }
    ),
)

KINDS = {str: "text", bool: "a truth value", int: "a whole number", float: "a decimal number", list: "a list"}
TYPES = {
    "boolean": "true or false",
    "string": "text",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
}
PROBLEMS = {
    "const": "which is not {}",
    "enum": "which is unknown",
    "minimum": "which is below {}",
    "maximum": "which is above {}",
    "exclusiveMinimum": "which is not above {}",
    "exclusiveMaximum": "which is not below {}",
    "minLength": "which is empty",
    "minItems": "which has fewer than {} items",
    "maxItems": "which has more than {} items",
    "minProperties": "which is empty",
    "maxProperties": "which has more than {} key",
    "pattern": "which has a character that is not allowed here",
}


def locate_config(is_module: bool = False) -> Path:
    """Locate the config of the study: that of the working directory, or else the one that comes with this workflow.

    `is_module`: this workflow is a module of another one, to which a config in the working directory then belongs.
    """
    own = [] if is_module else filter(Path.exists, CONFIGS)
    return next(iter(own), ROOT / CONFIGS[0])


def check_config(config: dict) -> dict:
    """Check the merged config of a study, and return it in the form that the rest of the workflow reads.

    In this form, classifiers, denoisers and swept keys that are null are removed, as are keys of a recipe that have
    their default, layers have their shortest form, and every number of the schema is a float, so that 1 and 1.0 are the
    same setting. `l2` and `sweep` are always there, unless `l2` is swept: a sweep is a list of names with their values
    in ascending order, and the classifier does not have these keys itself. Filters come before autoencoders, as
    Snakemake puts what a variant names before all else. Without classifiers or denoisers, they are empty; then the keys
    of a study with both are not there, except for the first scoring classifier and the kind of noise. What `at_most`
    limits is limited, and the results folder is that of the shrunk study. The config is checked against
    workflow/schemas/config.yaml, and for errors that no schema can express.

    Raises StudyError with one sentence on the first mistake: key, value, what is wrong, and the remedy. Unknown keys
    come first, as a misspelled key often makes another one seem to be missing. Other mistakes come in the schema's
    order.
    """
    config = leave_out_nulls(config)
    schema = load_schema(config)
    scorers = find_named_scorers(config)
    if not (config.get("classifiers", True) and config.get("denoisers", True)):
        config = drop_keys(config, schema, OF_BOTH) | {"noise": drop_levels(config)}
        schema["properties"]["noise"]["required"] = []
    elif not may_sample(config):
        config = drop_keys(config, schema, OF_DECODER)
    error = min(Validator(schema).iter_errors(config), key=lambda error: not is_about_a_key(error), default=None)
    if error:
        raise StudyError(f"config: {describe(error)}")
    config = convert_numbers(fill_in_defaults(config, schema), schema)
    if not config["classifiers"] and not list_autoencoders(config):
        what = "no denoiser is an autoencoder" if config["denoisers"] else "so are the denoisers"
        raise StudyError(f"config: classifiers is null, and {what}, which leaves nothing to train: keep one of them")
    for model in config["classifiers"].values():
        model["layers"] = list(map(shorten_layer, model["layers"]))
        leave_out_defaults(model, DEFAULTS)
    for name in list_autoencoders(config):
        model = config["denoisers"][name]
        model |= {part: list(map(shorten_unit, model[part])) for part in ("encoder", "decoder")}
        leave_out_defaults(model, AUTOENCODER_DEFAULTS)
    config["classifiers"] = {name: settle_sweep(model) for name, model in config["classifiers"].items()}
    config["denoisers"] = dict(sorted(config["denoisers"].items(), key=lambda item: not is_filter(item[1])))
    check_name("pathvars.results", config["pathvars"]["results"])
    check_name("dataset.path", config["dataset"]["path"] or "")
    check_results(config["pathvars"]["results"])
    config |= {"dataset": check_dataset(config["dataset"])}
    images = find_study_images(config)
    for name, model in config["classifiers"].items():
        check_layers({f"classifiers.{name}.layers": model["layers"]}, images.shape)
        check_sweep(f"classifiers.{name}", model)
        for setting in list_settings(model):
            check_recipe(f"classifiers.{name}", resolve(model, setting), DEFAULTS, config["validation"])
    for name, model in config["denoisers"].items():
        check_denoiser(f"denoisers.{name}", model, config["classifiers"], images.shape)
    config = limit_study(config)
    noise = {key: value for key, value in config["noise"].items() if (key, value) != ("kind", DEFAULT_KIND)}
    if not denoises(config):
        first = [name for name in [*scorers, *config["classifiers"]] if name in config["classifiers"]][:1]
        return config | {"noise": pick(noise, "kind") | {"classifiers": first}}
    for index, name in enumerate(scorers):
        if name not in config["classifiers"]:
            known = ", ".join(config["classifiers"])
            raise StudyError(
                f"config: noise.classifiers[{index}] is {name!r}, which is no classifier: write one of {known}"
            )
    return config | {"noise": noise} | number_classes(config, images)


def load_schema(config: dict) -> dict:
    """Load the schema of a config, in which a classifier's sweep has the keys that can be swept.

    These are the keys of a classifier with a single value, and the rate of its dropout layers. Each item of a sweep's
    list is checked as the key itself. A denoiser of the config with the key `filter` has the schema of filters.
    """
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    keys = schema["properties"]["classifiers"]["additionalProperties"]["properties"]
    sweep = keys["sweep"]
    kinds = keys["layers"]["items"]["properties"]
    single = {key: take_single(inner) for key, inner in keys.items() if key not in sweep["refused"]}
    values = {key: inner for key, inner in single.items() if inner}
    values[DROPOUT] = {key: value for key, value in kinds[DROPOUT].items() if key != "exclusiveMinimum"}
    values[DROPOUT] |= {"minimum": 0, "remedy": "write the share of values to drop, from 0, for no dropout, to below 1"}
    sweep["refused"] = dict.fromkeys(keys.keys() - values.keys(), "write it beside sweep") | sweep["refused"]
    sweep["additionalProperties"] = False
    sweep["properties"] = {
        key: {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": inner,
            "remedy": f"list different values, or write null to leave {key} out of the sweep",
        }
        for key, inner in values.items()
    }
    denoisers = schema["properties"]["denoisers"]
    named = denoisers["additionalProperties"]["properties"]
    denoisers["filters"]["refused"] = dict.fromkeys(named, "remove it, or describe the filter under a name of its own")
    given = config.get("denoisers")
    entries = given if isinstance(given, dict) else {}
    denoisers["properties"] = {name: denoisers["filters"] for name, entry in entries.items() if is_filter(entry)}
    return schema


def is_filter(entry: object) -> bool:
    """Tell whether a denoiser is a filter. The entry may be anything before it is checked."""
    return isinstance(entry, dict) and "filter" in entry


def take_single(schema: dict) -> dict | None:
    """Take the schema of a number, a text or a truth value among those that a key can have; None without such."""
    types = schema.get("type", "string" if "enum" in schema else [])
    kinds = [kind for kind in ([types] if isinstance(types, str) else types) if kind in SINGLE]
    return schema | {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else None


def leave_out_nulls(config: dict) -> dict:
    """Leave out classifiers, denoisers and swept keys that are null: a variant removes them in this way."""
    left = {
        key: {name: entry for name, entry in config[key].items() if entry is not None}
        for key in ("classifiers", "denoisers")
        if isinstance(config.get(key), dict)
    }
    classifiers = left.get("classifiers", {})
    for name, model in classifiers.items():
        if isinstance(model, dict) and isinstance(model.get("sweep"), dict):
            sweep = {key: values for key, values in model["sweep"].items() if values is not None}
            classifiers[name] = model | {"sweep": sweep}
    return config | left


def find_named_scorers(config: dict) -> list:
    """Find what the config names as scoring classifiers, which may be anything before it is checked."""
    noise = config.get("noise")
    named = noise.get("classifiers") if isinstance(noise, dict) else None
    return named if isinstance(named, list) else []


def drop_levels(config: dict) -> object:
    """Give `noise` without its levels, which may be anything before it is checked."""
    noise = config.get("noise") or {}
    return drop(noise, "levels") if isinstance(noise, dict) else noise


def drop_keys(config: dict, schema: dict, keys: tuple[str, ...]) -> dict:
    """Give a config without keys that mean nothing in it, and have its schema require none of them."""
    schema["required"] = [key for key in schema["required"] if key not in keys]
    return drop(config, *keys)


def may_sample(config: dict) -> bool:
    """Tell whether a denoiser may be a dense autoencoder. It may be anything before it is checked."""
    given = config.get("denoisers")
    entries = given.values() if isinstance(given, dict) else [None]
    return not all(is_filter(entry) or has_other_layers(entry) for entry in entries)


def has_other_layers(entry: object) -> bool:
    """Tell whether an autoencoder has layers that are not dense. It may be anything before it is checked."""
    parts = [entry.get(part) for part in ("encoder", "decoder")] if isinstance(entry, dict) else []
    return any(isinstance(part, list) and not is_dense(part) for part in parts)


def fill_in_defaults(config: dict, schema: dict) -> dict:
    """Give each classifier the keys with a default in the schema that it does not have. Null is no classifier.

    Null is no denoiser, either.
    """
    keys = schema["properties"]["classifiers"]["additionalProperties"]["properties"]
    defaults = {key: inner["default"] for key, inner in keys.items() if "default" in inner}
    classifiers = config["classifiers"] or {}
    return config | {
        "classifiers": {name: defaults | model for name, model in classifiers.items()},
        "denoisers": config["denoisers"] or {},
    }


def leave_out_defaults(model: dict, defaults: dict) -> None:
    """Leave out of a model the keys of its recipe that have their default, which is no setting."""
    for key in defaults.keys() - list_given(model, defaults).keys():
        model.pop(key, None)


def shorten_unit(layer: int | str | dict) -> int | str | dict:
    """Write a layer of an autoencoder in its shortest form: {dense: 64} is 64."""
    short = shorten_layer(layer)
    return short["dense"] if isinstance(short, dict) and isinstance(short.get("dense"), int) else short


def settle_sweep(model: dict) -> dict:
    """Give a classifier with its sweep as a list of names and values, in ascending order, and without these keys.

    The order of the names tells which one is plotted over, and settings are compared as JSON, in which a mapping has no
    order.
    """
    settled = {key: value for key, value in model.items() if key not in model["sweep"]}
    return settled | {"sweep": [[name, sort_values(values)] for name, values in model["sweep"].items()]}


def convert_numbers(value: Any, schema: dict) -> Any:
    """Convert every number of the schema to float, at any depth; -0.0 becomes 0.0."""
    if isinstance(value, dict):
        keys = schema.get("properties", {})
        return {
            key: convert_numbers(item, keys.get(key) or schema["additionalProperties"]) for key, item in value.items()
        }
    if isinstance(value, list):
        return [convert_numbers(item, schema["items"]) for item in value]
    if type(value) in (int, float) and "number" in schema.get("type", ""):
        return float(value) + 0.0
    return value


def check_results(results: str) -> None:
    """Raise StudyError unless results may lie in this folder, and its path is spelled as Snakemake spells it.

    claim_results checks at the start of a run whether the folder is writable.
    """
    where = f"config: pathvars.results is {show(results)}"
    if results.startswith("-"):
        raise StudyError(f"{where}, which a command takes for an option: write another name, such as results/{results}")
    normal = re.sub("^/+", "/", os.path.normpath(results))
    folder = Path(os.path.realpath(results))
    if ROOT.is_relative_to(folder) or Path.cwd().is_relative_to(folder):
        raise StudyError(f"{where}, which holds more than results: name a folder of its own, such as results/my_study")
    if any(folder.is_relative_to(own) for own in [Path(".snakemake").absolute(), *map(ROOT.joinpath, OWN_FOLDERS)]):
        raise StudyError(f"{where}, in a folder of the project's own: name another one, such as results/my_study")
    if normal != results:
        raise StudyError(f"{where}, which has a shorter spelling: write {normal}")
    try:
        for path in [Path(results), *Path(results).parents]:
            if path.is_symlink() and not path.exists():
                raise StudyError(
                    f"{where}, and {path} is a link to a missing folder: make that folder, or name another"
                )
            if path.is_file():
                raise StudyError(f"{where}, and {path} is a file: move it, or name another folder")
    except OSError as error:
        raise StudyError(f"{where}, which can't be reached ({error.strerror}): name another folder") from error


def check_name(key: str, name: str) -> None:
    """Raise StudyError if the name of a file or folder has characters that this locale can't encode."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError as error:
        raise StudyError(
            f"config: {key} is {name!a}, and {name[error.start]!a} can't be written in the encoding of this locale, "
            f"{error.encoding}: type: export LC_ALL=C.UTF-8"
        ) from error


def check_dataset(dataset: dict) -> dict:
    """Check the keys that describe a user's own images, and return all keys, with null for those that are not there.

    Raises StudyError where a key is missing, with the lines to write if the images can be read, and where a public data
    set has one.
    """
    dataset = dict.fromkeys(OWN_IMAGES) | dataset
    name, path = dataset["name"], dataset["path"]
    if name in PUBLIC:
        for key in OWN_IMAGES:
            if dataset[key] is not None:
                raise StudyError(
                    f"config: dataset.{key} is {show(dataset[key])}, and {name} is a public data set: "
                    "write null, or give images of your own another name"
                )
        return dataset
    if path is None:
        raise StudyError(
            f"config: dataset.path is null, and {name!r} is a data set of your own: write the path of your images, or "
            f"{' or '.join(PUBLIC)} as dataset.name"
        )
    for key in ("sha256", "shape", "classes"):
        if dataset[key] is None:
            raise StudyError(
                f"config: dataset.{key} is missing, and {name!r} is a data set of your own: {propose_lines(path)}"
            )
    shape, classes = dataset["shape"], dataset["classes"]
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise StudyError(
            f"config: dataset.shape is {show(shape)}, which is not [height, width, channels] with 1 or 3 channels: "
            "write such as [28, 28, 1]"
        )
    if isinstance(classes, list) and len(classes) < 2:
        raise StudyError(f"config: dataset.classes is {show(classes)}, which is one class: name two or more")
    return dataset


def propose_lines(path: str) -> str:
    """Propose the lines of a config that describe a user's images, or say why they can't be read.

    A command reads the images: this module imports nothing that takes long.
    """
    command = [sys.executable, str(SOURCES), "describe_images", "--", path]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if run.returncode == 0:
        return f"if these are your images, write below dataset:\n{run.stdout.rstrip()}"
    problem = run.stderr.strip().rpartition("error: ")
    return problem[2] if problem[1] else f"write the lines that this prints: {shlex.join(command)}"


def number_classes(config: dict, images: Images) -> dict:
    """Give the keys that choose classes with the numbers of these, where they have names.

    Raises StudyError for what is no class, and for a class that is chosen twice for the gallery.
    """
    last = len(images.classes) - 1
    named = images.classes != [str(label) for label in range(last + 1)]

    def number(key: str, label: int | str) -> int:
        if label in images.classes:
            return images.classes.index(str(label))
        if isinstance(label, int) and label <= last:
            return label
        names = f", or one of {shorten(', '.join(images.classes))}" if named else ""
        raise StudyError(
            f"config: {key} is {show(label)}, which is no class of {config['dataset']['name']}: "
            f"write a class from 0 to {last}{names}"
        )

    digits = [number(f"gallery.digits[{index}]", label) for index, label in enumerate(config["gallery"]["digits"])]
    for index, label in enumerate(digits):
        if label in digits[:index]:
            raise StudyError(
                f"config: gallery.digits[{index}] is {show(config['gallery']['digits'][index])}, which stands there "
                "already: write a list of different classes"
            )
    numbered: dict = {"gallery": {"digits": digits}}
    if "decoder_walk" in config:
        walk = {end: number(f"decoder_walk.{end}", label) for end, label in config["decoder_walk"].items()}
        numbered["decoder_walk"] = walk
    return numbered


def check_denoiser(key: str, model: dict, classifiers: dict, shape: tuple[int, ...]) -> None:
    """Check a denoiser; `key`: its key in the config. `shape`: that of an image.

    Raises StudyError if it has the name of a classifier, if a filter has no pixel in its middle, or for what is wrong
    with the recipe or the layers of an autoencoder.
    """
    name = key.rpartition(".")[2]
    if name in classifiers:
        raise StudyError(f"config: {key} has the name of a classifier: take another one, such as {name}_denoiser")
    if is_filter(model):
        if model["size"] % 2 == 0:
            raise StudyError(f"config: {key}.size is {model['size']}, which is even: write an odd number of pixels")
        return
    check_autoencoder(key, model["encoder"], model["decoder"], shape)
    check_recipe(key, model, AUTOENCODER_DEFAULTS)


def check_recipe(key: str, model: dict, defaults: dict, validation: str | int | None = None) -> None:
    """Check the keys of a model's recipe beside one another, of a classifier at one setting of its sweep.

    `key`: the key of the model in the config. `model`: of a classifier, as sweeps.resolve gives it. `defaults`: those
    of its recipe. Raises StudyError at a key that means nothing beside the others.
    """
    recipe, given = defaults | model, list_given(model, defaults)

    def at(name: str) -> str:
        return f"config: {key}.{'sweep.' if name in model.get('swept', []) else ''}{name}"

    for chooser, keys in (("optimizer", OPTIMIZER_KEYS), ("schedule", SCHEDULE_KEYS)):
        for name, choices in keys.items():
            if name in given and recipe[chooser] not in choices:
                raise StudyError(
                    f"{at(name)} is {show(given[name])}, which means nothing to the {chooser} "
                    f"{recipe[chooser]}: remove it, or write {chooser}: {' or '.join(choices)}"
                )
    if recipe["nesterov"] and not recipe["momentum"]:
        raise StudyError(f"{at('nesterov')} is true without a momentum: write momentum: 0.9, or nesterov: false")
    if recipe["warmup_epochs"] >= recipe["epochs"]:
        raise StudyError(
            f"{at('warmup_epochs')} is {recipe['warmup_epochs']}, which is not below the {recipe['epochs']} "
            "epochs: write a smaller number"
        )
    steps = recipe["step_epochs"]
    if recipe["schedule"] == "steps" and not steps:
        raise StudyError(f"{at('step_epochs')} is missing: list the epochs after which the learning rate changes")
    if steps != sorted(steps) or max(steps, default=0) >= recipe["epochs"]:
        raise StudyError(
            f"{at('step_epochs')} is {show(steps)}: write them in ascending order, below the {recipe['epochs']} epochs"
        )
    for name in ("training_noise", "noise_level"):
        noise = recipe.get(name)
        if isinstance(noise, list) and not noise[0] < noise[1]:
            remedy = (
                f"write {show(noise[0])}" if noise[0] == noise[1] else "write the lower level first, as in [0, 0.8]"
            )
            raise StudyError(f"{at(name)} is {show(noise)}: {remedy}")
    if recipe.get("patience") is not None and validation == TEST:
        raise StudyError(
            f"{at('patience')} is {recipe['patience']}, and validation is test: the test images would choose the "
            "epoch: write validation: 10000, or another number of training images to hold out"
        )


def check_sweep(key: str, model: dict) -> None:
    """Check what is swept, and the L2 penalty, against the layers of a classifier; `key`: its key in the config.

    Raises StudyError if there is no layer that a value acts on, or if a text can't be part of a path.
    """
    kinds = {kind for kind, _ in map(read_layer, model["layers"])}
    sweep = dict(model["sweep"])
    if DROPOUT in sweep and DROPOUT not in kinds:
        raise StudyError(
            f"config: {key}.sweep.{DROPOUT} is {show(sweep[DROPOUT])}, which is the rate of the dropout layers, and "
            f"{key}.layers has none: add one, such as {{dropout: 0.5}}, or leave {DROPOUT} out of sweep"
        )
    if max(list_values(model, "l2")) > 0 and not {"dense", "conv"} & kinds:
        where, remedy = ("l2", "write l2: 0") if "l2" not in sweep else ("sweep.l2", "leave it out")
        raise StudyError(
            f"config: {key}.{where} penalizes the kernels of hidden layers, and {key}.layers has none: {remedy}, or "
            "add a dense or conv layer"
        )
    for name, values in sweep.items():
        for index, value in enumerate(values):
            if isinstance(value, str) and not re.fullmatch(TEXT, value):
                raise StudyError(
                    f"config: {key}.sweep.{name}[{index}] is {show(value)}, which can't be part of a path: write "
                    "letters, digits and _ . - alone"
                )


def is_about_a_key(error: ValidationError) -> bool:
    """Tell whether an error is about a key itself, not about its value."""
    return error.validator == "additionalProperties" or "propertyNames" in error.schema_path


def describe(error: ValidationError) -> str:
    """Describe a schema's error in one sentence: key, value, what is wrong, and the remedy."""
    value, schema = error.instance, error.schema
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        unknown = next(key for key in value if key not in known)
        where = f"{format_key(error.path, unknown)} is {show(value[unknown])}"
        if unknown in schema.get("refused", {}):
            remedy = respell_key(str(unknown), value[unknown]) or schema["refused"][unknown]
            return f"{where}, {schema['refusal']}: {remedy}"
        close = difflib.get_close_matches(str(unknown), known, n=1)
        remedy = f"did you mean {close[0]} (of {', '.join(known)})" if close else f"the keys are {', '.join(known)}"
        return f"{where}, but there is no such key: {remedy}"
    if error.validator == "required":
        missing = str(find_missing(schema["required"], value))
        remedy = find_remedy(schema["properties"][missing])
        return f"{format_key(error.path, missing)} is missing: {remedy}"
    if "propertyNames" in error.schema_path:
        where = f"{format_key(error.path, value)} has no valid name"
        if value is None or isinstance(value, bool):
            words = {None: "null and ~ for nothing", True: "yes, on and true for a truth value"}
            taken = words.get(value, "no, off and false for a truth value")
            return f"{where}, as YAML takes {taken}: quote it, or {find_remedy(schema)}"
        return f"{where}: {find_remedy(schema)}"
    remedy = find_remedy(schema)
    if error.validator == "type":
        problem = describe_type(value, error.validator_value)
        remedy = rewrite_number(value, error.validator_value) or remedy
        quotable = "string" in error.validator_value and not {"integer", "object"} & set(error.validator_value)
        if quotable and value is not None and not isinstance(value, dict | list):
            remedy = f"quote it, or {remedy}"
    elif error.validator == "uniqueItems":
        twice = next(item for index, item in enumerate(value) if item in value[:index])
        problem = f"in which {show(twice)} stands twice"
    else:
        problem = "which is empty" if value == [] else PROBLEMS[error.validator].format(error.validator_value)
        if error.validator == "pattern":
            remedy = respell(value, error.validator_value) or remedy
        elif error.validator == "const":  # the other possibility is a whole number
            remedy = rewrite_number(value, "integer") or remedy
    return f"{format_key(error.path)} is {show(value)}, {problem}: {remedy}"


def respell_key(key: str, value: object) -> str | None:
    """Tell how to write a key of an earlier version with its value; None for what the schema tells alone."""
    if key == "factors" and value:
        return f"write sweep: {{l2: {show(value)}}}"
    if key == "classifier" and isinstance(value, str):
        return f"write classifiers: [{value}]"
    if key == "autoencoder" and value is None:
        return "write denoisers: null"
    return None


def describe_type(value: object, expected: str | list[str]) -> str:
    """Describe the type that a value has, and the type that it should have."""
    types = [expected] if isinstance(expected, str) else expected
    if "number" in types and isinstance(value, float):
        return "which is not finite"
    if "number" in types and type(value) is int:
        return "which is too large"
    kind = "empty" if value is None else KINDS.get(type(value), "a mapping" if isinstance(value, dict) else "a date")
    return f"which is {kind}, not {' or '.join(TYPES[name] for name in types)}"


def rewrite_number(value: object, expected: str | list[str]) -> str | None:
    """Tell how to write a number that YAML read as text; None for anything else."""
    types = [expected] if isinstance(expected, str) else expected
    if not isinstance(value, str) or "string" in types or not {"number", "integer"} & set(types):
        return None
    power = re.fullmatch(r"([+-]?\d+)\.?(\d*)e([+-]?)(\d+)", value, re.IGNORECASE)
    if power and "number" in types:
        whole, fraction, sign, exponent = power.groups()
        return f"YAML reads {value} as text, write {whole}.{fraction or 0}e{sign or '+'}{exponent}"
    if re.fullmatch(r"[+-]?\d*\.?\d+" if "number" in types else r"[+-]?\d+", value):
        # Snakemake reads every number inside --config 'key={…}' as text.
        return f"write {value} without quotes, and in a file for --configfile rather than behind --config"
    return None


def respell(text: str, pattern: str) -> str | None:
    """Tell how to write a text without blanks at its ends and without ~ for the home folder.

    None if the text is still wrong then.
    """
    spelled = re.sub("^~(?=/)", str(Path.home()), text.strip())
    return f"write {spelled}" if re.fullmatch(pattern, spelled) else None


def find_remedy(schema: dict) -> str:
    """Find a key's remedy in the schema. For a mapping without a remedy, it is the list of its keys."""
    return schema.get("remedy") or f"give it the keys {', '.join(schema['properties'])}"


def format_key(path: list[str | int], *rest: object) -> str:
    """Format the place of a value in the config: classifiers.cnn.layers[0]."""
    text = "".join(f"[{part}]" if type(part) is int else f".{format_name(part)}" for part in path)
    return "".join([text, *(f".{format_name(key)}" for key in rest)]).removeprefix(".")


def format_name(key: object) -> str:
    """Format a key as in YAML: false, not False."""
    return key if isinstance(key, str) and key.isprintable() else show(key)


def show(value: object) -> str:
    """Format a value as in YAML, in one line of limited length."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, skipkeys=True)
    return shorten(text)


def shorten(text: str) -> str:
    """Shorten a text to what a message has room for."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
