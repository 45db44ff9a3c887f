"""Tree rules as a finding: how many lie above the base rate, and which one the most, by the table."""

from dataclasses import replace

import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.why import tree_rules


def test_the_sentences_are_those_of_the_table(compared, keeps_contract):
    found = tree_rules.find(compared)
    keeps_contract(found)
    above = found.table[(found.table["train_lift"] > 1) & (found.table["precision_lower"] > found.base_rate)]
    assert len(above)
    assert found.sentences[0].startswith(f"{len(above)} of {len(found.table)} rules hold more customers who ")
    assert above.iloc[0]["rule"] in found.sentences[1]
    none = replace(found, table=found.table.assign(precision_lower=0.0, note=""))
    assert len(none.sentences) == 1
    assert none.sentences[0].startswith("0 of ")


def test_without_a_split_there_is_no_rule(compared):
    same = compared.problem.rows.assign(visits=1.0, days_since_last=1.0)
    same["channel"] = pd.Series("web", index=same.index, dtype="str")
    compared.problem = replace(compared.problem, rows=same)
    with pytest.raises(NotApplicable, match="nothing to split"):
        tree_rules.find(compared)
