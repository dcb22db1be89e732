"""What the database itself refuses: orders and payments that do not add up, and a ledger that is changed or unbalanced."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

# Checked when the transaction commits, so that the entries of a journal may come one by one.
BALANCE = """
CREATE FUNCTION billing_check_balance() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM billing_ledgerentry WHERE journal_id = NEW.journal_id GROUP BY currency HAVING sum(amount_minor) <> 0
  ) THEN
    RAISE EXCEPTION 'journal % is not balanced', NEW.journal_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON billing_ledgerentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_balance();
"""

APPEND_ONLY = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is only added to', TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON billing_journal
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER subscription_history_append_only BEFORE UPDATE OR DELETE ON billing_subscriptionevent
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER invoice_never_deleted BEFORE DELETE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
"""

# The PDF and the certificate are made after the invoice; everything else stays as it was issued.
INVOICE = """
CREATE FUNCTION billing_keep_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  free text[] := ARRAY['pdf', 'pdf_sha256', 'fiscal_status', 'fiscal_number', 'fiscal_qr', 'fiscal_error'];
BEGIN
  IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
    RAISE EXCEPTION 'an issued invoice is never changed'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoice_immutable BEFORE UPDATE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_keep_invoice();
"""

UNDO = """
DROP TRIGGER ledger_balanced ON billing_ledgerentry;
DROP TRIGGER ledger_append_only ON billing_ledgerentry;
DROP TRIGGER journal_append_only ON billing_journal;
DROP TRIGGER subscription_history_append_only ON billing_subscriptionevent;
DROP TRIGGER invoice_never_deleted ON billing_invoice;
DROP TRIGGER invoice_immutable ON billing_invoice;
DROP FUNCTION billing_check_balance();
DROP FUNCTION billing_refuse_change();
DROP FUNCTION billing_keep_invoice();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_old_orders")]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="subscription",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="billing.subscription"
            ),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('charge_currency__regex', '^(XAF|XOF|GNF|EUR|USD|JPY)$'), ('currency__regex', '^(XAF|XOF|GNF|EUR|USD|JPY)$')), name='payment_currency'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('applied_minor', 0), ('credited_minor', 0)), models.Q(('applied_minor__gte', 0), ('credited_minor__gte', 0), ('status', 'succeeded')), _connector='OR'), name='payment_applied_once_succeeded'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('refunded_minor', 0), ('refunding_minor', 0)), models.Q(('received_minor__gte', django.db.models.expressions.CombinedExpression(models.F('refunded_minor'), '+', models.F('refunding_minor'))), ('refunded_minor__gte', 0), ('refunding_minor__gte', 0)), _connector='OR'), name='payment_never_overrefunded'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['first', 'renewal', 'change'])), name='order_kind'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('tax_included', True), ('tax_minor__lte', models.F('total_minor')), ('total_minor', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('subtotal_minor'), '-', models.F('discount_minor')), '-', models.F('proration_minor')))), models.Q(('tax_included', False), ('total_minor', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('subtotal_minor'), '-', models.F('discount_minor')), '-', models.F('proration_minor')), '+', models.F('tax_minor')))), _connector='OR'), name='order_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('discount_minor__gte', 0), ('discount_minor__lte', django.db.models.expressions.CombinedExpression(models.F('subtotal_minor'), '-', models.F('proration_minor'))), ('proration_minor__gte', 0), ('subtotal_minor__gte', 0), ('tax_minor__gte', 0)), name='order_amounts'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('credit_minor__gte', 0), ('received_minor__gte', 0), ('received_minor__lte', django.db.models.expressions.CombinedExpression(models.F('total_minor'), '-', models.F('credit_minor')))), name='order_never_overpaid'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['paid', 'fulfilled']), _negated=True), ('received_minor', django.db.models.expressions.CombinedExpression(models.F('total_minor'), '-', models.F('credit_minor'))), _connector='OR'), name='order_paid_in_full'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'first'), _negated=True), models.Q(('subdomain', ''), _negated=True), _connector='OR'), name='order_first_has_subdomain'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'first'), models.Q(('organisation__isnull', False), ('period_end__isnull', False), ('period_start__isnull', False)), _connector='OR'), name='order_later_has_organisation'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^(XAF|XOF|GNF|EUR|USD|JPY)$')), name='order_currency'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'first'), ('status__in', ['awaiting_payment', 'paid'])), fields=('subdomain_skeleton',), name='order_holds_subdomain'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'first')), fields=('organisation',), name='order_first_once'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'awaiting_payment')), fields=('subscription',), name='order_one_open_per_subscription'),
        ),
        migrations.RunSQL(BALANCE + APPEND_ONLY + INVOICE, UNDO),
    ]
