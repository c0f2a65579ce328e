"""How the rows that the timers turn over are kept on disk.

A claim writes a new version of each clock. Room on the page keeps that version near the old one,
and a vacuum after each burst, not after a fifth of the table, keeps the front of the index
`clock_wake` short: every look of every ticker begins there. A delivery is turned over alike.
"""

from django.db import migrations

TURNED_OVER = """
ALTER TABLE {table} SET (
    fillfactor = 85,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02
)
"""
AS_USUAL = """
ALTER TABLE {table} RESET (
    fillfactor,
    autovacuum_vacuum_threshold,
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_cost_delay,
    autovacuum_analyze_threshold,
    autovacuum_analyze_scale_factor
)
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_standard_terms")]
    operations = [
        migrations.RunSQL(TURNED_OVER.format(table=table), AS_USUAL.format(table=table))
        for table in ("tickets_clock", "tickets_delivery")
    ]
