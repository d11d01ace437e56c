"""docker-compose.yml as the end-to-end tests on containers read it: filled in, in order, with the engine's units."""

import pytest

from tools import compose, secrets
from tools.containers import recipe


@pytest.fixture(scope="module")
def variables():
    return compose.environment(known=secrets.passwords())


@pytest.fixture
def recipes(variables, tmp_path):
    return {each.name: each for each in recipe.read(variables=variables, beside=tmp_path)}


def test_each_container_comes_after_those_it_waits_for(recipes):
    names = list(recipes)

    assert names[-1] == "gateway"
    for name, found in recipes.items():
        assert {other for other in found.needs if names.index(other) > names.index(name)} == set()
    assert recipes["orders-web"].needs["users-migrate"] == recipe.COMPLETED
    assert recipes["users-migrate"].needs["postgres"] == recipe.HEALTHY


def test_what_needs_a_profile_stays_away(recipes):
    assert "prometheus" not in recipes
    assert len(recipes) == 20


def test_images_and_secrets_come_from_variables(variables, tmp_path):
    found = recipe.read(variables={**variables, "POSTGRES_IMAGE": "mirror/postgres:17"}, beside=tmp_path)

    images = {each.name: each.image for each in found}
    assert images["postgres"] == "mirror/postgres:17"
    assert images["valkey"] == "valkey/valkey:8.1"
    environments = {each.name: each.environment for each in found}
    assert environments["orders-web"]["DATABASE_URL"] == variables["ORDERS_DATABASE_URL"]
    assert environments["orders-web"]["SENTRY_DSN"] == ""
    assert environments["orders-migrate"]["DATABASE_URL"] == variables["ORDERS_OWNER_DATABASE_URL"]


def test_a_missing_variable_is_named_with_what_to_do(variables, tmp_path):
    with pytest.raises(recipe.RecipeFailed, match="needs USERS_SECRET_KEY: run make compose-env"):
        recipe.read(variables={**variables, "USERS_SECRET_KEY": ""}, beside=tmp_path)


def test_files_of_the_secrets_folder_and_of_the_project_are_mounted(recipes, tmp_path):
    mounts = {target: source for source, target, mode in recipes["rabbitmq"].mounts if mode == "ro"}

    assert mounts["/etc/rabbitmq/definitions/definitions.json"] == str(tmp_path / ".compose/rabbitmq.json")
    assert mounts["/etc/rabbitmq/conf.d/10-plaza.conf"] == str(recipe.config.ROOT / "k8s/backing/rabbitmq.conf")


def test_hardening_and_health_reach_the_engine(recipes):
    web = recipes["users-web"]

    assert web.hardening == {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": {"/tmp": "mode=1777"},
    }
    assert (web.healthcheck["interval"], web.healthcheck["retries"]) == (10_000_000_000, 3)


def test_those_that_wait_for_each_other_are_named():
    circle = {
        "a": recipe.Recipe(name="a", image="a:1", needs={"b": recipe.HEALTHY}),
        "b": recipe.Recipe(name="b", image="b:1", needs={"a": recipe.HEALTHY}),
        "c": recipe.Recipe(name="c", image="c:1"),
    }

    with pytest.raises(recipe.RecipeFailed, match="these wait for each other: a, b"):
        recipe.ordered(recipes=circle)
