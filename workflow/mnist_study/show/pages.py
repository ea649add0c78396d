"""Make the parts of the report that its template uses: captions, embedded figures, and tables that sort and filter."""

import re
from base64 import b64encode
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pandas as pd
from docutils.core import publish_parts
from itables import to_html_datatable
from itables.javascript import generate_init_offline_itables_html
from itables.options import dt_bundle
from markupsafe import Markup

from mnist_study.plan.contents import list_contents
from mnist_study.plan.sweeps import format_value, spell_name
from mnist_study.show import report
from mnist_study.show.tables import find_swept, read_table

TEXTS = Path(report.__path__[0])
# An SVG is measured in points of 1/72 inch, a page in pixels of 1/96 inch. The letters of our figures have the size for
# paper, and so the figures are shown a quarter larger.
PIXELS_PER_POINT = 96 / 72 * 1.25
ROWS = 10

WHOLE = [
    "replicate",
    "replicates",
    "n",
    "positive",
    "helped",
    "hurt",
    "correct",
    "total",
    "epoch",
    "count",
    "parameters",
]
FORMATS = {
    "level": lambda level: f"{round(level, 3):g}",
    "penalized": {True: "yes", False: "no"}.get,
    "shown": {True: "yes", False: "no"}.get,
    **dict.fromkeys(WHOLE, lambda number: f"{number:,.0f}"),
    **dict.fromkeys(["p", "p_holm"], "{:.2g}".format),
    "difference": "{:+.4f}".format,
    "mean_difference": "{:+.5f}".format,
}


HEADERS = {
    "ci95_low": "95 % CI (mean), low",
    "ci95_high": "95 % CI (mean), high",
    "wilson95_low": "95 % CI (images), low",
    "wilson95_high": "95 % CI (images), high",
    "run95_low": "95 % of one more training, low",
    "run95_high": "95 % of one more training, high",
    "inside_ci95": "published inside? (mean)",
    "inside_run95": "published inside? (one more)",
    "inside_wilson95": "published inside? (images)",
    "data": "images",
    "first": "first setting",
    "second": "second setting",
    "mean_difference": "mean difference",
    "p_holm": "p (Holm)",
    "helped": "replicates helped",
    "hurt": "replicates hurt",
    "cross_entropy": "cross-entropy",
    "penalty": "L2 penalty",
    "reference": "published",
    "why_not": "why not compared",
}
# Columns with the name of a model, which are left out of a table of one model.
NAMED = ["classifier", "than_classifier", "autoencoder"]
# Columns that can be left out if they are empty, as those of other trainings are with one replicate.
SPARED = ["why_not", "standard_deviation"]
SPARED += [f"{name}_{end}" for name in ("ci95", "run95", "wilson95") for end in ("low", "high")]
SPARED += [f"inside_{name}" for name in ("ci95", "run95", "wilson95")]


class Study:
    """The results of a study below a folder.

    `gaps`: the causes of missing results, by their paths below that folder.
    """

    def __init__(self, settings: dict, results: Path, gaps: dict[str, str]) -> None:
        self.settings, self.results, self.gaps = settings, results, gaps
        self.contents = list_contents(settings, settings["dataset"])

    @cached_property
    def environment(self) -> jinja2.Environment:
        """The Jinja environment that renders captions and the page. An undefined name is an error."""
        return jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEXTS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
        )

    def name(self, path: str) -> str:
        """Make the name of a figure or table for the page's links, such as figures-gallery-gallery."""
        return path.rpartition(".")[0].replace("/", "-")

    def caption(self, path: str) -> Markup:
        """Render a caption, as Snakemake's own report does: Jinja, then reStructuredText."""
        content = self.contents[path]
        snakemake = SimpleNamespace(wildcards=content.wildcards, config=self.settings)
        text = self.environment.get_template(f"captions/{content.caption}.rst").render(snakemake=snakemake)
        # A user's docutils.conf must not change the page's bytes.
        options = {"doctitle_xform": False, "smart_quotes": True, "_disable_config": True}
        return Markup(publish_parts(text, writer="html5", settings_overrides=options)["body"])

    def title(self, path: str) -> str:
        """Give the first sentence of a caption. It is also the figure's alternative text."""
        return self.caption(path).partition("</p>")[0].striptags()

    def embed(self, path: str) -> str:
        """Embed an SVG as a data URL. Inline SVGs in the same page would have clashing ids."""
        return f"data:image/svg+xml;base64,{b64encode((self.results / path).read_bytes()).decode()}"

    def measure(self, path: str) -> int:
        """Measure the width in pixels at which an SVG is legible."""
        [points, *_] = re.findall(r'<svg[^>]* width="([\d.]+)pt"', (self.results / path).read_text(encoding="utf-8"))
        return round(float(points) * PIXELS_PER_POINT)

    def read(self, path: str) -> pd.DataFrame:
        """Read a table."""
        return read_table(self.results / path)

    def tabulate(self, path: str) -> Markup:
        """Make a table that sorts and filters. A table with many rows has several pages."""
        table = prepare_table(self.read(path))
        name = self.name(path)
        long = len(table) > ROWS
        return Markup(
            to_html_datatable(
                table,
                connected=False,
                table_id=f"{name}-table",
                showIndex=False,
                maxBytes=0,
                text_in_header_can_be_selected=False,  # a click on it sorts
                display_logo_when_loading=False,
                classes="display compact",
                style="width:auto;margin:0",
                paging=long,
                layout={
                    "topStart": "search",
                    "topEnd": "pageLength" if long else None,
                    "bottomStart": "info" if long else None,
                    "bottomEnd": "paging" if long else None,
                },
            )
        )


def prepare_table(table: pd.DataFrame) -> pd.DataFrame:
    """Prepare a table for readers: only significant digits, and no empty columns.

    Texts that look like numbers are sorted as numbers.
    """
    swept = find_swept(table) if "classifier" in table and "denoiser" not in table else []
    named = [name for name in NAMED if name in table]
    if len(pd.unique(table[named].to_numpy().ravel())) < 2:
        table = table.drop(columns=named)
    if "predicted" in table:  # the list of a confusion matrix shows only the mistakes
        wrong = (table["true"] != table["predicted"]) & (table["count"] > 0)
        table = table[wrong].sort_values("count", ascending=False, kind="stable")
    table = table.drop(columns=[name for name in SPARED if name in table and table[name].isna().all()])
    if "penalty" in table and (table["penalty"] == 0).all():  # then the loss is the cross-entropy
        table = table.drop(columns=["cross_entropy", "penalty"])
    digits = 4
    if "case" in table:  # noise levels that are interpolated
        digits = 3
    elif "mean_difference" in table:
        digits = 5
    for column in table:
        form = FORMATS.get(column, lambda value: f"{value:.{digits}f}" if isinstance(value, float) else str(value))
        if column in swept:
            table[column] = table[column].map(format_value)
        else:
            table[column] = table[column].map(form, na_action="ignore").astype(object).fillna("")
    return table.rename(columns=lambda column: HEADERS.get(column, spell_name(column)))


def load_datatables() -> Markup:
    """Load the JavaScript library of the tables. The page embeds it once."""
    return Markup(generate_init_offline_itables_html(dt_bundle))
