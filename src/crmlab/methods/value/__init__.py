"""Methods that meet the value contract (see crmlab.kinds.value)."""
