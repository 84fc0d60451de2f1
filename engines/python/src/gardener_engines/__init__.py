"""Engines of Codebase Gardener in Python: a run directory goes in, events and an adapter directory come out.

`python -m gardener_engines peft|mlx <run directory>` speaks the protocol of `protocol.py`.
"""
