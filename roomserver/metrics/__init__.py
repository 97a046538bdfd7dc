"""
Metrics for the operator, in Prometheus' form.

:mod:`.catalog` is the table of all of them; :class:`.metrics.Metrics` makes them real. A part
of the server gets the one :class:`.observer.Observer` that it feeds, never the whole. No label
ever holds a person, a room or an address.
"""
