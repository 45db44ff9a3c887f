"""Pictures, one per file.

A picture's file has `draw(subject)`, which returns a figure and raises NotApplicable, with the
reason, where the subject has nothing to show. The subject is a comparison, or, in the files that
say `SUBJECT = "dataset"`, the name of a data set.
"""
