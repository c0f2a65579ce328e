"""The pure core: calendars, terms, the urgency agreement and the clocks of a ticket.

Nothing in here knows a framework, does input or output, or reads a clock: the same arguments give
the same answer. Instants are aware datetimes; spans of time are `timedelta`.
"""
