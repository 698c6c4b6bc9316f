"""Money is for those who may see it; the others get the same figures without."""

from dataclasses import replace

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.metrics.performance import Performance


def visible_to(who: Actor, found: Performance) -> Performance:
    """Return the performance as this person may see it: without the permission, no threshold has a net benefit."""
    if who.may(Permission.IMPACT_READ):
        return found
    return replace(found, thresholds=tuple(replace(row, net_benefit=None) for row in found.thresholds))
