import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import tickets.models.terms
import tickets.models.ticket
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        # Public ticket numbers; the table's default reads it.
        migrations.RunSQL(
            'CREATE SEQUENCE tickets_ticket_number AS bigint START 1001',
            'DROP SEQUENCE tickets_ticket_number',
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cycle', models.PositiveSmallIntegerField()),
                ('metric', models.CharField(choices=[('ACTION', 'ACTION'), ('RESPONSE', 'RESPONSE'), ('NEXT_RESPONSE', 'NEXT_RESPONSE'), ('RESOLUTION', 'RESOLUTION')], max_length=16)),
                ('ordinal', models.PositiveSmallIntegerField(default=1)),
                ('level', models.CharField(max_length=32)),
                ('target_seconds', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('moved_at', models.DateTimeField()),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('met_at', models.DateTimeField(blank=True, null=True)),
                ('breached_at', models.DateTimeField(blank=True, null=True)),
                ('noticed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_reason', models.CharField(blank=True, choices=[('MERGED', 'Merged'), ('SPAM', 'Spam'), ('DUPLICATE', 'Duplicate')], max_length=16)),
                ('marks', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None)),
                ('thresholds', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('next_wake_at', models.DateTimeField(blank=True, null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Level',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32)),
                ('rank', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('name_fr', models.CharField(blank=True, max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name='TickerState',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField()),
                ('last_claim_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('language', models.CharField(default='en', max_length=8, verbose_name='language')),
                ('timezone', models.CharField(default='UTC', max_length=64, verbose_name='time zone')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, verbose_name='staff')),
                ('joined_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('version', models.PositiveIntegerField(default=1)),
                ('timezone', models.CharField(max_length=64, verbose_name='time zone')),
                ('is_in_customer_zone', models.BooleanField(default=False)),
                ('hours', models.JSONField()),
                ('holiday_names', models.JSONField(blank=True, default=dict)),
                ('is_default', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='calendar_version_once'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='calendar_one_default')],
            },
        ),
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('AGENT', 'Agent'), ('MANAGER', 'Manager'), ('ADMINISTRATOR', 'Administrator')], default='AGENT', max_length=16)),
                ('away_until', models.DateTimeField(blank=True, null=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='agent', to=settings.AUTH_USER_MODEL)),
                ('shift_calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.calendar')),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('threshold', models.PositiveSmallIntegerField()),
                ('clock_revision', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('QUEUED', 'Queued'), ('SENT', 'Sent'), ('DROPPED', 'Dropped'), ('WITHDRAWN', 'Withdrawn')], db_default='QUEUED', max_length=16)),
                ('drop_reason', models.CharField(blank=True, choices=[('MET', 'The clock was met meanwhile'), ('PAUSED', 'The clock was paused meanwhile'), ('CANCELLED', 'The clock was cancelled meanwhile'), ('MOVED', 'The deadline moved meanwhile'), ('SUPERSEDED', 'A higher warning went out instead'), ('UNREACHABLE', 'The mail could not be delivered')], db_default='', max_length=16)),
                ('created_at', models.DateTimeField(db_default=models.Func(function='clock_timestamp'))),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('recipient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='tickets.agent')),
                ('clock', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='alerts', to='tickets.clock')),
            ],
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True, verbose_name='name')),
                ('timezone', models.CharField(blank=True, max_length=64, verbose_name='time zone')),
                ('language', models.CharField(default='en', max_length=8, verbose_name='language')),
                ('currency', models.CharField(default='USD', max_length=3, verbose_name='currency')),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), blank=True, default=list, size=None)),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.calendar')),
            ],
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                ('language', models.CharField(blank=True, max_length=8, verbose_name='language')),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='tickets.customer')),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('PUBLIC', 'Public message'), ('NOTE', 'Internal note'), ('CALL', 'Call')], max_length=8)),
                ('text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('call_outcome', models.CharField(blank=True, choices=[('REACHED', 'Reached'), ('NO_ANSWER', 'No answer'), ('LEFT_VOICEMAIL', 'Left a voicemail')], max_length=16)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('is_automatic', models.BooleanField(default=False)),
                ('bounced_at', models.DateTimeField(blank=True, null=True)),
                ('mail_id', models.CharField(blank=True, max_length=998)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.agent')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.contact')),
            ],
        ),
        migrations.CreateModel(
            name='InboundMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raw', models.BinaryField()),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('received_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('STORED', 'Stored'), ('ACCEPTED', 'Became a message'), ('HELD', 'Held for a person'), ('SETTLED', 'Needs nothing')], default='STORED', max_length=8)),
                ('problem', models.TextField(blank=True)),
                ('message', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inbound_mail', to='tickets.message')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ALERT', 'Warning or breach'), ('BREACH_WITHDRAWN', 'Breach withdrawn'), ('REPLY', 'Reply to the customer')], max_length=20)),
                ('address', models.EmailField(max_length=254)),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True)),
                ('state', models.CharField(choices=[('QUEUED', 'Queued'), ('SENT', 'Sent'), ('DROPPED', 'Dropped'), ('FAILED', 'Failed')], db_default='QUEUED', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0)),
                ('next_try_at', models.DateTimeField(db_default=models.Func(function='clock_timestamp'))),
                ('lease', models.UUIDField(blank=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('latest_error', models.TextField(blank=True, db_default='')),
                ('created_at', models.DateTimeField(db_default=models.Func(function='clock_timestamp'))),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('alert', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='tickets.alert')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='tickets.message')),
            ],
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('ACTION', 'ACTION'), ('RESPONSE', 'RESPONSE'), ('NEXT_RESPONSE', 'NEXT_RESPONSE'), ('RESOLUTION', 'RESOLUTION')], max_length=16)),
                ('minutes', models.PositiveIntegerField()),
                ('hours', models.CharField(choices=[('ALWAYS', 'round the clock'), ('BUSINESS', 'business hours')], max_length=16)),
                ('level', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='tickets.level')),
            ],
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='leads', to='tickets.agent')),
            ],
        ),
        migrations.AddField(
            model_name='agent',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agents', to='tickets.team'),
        ),
        migrations.CreateModel(
            name='Terms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('version', models.PositiveIntegerField(default=1)),
                ('default_level', models.CharField(max_length=32)),
                ('thresholds', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=tickets.models.terms.default_thresholds, size=None)),
                ('is_default', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='terms_version_once'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='terms_one_default')],
            },
        ),
        migrations.AddField(
            model_name='level',
            name='terms',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='levels', to='tickets.terms'),
        ),
        migrations.AddField(
            model_name='customer',
            name='terms',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.terms'),
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(db_default=tickets.models.ticket.NextNumber(), editable=False, unique=True)),
                ('subject', models.CharField(max_length=250, verbose_name='subject')),
                ('channel', models.CharField(choices=[('EMAIL', 'E-mail'), ('PHONE', 'Phone'), ('VOICEMAIL', 'Voicemail'), ('PORTAL', 'Portal'), ('FORM', 'Web form'), ('API', 'API')], max_length=16)),
                ('status', models.CharField(choices=[('NEW', 'New'), ('OPEN', 'Open'), ('WAITING', 'Waiting on customer'), ('SOLVED', 'Solved'), ('CLOSED', 'Closed')], default='NEW', max_length=16)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, size=None)),
                ('received_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('solved_at', models.DateTimeField(blank=True, null=True)),
                ('unreturned_since', models.DateTimeField(blank=True, null=True)),
                ('calendar_zone', models.CharField(max_length=64)),
                ('governing_level', models.CharField(max_length=32)),
                ('governing_rank', models.PositiveSmallIntegerField()),
                ('next_due_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_reason', models.CharField(blank=True, choices=[('MERGED', 'Merged'), ('SPAM', 'Spam'), ('DUPLICATE', 'Duplicate')], max_length=16)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tickets', to='tickets.agent')),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='tickets.calendar')),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='tickets.customer')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_tickets', to='tickets.ticket')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='recorded_tickets', to='tickets.agent')),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='tickets.contact')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='tickets.team')),
                ('terms', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='tickets.terms')),
            ],
        ),
        migrations.AddField(
            model_name='message',
            name='ticket',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='tickets.ticket'),
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('RECEIVED', 'Received'), ('RECEIVED_CORRECTED', 'Received-at corrected'), ('CUSTOMER_WROTE', 'Customer wrote'), ('ACKNOWLEDGED', 'Automatic acknowledgement sent'), ('ASSIGNED', 'Assigned'), ('NOTED', 'Note written'), ('REPLIED', 'Replied'), ('REPLY_BOUNCED', 'Reply bounced'), ('CALL_LOGGED', 'Call logged'), ('STATUS_CHANGED', 'Status changed'), ('SOLVED', 'Solved'), ('REOPENED', 'Reopened'), ('CANCELLED', 'Cancelled'), ('TICKET_MERGED_IN', 'Another ticket merged in'), ('URGENCY_PROPOSED', 'Urgency proposed'), ('URGENCY_COUNTERED', 'Urgency counter-proposed'), ('URGENCY_AGREED', 'Urgency agreed'), ('URGENCY_WITHDRAWN', 'Urgency proposal withdrawn'), ('CLOCKS_PLANNED', 'Deadlines planned'), ('CLOCK_WARNED', 'Deadline near'), ('CLOCK_BREACHED', 'Deadline missed'), ('BREACH_WITHDRAWN', 'Breach withdrawn')], max_length=24)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=models.Func(function='clock_timestamp'))),
                ('clock_revision', models.PositiveIntegerField(blank=True, null=True)),
                ('threshold', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('data', models.JSONField(blank=True, default=dict)),
                ('agent', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.agent')),
                ('clock', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tickets.clock')),
                ('contact', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.contact')),
                ('message', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.message')),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='tickets.ticket')),
            ],
        ),
        migrations.AddField(
            model_name='clock',
            name='ticket',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='tickets.ticket'),
        ),
        migrations.AddField(
            model_name='alert',
            name='ticket',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tickets.ticket'),
        ),
        migrations.CreateModel(
            name='UrgencyProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('CUSTOMER', 'Customer'), ('PROVIDER', 'Provider')], max_length=8)),
                ('level', models.CharField(max_length=32)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('door', models.CharField(choices=[('MESSAGE', 'said in the message'), ('PHONE', 'agent on the phone'), ('WORKSPACE', 'workspace'), ('PORTAL', 'portal'), ('EMAIL_LINK', 'signed e-mail link'), ('API', 'API')], max_length=16)),
                ('state', models.CharField(choices=[('OPEN', 'On the table'), ('AGREED', 'Agreed'), ('REPLACED', 'Replaced'), ('WITHDRAWN', 'Withdrawn')], default='OPEN', max_length=16)),
                ('at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.agent')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.contact')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urgency_proposals', to='tickets.ticket')),
            ],
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_once_whatever_case'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='contact_email_once'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('email', ''), _negated=True), models.Q(('phone', ''), _negated=True), models.Q(('name', ''), _negated=True), _connector='OR'), name='contact_can_be_named_or_reached'),
        ),
        migrations.AddIndex(
            model_name='inboundmail',
            index=models.Index(condition=models.Q(('state', 'STORED')), fields=['received_at'], name='inbound_mail_stored'),
        ),
        migrations.AddConstraint(
            model_name='inboundmail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('message__isnull', False), ('state', 'ACCEPTED')), models.Q(models.Q(('state', 'ACCEPTED'), _negated=True), ('message', None)), _connector='OR'), name='inbound_mail_accepted_has_a_message'),
        ),
        migrations.AddConstraint(
            model_name='inboundmail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'HELD'), _negated=True), models.Q(('problem', ''), _negated=True), _connector='OR'), name='inbound_mail_held_says_why'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'QUEUED')), fields=['next_try_at', 'id'], name='delivery_to_send'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert', None), ('kind', 'REPLY'), ('message__isnull', False)), models.Q(('alert__isnull', False), ('kind__in', ['ALERT', 'BREACH_WITHDRAWN']), ('message', None)), _connector='OR'), name='delivery_tells_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'QUEUED')), models.Q(models.Q(('state', 'QUEUED'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='delivery_settled_has_an_instant'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('message', None)), fields=('alert', 'kind'), name='delivery_alert_once'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('alert', None)), fields=('message', 'address'), name='delivery_reply_once'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(fields=('level', 'metric'), name='target_once'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(('metric__in', ['ACTION', 'RESPONSE', 'NEXT_RESPONSE', 'RESOLUTION'])), name='target_metric_is_known'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(('hours__in', ['ALWAYS', 'BUSINESS'])), name='target_hours_are_known'),
        ),
        migrations.AddConstraint(
            model_name='agent',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['AGENT', 'MANAGER', 'ADMINISTRATOR'])), name='agent_role_is_known'),
        ),
        migrations.AddConstraint(
            model_name='level',
            constraint=models.UniqueConstraint(fields=('terms', 'code'), name='level_code_once'),
        ),
        migrations.AddConstraint(
            model_name='level',
            constraint=models.UniqueConstraint(fields=('terms', 'rank'), name='level_rank_once'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('next_due_at'), models.F('id'), condition=models.Q(('status__in', ['NEW', 'OPEN', 'WAITING'])), name='ticket_queue'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('governing_rank'), models.F('unreturned_since'), models.F('id'), condition=models.Q(('status__in', ['NEW', 'OPEN', 'WAITING']), ('unreturned_since__isnull', False)), name='ticket_unreturned'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('governing_rank'), models.F('next_due_at'), models.F('id'), condition=models.Q(('status__in', ['NEW', 'OPEN', 'WAITING']), ('unreturned_since', None)), name='ticket_of_level'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('assignee'), models.F('next_due_at'), models.F('id'), condition=models.Q(('status__in', ['NEW', 'OPEN', 'WAITING'])), name='ticket_of_assignee'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('next_due_at'), models.F('id'), condition=models.Q(('status', 'WAITING')), name='ticket_waiting'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('next_due_at'), models.OrderBy(models.F('solved_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('status', 'SOLVED')), name='ticket_solved'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['NEW', 'OPEN', 'WAITING', 'SOLVED', 'CLOSED'])), name='ticket_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['EMAIL', 'PHONE', 'VOICEMAIL', 'PORTAL', 'FORM', 'API'])), name='ticket_channel_is_known'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('received_at__lte', models.F('recorded_at'))), name='ticket_received_before_recorded'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('cancel_reason', ''), models.Q(('cancel_reason__in', ['MERGED', 'SPAM', 'DUPLICATE']), ('status', 'CLOSED')), _connector='OR'), name='ticket_cancelled_is_closed'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancel_reason__in', ['', 'SPAM', 'DUPLICATE']), ('merged_into', None)), models.Q(('cancel_reason', 'MERGED'), ('merged_into__isnull', False)), _connector='OR'), name='ticket_merged_names_its_target'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', None), models.Q(('merged_into', models.F('pk')), _negated=True), _connector='OR'), name='ticket_not_merged_into_itself'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('solved_at', None), ('status__in', ['NEW', 'OPEN', 'WAITING', 'CLOSED'])), models.Q(('solved_at__isnull', False), ('status__in', ['SOLVED', 'CLOSED'])), _connector='OR'), name='ticket_solved_has_an_instant'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['ticket', 'at', 'id'], name='message_of_ticket'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('mail_id', ''), _negated=True), fields=['mail_id'], name='message_mail_id'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agent', None), ('contact__isnull', False)), models.Q(('agent__isnull', False), ('contact', None)), _connector='OR'), name='message_has_one_author'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'PUBLIC'), models.Q(('agent__isnull', False), ('kind__in', ['NOTE', 'CALL'])), _connector='OR'), name='message_notes_and_calls_are_the_providers'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call_outcome__in', ['REACHED', 'NO_ANSWER', 'LEFT_VOICEMAIL']), ('kind', 'CALL')), models.Q(models.Q(('kind', 'CALL'), _negated=True), ('call_outcome', '')), _connector='OR'), name='message_only_calls_have_an_outcome'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('bounced_at', None), models.Q(('agent__isnull', False), ('kind', 'PUBLIC')), _connector='OR'), name='message_only_replies_bounce'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['ticket', 'at', 'id'], name='event_of_ticket'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind__in', ['CLOCK_WARNED', 'CLOCK_BREACHED'])), fields=['kind', 'id'], name='event_flag'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['CLOCK_WARNED', 'CLOCK_BREACHED'])), fields=('clock', 'clock_revision', 'threshold'), name='event_one_flag_a_mark'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('agent', None), ('contact', None), _connector='OR'), name='event_one_actor_at_most'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('next_wake_at__isnull', False)), fields=['next_wake_at'], name='clock_wake'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(fields=('ticket', 'cycle', 'metric', 'ordinal'), name='clock_once'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('metric__in', ['ACTION', 'RESPONSE', 'NEXT_RESPONSE', 'RESOLUTION'])), name='clock_metric_is_known'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('due_at__gte', models.F('started_at'))), name='clock_due_after_start'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('breached_at', None), ('noticed_at', None)), models.Q(('breached_at', models.F('due_at')), ('noticed_at__gt', models.F('due_at'))), _connector='OR'), name='clock_breach_is_dated_by_its_due_instant'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('met_at', None), models.Q(('breached_at', None), ('met_at__gte', models.F('started_at')), ('met_at__lte', models.F('due_at'))), models.Q(('breached_at__isnull', False), ('met_at__gt', models.F('due_at'))), _connector='OR'), name='clock_met_in_time_or_breached'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancel_reason', ''), ('cancelled_at', None)), models.Q(('breached_at', None), ('cancelled_at__isnull', False), ('met_at', None), models.Q(('cancel_reason', ''), _negated=True)), _connector='OR'), name='clock_cancelled_while_undecided_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('paused_at', None), models.Q(('metric__in', ['ACTION', 'RESPONSE']), _negated=True), _connector='OR'), name='clock_act_and_response_never_pause'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('next_wake_at', None), models.Q(('breached_at', None), ('cancelled_at', None), ('met_at', None), ('paused_at', None)), _connector='OR'), name='clock_settled_has_no_wake_up'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['QUEUED', 'SENT'])), fields=('clock', 'threshold', 'recipient'), name='alert_once_each'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__gt', 0), ('threshold__lte', 100)), name='alert_threshold_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'DROPPED'), ('drop_reason', ''), _connector='OR'), name='alert_dropped_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='urgencyproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('ticket', 'side'), name='urgency_one_open_proposal_a_side'),
        ),
        migrations.AddConstraint(
            model_name='urgencyproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='urgency_decided_has_an_instant'),
        ),
        migrations.AddConstraint(
            model_name='urgencyproposal',
            constraint=models.CheckConstraint(condition=models.Q(('side__in', ['CUSTOMER', 'PROVIDER'])), name='urgency_side_is_known'),
        ),
    ]
