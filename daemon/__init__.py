"""sidestick: the process that listens, queues, and turns audio into notes."""

__version__ = "0.1.0"
