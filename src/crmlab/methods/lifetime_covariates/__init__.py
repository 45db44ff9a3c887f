"""Methods that meet the lifetime value contract (see crmlab.kinds.lifetime_value)."""
