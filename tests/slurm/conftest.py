"""What the tests on Slurm share: the cluster, studies on it, and what an undisturbed run of them makes."""

from collections.abc import Callable, Iterable

import pytest

from tests.slurm import cluster as slurm
from tests.slurm.studies import EDITS, MOST_REPLICATES, PROFILE, RUNS, TABLE, Study, edit_profile


@pytest.fixture(scope="session")
def cluster():
    """The throwaway cluster."""
    if not slurm.is_up():  # and these tests were asked for by name
        pytest.fail("no cluster is up: as root on Debian, type make cluster")
    return slurm


@pytest.fixture(scope="session")
def make_study(tmp_path_factory, copy_project, dataset, cluster) -> Callable[..., Study]:
    """Give a function: a study with planted faults, its profile edited as docs/cluster.md says and by `edits`."""

    def make(replicates: int = 2, faults: Iterable[dict] = (), edits: dict[str, str] | None = None) -> Study:
        folder = copy_project(tmp_path_factory.mktemp("study") / "project")
        edit_profile(folder / PROFILE, EDITS | (edits or {}))
        return Study(folder, dataset, replicates, faults)

    return make


@pytest.fixture(scope="session")
def undisturbed(make_study) -> Callable[[int], dict[str, str]]:
    """Give a function: the digests of what as many replicates make when run on this machine, without Slurm."""
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
