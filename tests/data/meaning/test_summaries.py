"""Lines that sum up others are nothing that was bought."""

import pytest
from bringing import adds_up, bring, said, spend

from crmlab.errors import DataError

PLAIN = "order_id,customer_id,order_date,sku,amount\n"
LINES = "1,7,2024-01-05,x,10\n1,7,2024-01-05,y,20\n2,8,2024-01-06,x,12\n"


@pytest.mark.parametrize("word", ["TOTAL", "Summe", "Total", "Gesamt:", "Sous-total", "Suma"])
@pytest.mark.parametrize("line", ["{},9,2024-01-06,,42", "3,{},2024-01-06,,42", "3,9,2024-01-06,{},42"])
def test_the_last_line_of_a_file_that_sums_up_all_is_put_aside(word, line):
    brought = bring(PLAIN + LINES + line.format(word) + "\n")
    assert spend() == {"7": 30.0, "8": 12.0}
    assert adds_up(brought)
    assert "lines that sum up others ('Total', 'Summe', …): put aside" in said(brought)


def test_the_sum_of_each_order_is_put_aside():
    lines = LINES.replace("2,8", "1,7,2024-01-05,Total,30\n2,8") + "2,8,2024-01-06,Total,12\n"
    assert adds_up(bring(PLAIN + lines))
    assert spend() == {"7": 30.0, "8": 12.0}


def test_quantity_times_price_of_a_sum_does_not_matter():
    header = "order_id,customer_id,order_date,sku,quantity,unit_price\n"
    lines = "1,7,2024-01-05,x,1,10\n1,7,2024-01-05,y,1,20\n2,8,2024-01-06,x,2,6\nTotal,9,2024-01-06,,4,42\n"
    assert adds_up(bring(header + lines))
    assert spend() == {"7": 30.0, "8": 12.0}


def test_what_only_is_called_so_counts_and_is_told():
    brought = bring(PLAIN + LINES + "3,9,2024-01-07,Total,5\n")
    assert spend() == {"7": 30.0, "8": 12.0, "9": 5.0}
    assert "called a total, though no sum of other lines (5.00): counted: 1 line" in said(brought)


def test_a_sum_without_a_day_is_refused_with_what_it_is():
    with pytest.raises(DataError, match=r"a line that sums up others \('Total', .* is no order: take it out"):
        bring(PLAIN + LINES + "TOTAL,,,,42\n")
