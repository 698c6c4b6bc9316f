"""The entry point: finds the verbs, and turns an error for a person into one sentence and an exit code."""

import importlib.util
import sys

import click
from sqlalchemy.exc import OperationalError

from webapp import cli
from webapp.core.errors import UserError
from webapp.core.registry import discover


class Verbs(click.Group):
    """The verbs of the folder, found when they are first needed."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(_verbs())

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        return _named_like_its_file(name) or _verbs().get(name)


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mission-control")
def root() -> None:
    """Watch machine-learning models in production.

    Start with `mission-control demo`, or with `mission-control run` for your own models.
    """


def main() -> None:
    try:
        root.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except UserError as error:
        click.echo(f"mission-control: {error.message}", err=True)
        sys.exit(1)
    except OperationalError as error:
        click.echo(f"mission-control: the database does not answer: {str(error.orig).strip()}", err=True)
        sys.exit(1)


def _named_like_its_file(name: str) -> click.Command | None:
    """Return the verb without the others, which bring in all of the web: an import shall be small and start at once."""
    plain = name.replace("-", "_")
    for module in (plain, f"{plain}s") if plain.isidentifier() else ():
        if importlib.util.find_spec(f"{cli.__name__}.{module}") is not None:
            command = getattr(importlib.import_module(f"{cli.__name__}.{module}"), "COMMAND", None)
            if isinstance(command, click.Command) and command.name == name:
                return command
    return None


def _verbs() -> dict[str, click.Command]:
    found = discover(cli, "COMMAND").values()
    return {command.name: command for command in found if isinstance(command, click.Command) and command.name}


if __name__ == "__main__":
    main()
