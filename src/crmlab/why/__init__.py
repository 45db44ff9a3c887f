"""Why a customer scores high: importance, rules, curves, patterns, and reasons for one customer.

Everything here explains classifiers that a comparison has already judged. What is fitted (a tree of
rules, which columns belong together) is fitted on the train rows of the last window; what is claimed
is claimed of its test rows, with an interval.
"""
