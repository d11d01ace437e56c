"""Migrations run on the expand-contract backend from zero; what would break running code is refused twice."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]

SETTINGS = """
from shared.testing.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "shop"]
"""
FIRST = """
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Thing", [
        ("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField(null=True))])]
"""
SECOND = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_first")]
    operations = [{operation}]
"""


def address(name):
    db = connection.settings_dict
    return f"postgresql://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{name}"


@pytest.fixture
def fresh():
    """A new database."""
    name = f"{connection.settings_dict['NAME']}_zero"
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        yield address(name)
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(*command, database, cwd=ROOT, **changes):
    env = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    env |= {"DATABASE_URL": database, "PYTHONPATH": str(ROOT), "SLOW_QUERY_MS": "60000", **changes}
    return subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("service", ["users", "catalog", "orders"])
def test_a_service_migrates_safely_from_zero(migrated, service):
    made = migrated[service]

    audited = run("manage.py", "audit", database=made.address, cwd=ROOT / "services" / service)

    assert (made.code, made.said) == (0, "")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    with psycopg.connect(made.address) as database:
        assert database.execute("SELECT count(*) FROM django_migrations WHERE app = %s", [service]).fetchone()[0] > 0


@pytest.fixture
def shop(tmp_path):
    """Make an app whose second migration has the operation; returns what finds it."""

    def make(operation):
        folder = tmp_path / "shop" / "migrations"
        folder.mkdir(parents=True)
        for path in (folder, folder.parent):
            (path / "__init__.py").touch()
        (folder / "0001_first.py").write_text(FIRST)
        (folder / "0002_second.py").write_text(SECOND.format(operation=operation))
        (tmp_path / "shop_settings.py").write_text(SETTINGS)
        return {"DJANGO_SETTINGS_MODULE": "shop_settings", "PYTHONPATH": f"{ROOT}:{tmp_path}"}

    return make


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ('migrations.RemoveField("thing", "size")', "DROPPING columns"),
        ('migrations.AlterField("thing", "size", models.BigIntegerField(null=True))', "ALTERING columns"),
        ('migrations.AddField("thing", "name", models.TextField(default=""))', "NOT NULL constraint on columns"),
        ('migrations.AddIndex("thing", models.Index(fields=["size"], name="sizes"))', "CREATE INDEX locks table"),
        ("migrations.RunPython(lambda apps, schema_editor: None)", "data migration is not reversible"),
    ],
)
def test_the_linter_refuses_what_breaks_or_locks_out_running_code(fresh, shop, operation, says):
    linted = run("-m", "tools.migration_lint", database=fresh, **shop(operation))

    assert linted.returncode == 1
    assert "(shop, 0002_second)... ERR" in linted.stdout
    assert says in linted.stdout
    assert linted.stdout.splitlines()[-1].endswith("migrations linted, 1 unsafe")


def test_the_linter_accepts_what_expands(fresh, shop):
    operation = 'migrations.AddField("thing", "name", models.TextField(null=True))'

    linted = run("-m", "tools.migration_lint", database=fresh, **shop(operation))

    assert (linted.returncode, linted.stderr) == (0, "")


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ('migrations.AlterField("thing", "size", models.TextField(null=True))', "ALTER COLUMN TYPE is unsafe"),
        ('migrations.AddField("thing", "name", models.TextField(default=""))', "ADD COLUMN NOT NULL is unsafe"),
    ],
)
def test_the_migrate_process_refuses_what_locks_for_long_or_breaks_running_code(fresh, shop, operation, says):
    refused = run("-m", "django", "migrate", "shop", database=fresh, MIGRATE_SAFELY="true", **shop(operation))

    assert refused.returncode == 1
    assert says in refused.stderr


def test_a_table_that_the_same_migration_made_may_get_required_columns(fresh, shop):
    made = 'migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])'
    operation = f'{made}, migrations.AddField("new", "name", models.TextField(default=""))'

    done = run("-m", "django", "migrate", "shop", database=fresh, MIGRATE_SAFELY="true", **shop(operation))

    assert (done.returncode, done.stderr) == (0, "")


def test_the_migrate_process_does_not_wait_long_for_a_lock(fresh, shop):
    environment = shop('migrations.AddField("thing", "name", models.TextField(null=True))')
    first = run("-m", "django", "migrate", "shop", "0001", database=fresh, MIGRATE_SAFELY="true", **environment)
    assert first.returncode == 0, first.stderr

    with psycopg.connect(fresh) as busy:
        busy.execute("LOCK TABLE shop_thing IN ACCESS SHARE MODE")
        refused = run("-m", "django", "migrate", "shop", database=fresh, MIGRATE_SAFELY="true", **environment)
    again = run("-m", "django", "migrate", "shop", database=fresh, MIGRATE_SAFELY="true", **environment)

    assert "canceling statement due to lock timeout" in refused.stderr
    assert again.returncode == 0, again.stderr
