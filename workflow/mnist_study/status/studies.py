"""The study of a command: its working directory and its config, by Snakemake's options."""

import argparse
import os
import shlex
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from mnist_study.errors import StudyError
from mnist_study.plan.config import check_config, locate_config
from mnist_study.trust.reasons import ROOT


def parse_study(parser: argparse.ArgumentParser, create: bool = False) -> argparse.Namespace:
    """Parse a command's options, add the two that choose a study, and change to its working directory.

    Raises StudyError if there is no such directory. `create`: make it then, as Snakemake does.
    """
    parser.add_argument("--directory", type=Path, default=Path(), help="where the study runs; as Snakemake's option")
    parser.add_argument("--configfile", nargs="+", type=Path, default=[], help="as Snakemake's option")
    arguments = parser.parse_args()
    if arguments.directory != Path():
        arguments.configfile = [path.absolute() for path in arguments.configfile]
        try:
            if create:
                arguments.directory.mkdir(parents=True, exist_ok=True)
            os.chdir(arguments.directory)
        except OSError as error:
            raise StudyError(f"--directory {arguments.directory}: {error.strerror}") from error
    return arguments


def load_config(configfiles: list[Path]) -> dict:
    """Load the config of a study, as Snakemake does; raises StudyError if it can't be read or is not valid."""
    config: dict = {}
    for path in [locate_config(), *configfiles]:
        try:
            update_config(config, load_configfile(path))
        except UnicodeDecodeError as error:
            raise StudyError(f"{path} can't be read as a config: it is not in UTF-8: save it in UTF-8") from error
        except OSError as error:
            raise StudyError(f"{path} can't be read as a config: {error.strerror}") from error
        except (ValueError, WorkflowError) as error:
            raise StudyError(f"{path} can't be read as a config: {error}") from error
    return check_config(config)


def list_options(configfiles: list[Path]) -> list[str]:
    """List the options with which Snakemake runs this study on this machine, as typed in its directory."""
    here = Path.cwd() == ROOT
    place = [] if here else ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(Path.cwd())]
    profile = ["--profile", str((Path() if here else ROOT) / "profiles/local")]
    return [*place, *profile, *(["--configfile", *map(str, configfiles)] if configfiles else [])]


def format_snakemake(*options: str, configfiles: list[Path]) -> str:
    """Format a call of Snakemake for this study."""
    return shlex.join(["snakemake", *options, *list_options(configfiles)])
