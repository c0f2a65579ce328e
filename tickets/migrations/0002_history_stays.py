from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION tickets_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The timeline is append-only: % of tickets_event refused.', TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record a new event that says what was wrong.';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON tickets_event
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_rewriting();
"""

# What was promised under a version stays readable as it was. Only which version is the default
# may change on an old row.
VERSIONS_STAY = """
CREATE FUNCTION tickets_refuse_new_wording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - 'is_default' IS DISTINCT FROM to_jsonb(NEW) - 'is_default' THEN
        RAISE EXCEPTION 'A version of % is never edited.', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', HINT = 'Publish a new version.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER terms_version_stays BEFORE UPDATE ON tickets_terms
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_new_wording();
CREATE TRIGGER level_version_stays BEFORE UPDATE ON tickets_level
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_new_wording();
CREATE TRIGGER target_version_stays BEFORE UPDATE ON tickets_target
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_new_wording();
CREATE TRIGGER calendar_version_stays BEFORE UPDATE ON tickets_calendar
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_new_wording();
"""

WORDING_BACK = """
DROP TRIGGER terms_version_stays ON tickets_terms;
DROP TRIGGER level_version_stays ON tickets_level;
DROP TRIGGER target_version_stays ON tickets_target;
DROP TRIGGER calendar_version_stays ON tickets_calendar;
DROP FUNCTION tickets_refuse_new_wording();
"""

APPEND_ONLY_BACK = """
DROP TRIGGER event_append_only ON tickets_event;
DROP FUNCTION tickets_refuse_rewriting();
"""

# The two arrays are read side by side; a wake-up is there only while a mark is left.
MARKS_AND_THRESHOLDS = """
ALTER TABLE tickets_clock ADD CONSTRAINT clock_marks_match_thresholds CHECK (
    cardinality(marks) = cardinality(thresholds) AND position <= cardinality(marks)
);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_BACK),
        migrations.RunSQL(VERSIONS_STAY, WORDING_BACK),
        migrations.RunSQL(
            MARKS_AND_THRESHOLDS,
            "ALTER TABLE tickets_clock DROP CONSTRAINT clock_marks_match_thresholds",
        ),
    ]
