"""`python -m figures`: compute what is missing and draw every figure."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from continuation.errors import MlpcontError
from continuation.terminal import command_line
from continuation.workers import available_cores
from figures.settings import PAGE, PAPER, Settings, budget_of
from symbolic.complaints import FAILED, Command, complain
from symbolic.forms import Csv, Json
from symbolic.release import Version, with_version

app = typer.Typer(add_completion=False)

EXAMPLES = ("python -m figures --only phase_plane --quick", "python -m figures --list")

EPILOG = (
    f"Examples: {'; '.join(EXAMPLES)}. "
    "Without FILE: data are stored in OUTPUT/data, pictures (PDF, PNG) and the claims in OUTPUT. "
    "What is stored already and still answers the settings is not computed again, and an "
    "interrupted run goes on where it stopped. With FILE: draws a result that "
    "`python -m continuation` has written; where OUTPUT holds a figure of the paper by that name, "
    "the picture is named NAME_result. `python -m figures explore` writes results as one page for "
    "the browser, see `python -m figures explore --help`."
)


AGAIN = "run the same command to go on from here"
"""What Ctrl-C leaves."""


class MainJob(Command):
    """The main job, beside which there is one command that is named: `explore`."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run the explorer where its name comes first, else the main job."""
        given = list(sys.argv[1:] if args is None else args)
        if given[:1] != ["explore"]:
            return super().main(given, *rest, **more)
        from figures.explore.command import app as explorer  # imports what it shows

        name = {"prog_name": "python -m figures explore"}
        command = with_version(typer.main.get_command(explorer))
        return command.main(given[1:], **(more | name))


@app.command(cls=MainJob, epilog=EPILOG)
def main(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A result of `python -m continuation` to draw instead, or an ensemble's folder."
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this figure; may be given several times.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Compute again what is stored.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.", show_default="all cores")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for everything.")] = Path("out"),
    seed: Annotated[int, typer.Option(min=0, help="Root of every random stream.")] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="A preview: fewer samples, parts of ranges.")
    ] = False,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough",
            help="Evidence: claims on as many data sets as decide them, whole ranges; hours.",
        ),
    ] = False,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            help="Models of figures of one data set (training, landscape, noise, size, graph, "
            "evolution, basins); may be given several times.",
            show_default="those of the paper",
            rich_help_panel="Data",
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            help="Their samples.", show_default="each figure's own", rich_help_panel="Data"
        ),
    ] = None,
    noise: Annotated[
        float | None,
        typer.Option(
            help="Their noise σ.", show_default="each figure's own", rich_help_panel="Data"
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="CSV file with two named columns, shown by the figures of one data set, with "
            "the networks of --preset.",
            show_default="sampled data",
            rich_help_panel="Data",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            help="Names of its x and y column, with a comma between.",
            show_default="the first two",
            rich_help_panel="Data",
        ),
    ] = None,
    width: Annotated[
        float,
        typer.Option(
            help="Of pictures of the main job, in millimetres; under 120 panels stand below each "
            "other.",
            rich_help_panel="Look",
        ),
    ] = PAGE,
    latex: Annotated[
        bool,
        typer.Option("--latex", help="Texts set by LaTeX (installed).", rich_help_panel="Look"),
    ] = False,
    edited: Annotated[
        bool, typer.Option("--edited", help="Draw FILE though it was changed after it was written.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the figures and stop.")] = False,
    as_json: Json = False,
    as_csv: Csv = False,
    _version: Version = False,
) -> None:
    """Compute and draw the figures of the paper."""
    with command_line(AGAIN, as_json):
        from continuation.commands.common import reporting  # these take seconds, and help
        from figures import run  # need not wait for them
        from figures.failures import summary

        try:
            models = tuple(preset) if preset else PAPER
            seen = None if data is None else str(data)
            settings = Settings(seed, budget_of(quick, thorough), models, n, noise, seen, columns)
        except MlpcontError as error:
            raise typer.BadParameter(str(error)) from error
        with reporting(as_json, as_csv, run.console, AGAIN) as report:
            missing = run.run(
                report,
                file,
                only,
                force,
                jobs or available_cores(),
                output,
                settings,
                width,
                latex,
                edited,
                list_,
            )
        if missing:  # the rest was made and is reported
            complain("Incomplete", summary(missing), as_json)
            raise typer.Exit(FAILED)


if __name__ == "__main__":
    app()
