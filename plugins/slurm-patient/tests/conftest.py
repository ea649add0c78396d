"""Shared by the tests: jobs as Snakemake makes them, as far as this plugin reads them."""

from types import SimpleNamespace

import pytest


class Job:
    """The attributes of a Snakemake job that the plugin reads."""

    def __init__(self, number, resources, log=None, rule="train", attempt=1):
        self.jobid = number
        self.rule = SimpleNamespace(name=rule)
        self.wildcards_dict = {"replicate": str(number)}
        self.wildcards = [str(number)]
        self.attempt = attempt
        self.restart_times = 2
        self.resources = {"mem_mb": 1000, "runtime": 10} | resources
        self.threads = self.resources.pop("threads", 1)
        self.log = [str(log)] if log else []


@pytest.fixture
def make_job():
    """Give a function that makes a job of a number, with resources."""

    def make(number=1, log=None, rule="train", attempt=1, **resources):
        return Job(number, resources, log, rule, attempt)

    return make
