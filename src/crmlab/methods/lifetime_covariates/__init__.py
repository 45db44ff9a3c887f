"""Methods that meet the lifetime contract with covariates (see crmlab.kinds.lifetime_covariates)."""
