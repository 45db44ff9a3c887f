"""Methods that answer with the probability of an outcome (see crmlab.kinds.classification)."""
