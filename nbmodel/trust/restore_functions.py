"""Rules for the functions of `nbmodel.flavors` that skeletons name, each with its checks.

There are none for Keras: a configuration can name any class, and the code of a stranger's class
comes with it. Such models load only with ``--trust``.
"""

from __future__ import annotations

from nbmodel.trust.lightgbm import RESTORE as LIGHTGBM
from nbmodel.trust.rules import RuleTable
from nbmodel.trust.torch import RESTORE as TORCH
from nbmodel.trust.xgboost import RESTORE as XGBOOST

RULES: RuleTable = {**LIGHTGBM, **TORCH, **XGBOOST}
