from django.db import migrations, models

# What is printed stays as it was: one way to pay, for all that credit did not pay. The trigger that keeps invoices as they
# were issued is off for this statement alone.
FILL = """
ALTER TABLE billing_invoice DISABLE TRIGGER invoice_immutable;
UPDATE billing_invoice one SET settlements = jsonb_build_array(jsonb_build_object(
    'method', coalesce(
        (SELECT name FROM billing_paymentmethod WHERE display_name = one.payment_method LIMIT 1), one.payment_method
    ),
    'amount_minor', one.total_minor - CASE one.kind WHEN 'invoice' THEN paid.credit_minor ELSE 0 END
))
FROM billing_order paid
WHERE paid.id = one.order_id AND one.payment_method <> '' AND (one.kind <> 'invoice' OR one.total_minor > paid.credit_minor);
ALTER TABLE billing_invoice ENABLE TRIGGER invoice_immutable;
"""


class Migration(migrations.Migration):

    dependencies = [('billing', '0014_sorted_periods')]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='settlements',
            field=models.JSONField(default=list),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveField(model_name='invoice', name='payment_method'),
    ]
