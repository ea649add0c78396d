"""Shared by the tests on Slurm: the cluster, studies on it, and the results of their undisturbed runs."""

from collections.abc import Callable, Iterable

import pytest

from tests.slurm import cluster as slurm
from tests.slurm.studies import EDITS, MOST_REPLICATES, PROFILE, RUNS, SHARE, TABLE, Study, edit_profile


@pytest.fixture(scope="session")
def cluster():
    """The test cluster."""
    if not slurm.is_up():  # then these tests run only if they were asked for by name
        pytest.fail("no cluster is up: as root on Debian, type make cluster")
    return slurm


@pytest.fixture(scope="session")
def make_study(tmp_path_factory, copy_project, dataset, cluster) -> Callable[..., Study]:
    """Give a function that makes a study with planted faults. Its profile is edited as docs/cluster.md says, and by
    `edits`. `share`: the edit by which trainings share Slurm jobs.
    """

    def make(
        replicates: int = 2,
        faults: Iterable[dict] = (),
        edits: dict[str, str] | None = None,
        share: dict[str, str] = SHARE,
    ) -> Study:
        folder = copy_project(tmp_path_factory.mktemp("study") / "project")
        edit_profile(folder / PROFILE, EDITS | share | (edits or {}))
        return Study(folder, dataset, replicates, faults)

    return make


@pytest.fixture(scope="session")
def undisturbed(make_study) -> Callable[[int], dict[str, str]]:
    """Give a function that returns the digests of results of this number of replicates, made here without Slurm."""
    study = make_study(MOST_REPLICATES)
    digests = {}

    def run(replicates: int) -> dict[str, str]:
        if replicates not in digests:
            (study.folder / "study.yaml").write_text(
                (study.folder / "study.yaml")
                .read_text()
                .replace(f"replicates: {study.replicates}", f"replicates: {replicates}")
            )
            study.replicates = replicates
            status, output = study.run(profile="profiles/local")
            assert status == 0, output
            ours = [f"{RUNS}/replicate~{number}.json" for number in range(1, replicates + 1)]
            digests[replicates] = {path: digest for path, digest in study.digests().items() if path in [*ours, TABLE]}
        return digests[replicates]

    return run
