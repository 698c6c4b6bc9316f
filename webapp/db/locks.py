"""The advisory locks of the database: each number once, here, so that no two things wait for each other by accident."""

from enum import IntEnum


class AdvisoryLock(IntEnum):
    MIGRATING = 7_268_900
    ADMINISTRATORS = 7_268_901  # under which the last of them is counted
    PREPARING_DEMO = 7_268_902  # several processes may start at once
    SENDING_DEMO = 7_268_903  # by the one process that sends
    MUTING = 7_268_904  # one at a time looks at what mutes alerts
    RECOUNTING = 7_268_905  # with a model's number: counting its events shares it, counting them anew has it alone
