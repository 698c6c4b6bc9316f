"""What a browser says of itself, in words: `Chrome on Windows`."""

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """Return the browser and the system of a user agent; its first words where neither is known."""
    browser = next((word for mark, word in BROWSERS if mark in user_agent), None)
    system = next((word for mark, word in SYSTEMS if mark in user_agent), None)
    if browser is None and system is None:
        return user_agent.split("/")[0][:40] or "Unknown device"
    return " on ".join(word for word in (browser, system) if word)
