"""The data catalogue: one file per data set, published or simulated.

A file declares one `DATASET` and its adapters to canonical tables (docs/architecture.md):

- a function named as a table, `transactions(raw) -> DataFrame`, or one `tables(raw) -> dict`;
  `raw` is the folder that holds the files of `DATASET.sources`, verified;
- optionally `truth(raw) -> dict` (simulated data only), `RULES` (crmlab.data.cleaning.Rules: which
  order and product codes have a meaning) and `notes(tables) -> dict` (oddities to count).

Adapters give ids as text, times as naive datetimes and money as numbers; `crmlab.data.tables` checks,
flags, casts, sorts and writes.
"""
