"""Methods that meet the lifetime contract (see crmlab.kinds.lifetime)."""
