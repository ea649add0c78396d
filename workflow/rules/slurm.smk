"""What a run does beside its jobs: checks before it starts, and on Slurm, patience with it and a report at the end."""


def on_slurm():
    """Tell whether this run submits its jobs to Slurm."""
    return workflow.executor_plugin.name == "slurm"


def start_run(log):
    """Refuse to start where another run writes the same results; on Slurm, wait patiently for whatever it does."""
    from workflow.slurm.checks import claim_results

    executor = workflow.scheduler._executor
    try:
        if on_slurm():
            from workflow.slurm.executor import make_patient

            # A lost connection to the terminal is no reason to stop.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            make_patient(executor)
        slurm_name = getattr(executor, "run_uuid", None)
        executor.claim = claim_results(Path(config["pathvars"]["results"]), slurm_name, next(iter(log), None))
    except StudyError as error:
        raise WorkflowError(str(error)) from None


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
