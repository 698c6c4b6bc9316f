"""Reference distributions: made from past predictions or from columns, counted in a binning of their own."""

from webapp.telemetry.reference import Baseline, BaselineInfo

__all__ = ["Baseline", "BaselineInfo"]
