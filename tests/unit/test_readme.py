"""The commands that the README tells its readers to type."""

import re

from mnist_study.trust.reasons import ROOT


def test_every_dry_run_names_the_profile_by_which_the_run_would_decide():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [command for command in re.findall(r"snakemake [^`\n#]*", text) if "-n" in command.split()]
    assert len(commands) >= 3
    assert all("--profile profiles/" in command for command in commands)
