"""Tables go out: one DuckDB file and Parquet, with views for business intelligence and a data dictionary."""

from crmlab.desk.export.writing import export

__all__ = ["export"]
