"""The canonical tables, one per file: columns, times, what arrives late."""
