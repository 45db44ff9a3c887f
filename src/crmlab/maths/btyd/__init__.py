"""Buy-till-you-die models of purchases, and the gamma-gamma model of spend.

A customer is (x, t_x, T): repeat purchases, time of the last one, time observed, from the first
purchase on. Time has one unit throughout (weeks, by custom; opportunities for BG/BB); rates come
out per that unit. Each family of models has its file; `model.py` says what all of them can do,
`fitting.py` fits any of them by maximum likelihood.
"""

from crmlab.maths.btyd.bg_bb import BGBB
from crmlab.maths.btyd.coin import BGNBD, MBGCNBD, MBGNBD
from crmlab.maths.btyd.covariates import BGCovariates, ParetoCovariates, WithCovariates, fit_covariates
from crmlab.maths.btyd.customers import check
from crmlab.maths.btyd.fitting import fit
from crmlab.maths.btyd.model import Model
from crmlab.maths.btyd.nbd import NBD
from crmlab.maths.btyd.pareto import ParetoNBD
from crmlab.maths.btyd.spend import GammaGamma, fit_spend

__all__ = [
    "BGBB",
    "BGNBD",
    "MBGCNBD",
    "MBGNBD",
    "NBD",
    "BGCovariates",
    "GammaGamma",
    "Model",
    "ParetoCovariates",
    "ParetoNBD",
    "WithCovariates",
    "check",
    "fit",
    "fit_covariates",
    "fit_spend",
]
