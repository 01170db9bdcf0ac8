"""The books: money, the fiscal calendar, events, positions and the fold. Pure: no clock, no file, no network, no SQL."""
