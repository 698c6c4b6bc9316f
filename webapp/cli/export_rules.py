"""Writing the rules into files, to keep them beside the code."""

from pathlib import Path

import click

from webapp.alerting.rule_files import file_names, written
from webapp.alerting.rule_plan import stored
from webapp.cli.opening import opened
from webapp.core.errors import UserError


@click.command("export-rules")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def COMMAND(directory: Path) -> None:
    """Write every rule into DIRECTORY, a YAML file each; files of the same name are replaced.

    \b
    Example:  mission-control export-rules rules/
    """
    with opened() as runtime, runtime.transaction() as session:
        found = stored(session)
    names = file_names([each.document.name for each in found])
    others = {path.name for path in directory.glob("*.y*ml")} - set(names.values()) if directory.is_dir() else set()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for each in found:
            text = written(each.document, paused=bool(each.paused))
            (directory / names[each.document.name]).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"The rules cannot be written to {directory}: {error.strerror}.") from error
    click.echo(f"{len(found)} rules are in {directory}.")
    if others:
        click.echo(f"Not of a rule that is here, and left alone: {', '.join(sorted(others))}.")
