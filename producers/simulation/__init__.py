"""The parts of the simulator: the table of rates, the city's lines, the calendar, and the acts an agency books.

`mix` is the table of rates. `city` makes the lines, `agenda` decides what has a day of its own, `turns` whose turn it
is otherwise. The acts stand by subject: `formal`, `spending`, `contracts`, `payments`, `corrections`, `reserves`, and
what goes wrong on purpose in `mistakes`, `mistaken_virements` and `refused_events`. `sender` makes bytes of drafts.
"""
