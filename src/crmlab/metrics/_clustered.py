"""The space in which segments are judged by distance: the clustered columns, on the methods' scale."""

import numpy as np
import pandas as pd

from crmlab.kinds.clustering import SEGMENTED
from crmlab.maths.encoding import segment_input


def clustered(rows):
    """Return the numeric clustered columns that vary, (n, p), scaled as methods scale them; p may be 0.

    Carried columns are left out: a method did not see them. The scale is taken once, from all rows.
    """
    shown = rows[[c for c in SEGMENTED if c in rows and pd.api.types.is_numeric_dtype(rows[c])]]
    if shown.empty:
        return np.zeros((len(rows), 0))
    points = np.asarray(segment_input().fit_transform(shown))
    return points[:, np.ptp(points, axis=0) > 0]


def indicators(segment):
    """Return the segments' members, (n, k) of 0 and 1, in the order of their labels."""
    found, code = np.unique(np.asarray(segment), return_inverse=True)
    return np.eye(len(found))[code]


def centres(points, member, weights):
    """Return the mass (B, k) and the mean point (B, k, p) of each segment, 0 for an empty one."""
    mass = weights @ member
    summed = np.stack([weights @ (member * column[:, None]) for column in points.T], axis=2)
    return mass, summed / np.where(mass > 0, mass, 1.0)[:, :, None]
