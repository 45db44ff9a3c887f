"""The base rate of the train rows for everyone: what is known without looking at a customer."""

from sklearn.dummy import DummyClassifier

from crmlab.declare.method import method


@method(label="Base rate", control="chance")
def prevalence():
    """Answer with the share of class 1 among the train rows."""
    return DummyClassifier(strategy="prior")
