"""Making the rules say what files say."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from webapp.accounts.actor import SYSTEM
from webapp.alerting import rule_plan
from webapp.alerting.rule_files import RuleFile, read
from webapp.alerting.rule_plan import Plan
from webapp.cli.opening import opened
from webapp.core.errors import InvalidInputError, UserError

ACTOR = replace(SYSTEM, name="mission-control apply")


@click.command("apply")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", is_flag=True, help="Change nothing: show what differs, and exit with 1 where something does.")
@click.option("--prune", is_flag=True, help="Delete the rules that stand in no file.")
def COMMAND(directory: Path, check: bool, prune: bool) -> None:
    """Make the rules say what the YAML files in DIRECTORY say, all of them or, where one is wrong, none.

    A rule is known by its name. Each change is a version of its rule, with its entry in the audit log.

    \b
    Example:  mission-control apply rules/ --check && mission-control apply rules/
    """
    files = _files(directory)
    with opened() as runtime, runtime.transaction() as session:
        plan = rule_plan.planned(session, files, prune=prune)
        if not check:
            rule_plan.apply(session, plan, actor=ACTOR, now=runtime.clock.now())
    _say(plan, is_done=not check)
    if check and plan.steps:
        sys.exit(1)


def _files(directory: Path) -> list[RuleFile]:
    """Read all files; what is wrong in any of them is told together."""
    paths = sorted(path for path in directory.glob("*") if path.suffix in {".yaml", ".yml"} and path.is_file())
    if not paths:
        raise UserError(f"There are no files *.yaml in {directory}; `mission-control export-rules` writes some.")
    found, wrong = [], []
    for path in paths:
        try:
            found.append(read(path.read_text(encoding="utf-8"), path.name))
        except InvalidInputError as error:
            wrong.append(error.message)
        except UnicodeDecodeError:
            wrong.append(f"{path.name}: it is not text in UTF-8.")
        except OSError as error:
            wrong.append(f"{path.name}: it cannot be read: {error.strerror}.")
    if wrong:
        raise UserError("\n".join(wrong))
    return found


def _say(plan: Plan, *, is_done: bool) -> None:
    for step in plan.steps:
        for line in step.lines:
            click.echo(line)
    if not plan.steps:
        click.echo(f"Nothing differs: {plan.same} rules say what their files say.")
    else:
        verb = "applied" if is_done else "to apply"
        click.echo(f"{len(plan.steps)} {verb}, {plan.same} the same.")
    if plan.only_here:
        listed = ", ".join(step.name for step in plan.only_here[:10])
        more = "" if len(plan.only_here) <= 10 else " and others"
        click.echo(f"In no file, and left alone: {listed}{more}.")
