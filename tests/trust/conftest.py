"""Keras runs on PyTorch here, and no library fills the machine with threads that wait."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("OMP_NUM_THREADS", "1")
