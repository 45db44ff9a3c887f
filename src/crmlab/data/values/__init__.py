"""How text becomes values: numbers, times and ids, decided by the whole column and never per row."""
