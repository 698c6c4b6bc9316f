"""Technical: is the model still right, has its data moved, is the service well, what did it predict."""
