"""A way in for an administrator: a link at which a password is chosen."""

import click

from webapp.accounts import users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.permissions import Role
from webapp.cli.opening import opened
from webapp.core.errors import ConflictError


@click.command("create-admin")
@click.option("--email", required=True, help="The address that they sign in with.")
@click.option("--name", default="", help="What they are called; the part before the @ unless given.")
def COMMAND(email: str, name: str) -> None:
    """Add an administrator and print the link at which they choose their password (good for 7 days).

    \b
    Example:  mission-control create-admin --email root@example.com --name Root
    """
    with opened() as runtime, runtime.transaction() as session:
        now = runtime.clock.now()
        known = users.by_email(session, email)
        if known is not None and Role.ADMIN not in known.roles:
            raise ConflictError(f"{email} has an account with other roles; an administrator can change them.")
        if known is None:
            called = name or email.partition("@")[0]
            _, secret = users.invite(session, email=email, name=called, roles=[Role.ADMIN], actor=SYSTEM, now=now)
        else:
            secret = users.new_password_link(session, known.id, actor=SYSTEM, now=now)
        link = f"{runtime.settings.public_url}/invitation/{secret}"
    click.echo(f"{email} chooses a password at {link}")
