"""Snakemake's Slurm executor, without endless waits, and with several jobs in one allocation."""

from dataclasses import dataclass

from snakemake_executor_plugin_slurm import ExecutorSettings as SlurmSettings
from snakemake_executor_plugin_slurm import common_settings

from snakemake_executor_plugin_slurm_patient.executor import PatientExecutor as Executor

__all__ = ["Executor", "ExecutorSettings", "common_settings"]


@dataclass
class ExecutorSettings(SlurmSettings):
    """The settings of the Slurm plugin, which are options named --slurm-patient-... here."""
