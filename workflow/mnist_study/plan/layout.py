"""The paths of single runs and logs. Rules and aggregation share them, so that neither parses a path."""

REPLICATE = "replicate~{replicate}"
ALL_REPLICATES = "factor~{factor}"
RUN = f"{ALL_REPLICATES}/{REPLICATE}"
LEVEL = f"level~{{level}}/{REPLICATE}"
NO_FACTOR = "none"
# Patterns of the wildcards.
FACTOR = rf"{NO_FACTOR}|[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?"
NUMBER = "[1-9][0-9]*"


def format_factor(factor: float | None) -> str:
    """Format a factor for a path: 1e-4 as 0.0001, no penalty as none."""
    return NO_FACTOR if factor is None else str(float(factor))


def parse_factor(text: str) -> float | None:
    """Parse a factor that format_factor formatted."""
    return None if text == NO_FACTOR else float(text)


def locate_log(rule: str, job: str = "") -> str:
    """Locate the log of a rule's job below the study's folder; `job` distinguishes the jobs of the rule."""
    return f"logs/{rule}/{job}.log" if job else f"logs/{rule}.log"
