"""What a registry file says of itself, one species per file: method, metric, data set, and so on.

A key follows the species of its own file only.
"""
