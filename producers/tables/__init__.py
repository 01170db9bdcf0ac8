"""A city's own tables in: CSV and workbooks as offices export them, read by a mapping (a YAML file in `mappings/`).

`opening` keeps bad files out, `sheet` reads one into cells, `header` finds its columns, `cells` reads what stands in a
cell, `totals` leaves out what are sums of other rows, `mapping` says what becomes what, `events` makes the events.
A new kind of table is one file in `mappings/`.
"""
