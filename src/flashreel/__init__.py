"""flashreel: an open, self-hosted text-to-video API."""

__version__ = "0.1.0"
