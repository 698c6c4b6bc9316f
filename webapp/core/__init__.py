"""What every other package may use: time, errors, identifiers, plug-in discovery, periods, formatting."""
