"""Memory of this process."""

import sys

import psutil


def used_bytes() -> int:
    """What this process holds now."""
    return psutil.Process().memory_info().rss


def peak_bytes() -> int:
    """The most that it has held."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    # KiB on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
