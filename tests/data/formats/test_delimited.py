"""Reading delimited text strictly."""

import pandas as pd
import pytest

from crmlab.data.formats.delimited import line_numbers, parse_text, without_decimal
from crmlab.errors import DataError


def parse(text, separator=","):
    content = text if isinstance(text, bytes) else text.encode()
    return parse_text(content, name="orders.csv", separator=separator)


def test_everything_stays_text():
    frame = parse('\ufeffid,country,note\r\n00123,NA,"a, ""b"""\r\n17850.0,null,\r\n')
    assert frame.to_numpy().tolist() == [["00123", "NA", 'a, "b"'], ["17850.0", "null", ""]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n3\n", "orders.csv, line 3: 1 values for 2 columns"),
        ("a,b\n1,2\n\n1,2,3\n", "orders.csv, line 4: 3 values for 2 columns"),
        ('a,b\n"x\ny",2\n1,2,3\n', "orders.csv, line 4: 3 values for 2 columns"),
        ("", "orders.csv is empty"),
        ("a,b,a\n1,2,3\n", "the column name 'a' occurs 2 times"),
        ("a,,\n1,2,3\n", "the column name '' occurs 2 times"),
        (b"a,b\n1,2\n\xa3,3\n", "orders.csv, line 3: not UTF-8"),
        ('a,b\n1,2\n"x,3\n', "orders.csv, line 3:"),
    ],
)
def test_what_is_broken_is_named_with_its_line(text, says):
    with pytest.raises(DataError) as error:
        parse(text)
    assert says in str(error.value)
    assert error.value.exit_code == 2


def test_line_numbers_count_lines_within_values_and_blank_ones():
    assert line_numbers(b'a,b\n1,"x\ny"\n\n2,z\n', [0, 1], separator=",") == [3, 5]


def test_a_decimal_goes_only_where_all_ids_have_it():
    def ids(*values):
        return without_decimal(pd.Series(values, dtype="str")).fillna("null").tolist()

    assert ids("17850.0", " 13047.0 ", "", None) == ["17850", "13047", "null", "null"]
    assert ids("17850.0", "A7") == ["17850.0", "A7"]
    assert ids("00123", "NA") == ["00123", "NA"]
    assert ids("", "") == ["null", "null"]
