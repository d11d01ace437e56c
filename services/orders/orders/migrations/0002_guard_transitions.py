"""Let the database itself refuse every transition that the state machine does not know."""

from django.db import migrations

_GUARD = """
CREATE FUNCTION orders_guard_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) IN (('pending', 'processing'), ('pending', 'cancelled'),
                                    ('processing', 'completed'), ('processing', 'cancelled'))
       OR (OLD.status = 'completed' AND NEW.status = 'cancelled' AND NEW.reason = 'refunded') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'order % cannot go from % to % (%)', OLD.id, OLD.status, NEW.status, NEW.reason
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_transition_known';
END $$;

CREATE TRIGGER orders_guard_transition BEFORE UPDATE OF status ON orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION orders_guard_transition();
"""
_UNGUARD = """
DROP TRIGGER orders_guard_transition ON orders;
DROP FUNCTION orders_guard_transition();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunSQL(_GUARD, _UNGUARD)]
