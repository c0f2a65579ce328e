"""Full-text search: one document a ticket, kept by triggers."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# Words without their accents, letter by letter: é is e, but 한 stays one. ASCII needs no look.
FOLD = r"""
CREATE FUNCTION tickets_search_fold(body text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(body) = length(body) THEN body ELSE
        normalize(regexp_replace(normalize(body, NFD), '[\u0300-\u036f]', '', 'g'), NFC) END
$$;
"""

# Each word at its place three times: as written, in English, in French. The French stemmer reads
# the accents (livré, livrée), so they are taken off what it leaves.
LEXEMES = """
CREATE FUNCTION tickets_search_lexemes(body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (
        to_tsvector('simple', tickets_search_fold(body))::text || ' '
        || to_tsvector('english', tickets_search_fold(body))::text || ' '
        || tickets_search_fold(to_tsvector('french', normalize(body, NFC))::text)
    )::tsvector
$$;
CREATE FUNCTION tickets_search_words(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT phraseto_tsquery('simple', tickets_search_fold(words))
        || phraseto_tsquery('english', tickets_search_fold(words))
        || tickets_search_fold(phraseto_tsquery('french', normalize(words, NFC))::text)::tsquery
$$;
CREATE FUNCTION tickets_search_tag(tag text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT 'tag:' || lower(tickets_search_fold(tag))
$$;
"""

# The newest messages first, so many characters of each and of all: a vector ends at 1 MB.
DOCUMENT = """
CREATE FUNCTION tickets_search_said(of_ticket bigint, is_public boolean, longest integer)
RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT left(coalesce(string_agg(body, ' ' ORDER BY at DESC, id DESC), ''), longest)
    FROM (
        SELECT left(text, 20000) AS body, at, id FROM tickets_message
        WHERE ticket_id = of_ticket AND (kind = 'PUBLIC') = is_public
        ORDER BY at DESC, id DESC LIMIT 200
    ) AS message
$$;
CREATE FUNCTION tickets_search_document(of_ticket bigint, longest integer) RETURNS tsvector
LANGUAGE sql STABLE STRICT AS $$
    SELECT setweight(
            tickets_search_lexemes(concat_ws(' ', ticket.subject, ticket.number::text))
            || tickets_search_lexemes(array_to_string(ticket.tags, ' ')), 'A')
        || array_to_tsvector(ARRAY(SELECT tickets_search_tag(tag) FROM unnest(ticket.tags) AS tag))
        || setweight(tickets_search_lexemes(concat_ws(
            ' ', contact.name, contact.email, contact.phone, customer.name)), 'B')
        || setweight(tickets_search_lexemes(tickets_search_said(of_ticket, true, longest)), 'C')
        || setweight(
            tickets_search_lexemes(tickets_search_said(of_ticket, false, longest / 2)), 'D')
    FROM tickets_ticket AS ticket
    LEFT JOIN tickets_contact AS contact ON contact.id = ticket.requester_id
    LEFT JOIN tickets_customer AS customer ON customer.id = ticket.customer_id
    WHERE ticket.id = of_ticket
$$;
CREATE FUNCTION tickets_search_bounded(of_ticket bigint) RETURNS tsvector
LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
    RETURN coalesce(tickets_search_document(of_ticket, 40000), '');
EXCEPTION WHEN program_limit_exceeded THEN
    -- Whatever somebody wrote, it is taken in; it is only not found by every word of it.
    RETURN coalesce(tickets_search_document(of_ticket, 2000), '');
END $$;
"""

# Whoever comes second waits for the row, and then reads what the first has written.
REFRESH = """
CREATE FUNCTION tickets_search_refresh(of_ticket bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM tickets_ticketsearch WHERE ticket_id = of_ticket FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO tickets_ticketsearch (ticket_id, document) VALUES (of_ticket, '')
            ON CONFLICT DO NOTHING;
        PERFORM FROM tickets_ticketsearch WHERE ticket_id = of_ticket FOR UPDATE;
    END IF;
    UPDATE tickets_ticketsearch SET document = tickets_search_bounded(of_ticket)
        WHERE ticket_id = of_ticket;
END $$;
"""

TICKET_TRIGGERS = """
CREATE FUNCTION tickets_search_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM tickets_ticketsearch WHERE ticket_id = OLD.id;
        DELETE FROM tickets_tickettoindex WHERE ticket_id = OLD.id;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO tickets_ticketsearch (ticket_id, document)
            VALUES (NEW.id, tickets_search_bounded(NEW.id))
            ON CONFLICT (ticket_id) DO UPDATE SET document = excluded.document;
    ELSE
        PERFORM tickets_search_refresh(NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ticket_search_made AFTER INSERT OR DELETE ON tickets_ticket
    FOR EACH ROW EXECUTE FUNCTION tickets_search_ticket();
CREATE TRIGGER ticket_search_kept
    AFTER UPDATE OF subject, number, tags, requester_id, customer_id ON tickets_ticket
    FOR EACH ROW WHEN (
        (OLD.subject, OLD.number, OLD.tags, OLD.requester_id, OLD.customer_id)
        IS DISTINCT FROM (NEW.subject, NEW.number, NEW.tags, NEW.requester_id, NEW.customer_id)
    ) EXECUTE FUNCTION tickets_search_ticket();
"""

MESSAGE_TRIGGERS = """
CREATE FUNCTION tickets_search_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM tickets_search_refresh(OLD.ticket_id);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.ticket_id <> OLD.ticket_id) THEN
        PERFORM tickets_search_refresh(NEW.ticket_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER message_search_made AFTER INSERT OR DELETE ON tickets_message
    FOR EACH ROW EXECUTE FUNCTION tickets_search_message();
CREATE TRIGGER message_search_kept AFTER UPDATE OF text, kind, ticket_id, at ON tickets_message
    FOR EACH ROW WHEN (
        (OLD.text, OLD.kind, OLD.ticket_id, OLD.at)
        IS DISTINCT FROM (NEW.text, NEW.kind, NEW.ticket_id, NEW.at)
    ) EXECUTE FUNCTION tickets_search_message();
"""

# A customer may have a hundred thousand tickets: whoever renames it does not wait for them.
NAME_TRIGGERS = """
CREATE FUNCTION tickets_search_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'tickets_customer' THEN
        INSERT INTO tickets_tickettoindex (ticket_id)
            SELECT id FROM tickets_ticket WHERE customer_id = NEW.id ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO tickets_tickettoindex (ticket_id)
            SELECT id FROM tickets_ticket WHERE requester_id = NEW.id ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_search_renamed AFTER UPDATE OF name ON tickets_customer
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION tickets_search_renamed();
CREATE TRIGGER contact_search_renamed AFTER UPDATE OF name, email, phone ON tickets_contact
    FOR EACH ROW WHEN (
        (OLD.name, OLD.email, OLD.phone) IS DISTINCT FROM (NEW.name, NEW.email, NEW.phone)
    ) EXECUTE FUNCTION tickets_search_renamed();
"""

# The planner would read a large table from its start, hoping for an early end; two frequent words
# that never meet would make it read all of it. The index answers in bounded time. Few rows are
# promised, so that tickets are looked up one by one rather than all read for a join.
CANDIDATES = """
CREATE FUNCTION tickets_search_candidates(words tsquery, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 200 SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
    RETURN QUERY SELECT ticket_id FROM tickets_ticketsearch WHERE document @@ words LIMIT most;
END $$;
"""

# The text, and it again three times with its finds between two control characters; none of the
# four is longer or shorter than another, marks left out.
MARKS = r"""
CREATE FUNCTION tickets_search_marks(body text, words tsquery) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ARRAY[
        plain,
        ts_headline('simple', tickets_search_fold(plain), words, options),
        ts_headline('english', tickets_search_fold(plain), words, options),
        ts_headline('french', plain, words, options)
    ]
    FROM (SELECT
        normalize(translate(body, E'\x02\x03', ''), NFC) AS plain,
        E'HighlightAll=true, StartSel="\x02", StopSel="\x03"' AS options
    ) AS text
$$;
"""

# Tickets that are there already are indexed afterwards, in batches, while the desk works.
BACKFILL = "INSERT INTO tickets_tickettoindex (ticket_id) SELECT id FROM tickets_ticket"

# Of the first messages the one that has a word: a ticket may have a thousand.
EXCERPT = r"""
CREATE FUNCTION tickets_search_excerpt(of_ticket bigint, words tsquery) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    body text;
    marks text[];
BEGIN
    FOR body IN
        SELECT left(text, 3000) FROM tickets_message WHERE ticket_id = of_ticket
        ORDER BY at, id LIMIT 5
    LOOP
        marks = tickets_search_marks(body, words);
        IF strpos(array_to_string(marks, ''), E'\x02') > 0 THEN
            RETURN marks;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""

FORWARD = (
    *(FOLD, LEXEMES, DOCUMENT, REFRESH),
    *(TICKET_TRIGGERS, MESSAGE_TRIGGERS, NAME_TRIGGERS),
    *(CANDIDATES, MARKS, EXCERPT),
)

BACKWARD = """
DROP FUNCTION tickets_search_ticket() CASCADE;
DROP FUNCTION tickets_search_message() CASCADE;
DROP FUNCTION tickets_search_renamed() CASCADE;
DROP FUNCTION tickets_search_excerpt(bigint, tsquery);
DROP FUNCTION tickets_search_marks(text, tsquery);
DROP FUNCTION tickets_search_candidates(tsquery, integer);
DROP FUNCTION tickets_search_refresh(bigint);
DROP FUNCTION tickets_search_bounded(bigint);
DROP FUNCTION tickets_search_document(bigint, integer);
DROP FUNCTION tickets_search_said(bigint, boolean, integer);
DROP FUNCTION tickets_search_tag(text);
DROP FUNCTION tickets_search_words(text);
DROP FUNCTION tickets_search_lexemes(text);
DROP FUNCTION tickets_search_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0008_clock_that_never_began")]

    operations = [
        migrations.CreateModel(
            name="TicketSearch",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="tickets.ticket",
                    ),
                ),
                ("document", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["document"], gin_pending_list_limit=512, name="search_document"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketToIndex",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.RunSQL("\n".join(FORWARD), BACKWARD),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
