"""Detectron2 in a process of its own, and what is said to it.

PyTorch's libraries and TensorFlow's end a process that loads both, so Detectron2 lies
in another environment. `server`, `network` and `convert` run there; the rest is asked
from here. What both sides import needs Python and NumPy alone.
"""
