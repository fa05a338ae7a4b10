"""Rules for nbmodel itself: the restore functions of the flavors, each behind its checks.

Keras has none: a configuration can name any class, and with a stranger's
classes comes a stranger's code. Such models load only when they are trusted.
"""

from __future__ import annotations

from nbmodel.trust.lightgbm import RESTORE as LIGHTGBM
from nbmodel.trust.rules import RuleTable
from nbmodel.trust.torch import RESTORE as TORCH
from nbmodel.trust.xgboost import RESTORE as XGBOOST

RULES: RuleTable = {**LIGHTGBM, **TORCH, **XGBOOST}
