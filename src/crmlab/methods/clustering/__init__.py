"""Methods that answer with a segment for every customer (see crmlab.kinds.clustering)."""
