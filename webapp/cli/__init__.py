"""The command `mission-control`: each module with a COMMAND is one of its verbs."""
