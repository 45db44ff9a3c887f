"""The reviewer's desk: boards, comparisons across problems, verification."""
