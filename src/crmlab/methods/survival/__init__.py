"""Methods that meet the survival contract (see crmlab.kinds.survival)."""
