"""The parts of the simulator: the table of rates, the city's lines, the calendar, and the acts an agency books.

Imports flow one way: simulator -> agenda -> the acts (`formal`, `spending`, `corrections`, `reserves`, `mistakes`) ->
`world` -> `seasons`, `mix`.
"""
