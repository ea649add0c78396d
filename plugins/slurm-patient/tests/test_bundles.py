"""Test which jobs share a Slurm job, and what they ask for together."""

import itertools
import random

import pytest
from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_slurm_patient.bundles import make_bundles, name_bundle, sum_minutes


def list_members(bundles):
    return [[job.jobid for job in bundle.members] for bundle in bundles]


def test_without_the_resource_each_job_has_its_slurm_job(make_job):
    assert list_members(make_bundles([make_job(1), make_job(2)])) == [[1], [2]]


def test_jobs_fill_bundles_and_the_last_one_may_be_smaller(make_job):
    bundles = make_bundles([make_job(number, bundle=3) for number in (7, 2, 5, 4, 1, 6, 3)])
    assert list_members(bundles) == [[1, 2, 3], [4, 5, 6], [7]]


@pytest.mark.parametrize(
    "other",
    [{"rule": "score"}, {"attempt": 2}, {"threads": 2}, {"slurm_partition": "cpu"}, {"gres": "gpu:1"}],
    ids=lambda other: next(iter(other)),
)
def test_jobs_that_ask_for_other_things_do_not_share(make_job, other):
    assert list_members(make_bundles([make_job(1, bundle=2), make_job(2, **{"bundle": 2} | other)])) == [[1], [2]]


def test_jobs_of_other_sizes_share(make_job):
    bundles = make_bundles([make_job(1, bundle=2, mem_mb=500), make_job(2, bundle=2, runtime=3)])
    assert list_members(bundles) == [[1, 2]]


def test_in_turn_a_bundle_asks_for_the_largest_job_and_for_the_time_of_all(make_job):
    [bundle] = make_bundles(
        [make_job(1, bundle=3, mem_mb=500), make_job(2, bundle=3, mem_mb=900), make_job(3, bundle=3, runtime=5)]
    )
    assert (bundle.threads, bundle.resources.mem_mb, bundle.resources.runtime) == (1, 1000, 25)


def test_side_by_side_a_bundle_asks_for_cores_and_memory_of_those_that_meet(make_job):
    jobs = [
        make_job(number, bundle=4, abreast=2, threads=3, mem_mb=100 * number, gres="gpu:1") for number in range(1, 5)
    ]
    [bundle] = make_bundles(jobs)
    assert (bundle.threads, bundle.resources.mem_mb, bundle.resources.runtime) == (6, 700, 20)
    assert bundle.resources.gres == "gpu:1"


def test_a_smaller_bundle_asks_for_less(make_job):
    bundles = make_bundles([make_job(number, bundle=4, abreast=4) for number in range(1, 6)])
    assert [(bundle.threads, bundle.resources.mem_mb, bundle.resources.runtime) for bundle in bundles] == [
        (4, 4000, 10),
        (1, 1000, 10),
    ]


def test_cores_that_the_profile_names_are_those_of_each_job(make_job):
    [bundle] = make_bundles([make_job(number, bundle=2, abreast=2, cpus_per_task=4) for number in (1, 2)])
    assert bundle.resources.cpus_per_task == 8


@pytest.mark.parametrize("seed", range(20))
def test_jobs_end_within_the_time_of_their_bundle_in_any_order(seed):
    chance = random.Random(seed)
    minutes = [chance.randint(1, 60) for _ in range(chance.randint(1, 6))]
    abreast = chance.randint(1, len(minutes))

    def run(order):
        places = [0] * abreast
        for duration in order:
            first = places.index(min(places))
            places[first] += duration
        return max(places)

    assert max(map(run, itertools.permutations(minutes))) <= sum_minutes(minutes, abreast) <= sum(minutes)


@pytest.mark.parametrize("wrong", [0, -1, "all", 1.5])
def test_a_resource_that_is_no_number_of_jobs_is_refused_by_name(make_job, wrong):
    with pytest.raises(WorkflowError, match=f"rule train: the resource bundle is {wrong}"):
        make_bundles([make_job(1, bundle=wrong)])


def test_the_name_of_a_bundle_says_how_many_jobs_share(make_job):
    assert [
        name_bundle(bundle) for bundle in make_bundles([make_job(1, bundle=3), make_job(2, bundle=3), make_job(3)])
    ] == [
        "train replicate=1 and 1 more",
        "train replicate=3",
    ]
