"""What a segment is, and what to do with it: profile, rule, name, loyalty, policy, files.

Everything here describes segments that a clustering has already made. It reads the customers as
they were known at the cutoff; what they did next only stands in the profile's part `next`.
"""
