"""What a run does beside its jobs: checks before it starts, and on Slurm, patience with it and a report at the end."""

# Kept for as long as this process lives, which is how long the run has its results for itself.
CLAIMS = []
# A job on a node is Slurm's to end, and not tied to this process.
os.environ.pop(lifelines.VARIABLE, None)


def on_slurm():
    """Tell whether this run submits its jobs to Slurm."""
    return workflow.executor_plugin.name == "slurm"


def start_run(log):
    """Refuse to start where another run writes the same results; on Slurm, wait patiently for whatever it does."""
    from workflow.lib.claims import claim_results, locate_claim
    from workflow.slurm.checks import check_no_job_left

    results = Path(config["pathvars"]["results"])
    slurm_name = None
    # A lost connection to the terminal is no reason to stop.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        if on_slurm():
            from workflow.slurm.executor import make_patient

            slurm_name = make_patient(workflow.scheduler._executor).run_uuid
        CLAIMS.append(claim_results(results, slurm_name, next(iter(log), None), check_no_job_left))
    except StudyError as error:
        raise WorkflowError(str(error)) from None
    os.environ[lifelines.VARIABLE] = str(locate_claim(results).absolute())


def report_run(succeeded):
    """On Slurm, tell what failed and why, how to go on, and what the run cost."""
    if not on_slurm():
        return
    from workflow.slurm.report import describe_run, list_starts

    executor = workflow.scheduler._executor
    jobs = {submission.slurm_job for submission in executor.submissions if submission.slurm_job}
    try:
        starts = list_starts(executor.run_uuid, executor.start, jobs)
        logger.info(describe_run(executor.submissions, workflow.scheduler.failed, succeeded, starts))
    except Exception as error:  # whatever an accounting says, it makes no run fail
        logger.warning(f"What the jobs did and cost can't be told: {error!r}")
