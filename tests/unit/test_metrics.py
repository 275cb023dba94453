import ast
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from app import metrics

DEFINITIONS = metrics.CATALOGUE.definitions


def test_every_metric_says_what_it_means_and_what_to_do() -> None:
    assert DEFINITIONS
    for item in DEFINITIONS:
        assert item.meaning.endswith("."), item.name
        assert item.action.endswith("."), item.name
        assert item.name.startswith("reflux_"), item.name


def test_every_metric_is_moved_by_something() -> None:
    # One that nothing moves is worse than none: somebody will watch it.
    app = Path(metrics.__file__).parent
    code = "\n".join(file.read_text() for file in app.rglob("*.py"))
    names = [name for name, one in vars(metrics).items() if isinstance(one, MetricWrapperBase)]
    assert len(names) == len(DEFINITIONS)
    for name in names:
        assert f"metrics.{name}" in code, name


def test_metrics_are_moved_with_the_labels_they_are_declared_with() -> None:
    # A wrong label is an error only when the code is reached, which may be an incident.
    declared = {
        name: set(one._labelnames)
        for name, one in vars(metrics).items()
        if isinstance(one, MetricWrapperBase)
    }
    for file in Path(metrics.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute):
                continue
            if ast.unparse(node.value.value) == "metrics" and node.value.attr in declared:
                labelled = node.attr in ("labels", "remove_by_labels")
                assert labelled == bool(declared[node.value.attr]), ast.unparse(node)
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("metrics."):
                name, _, method = ast.unparse(call.func).removeprefix("metrics.").partition(".")
                if method == "labels":
                    given = {keyword.arg for keyword in call.keywords}
                    assert given == declared[name], f"{file.name}: {ast.unparse(call)}"


def test_the_catalogue_is_what_is_exposed() -> None:
    text = metrics.CATALOGUE.render().decode()
    families = {family.name for family in text_string_to_metric_families(text)}
    ours = {name for name in families if name.startswith("reflux_")}
    # The parser names counters without their suffix.
    assert {name.removesuffix("_info") for name in ours} == {item.name for item in DEFINITIONS}


def test_exposed_names_carry_the_suffix_of_their_kind() -> None:
    names = {item.exposed_name for item in DEFINITIONS}
    assert {"reflux_consumed_records_total", "reflux_policy_info", "reflux_accounts"} <= names


def test_the_table_has_one_line_per_metric() -> None:
    lines = metrics.CATALOGUE.table().splitlines()
    assert len(lines) == 2 + len(DEFINITIONS)
    assert all(line.count("|") == 5 for line in lines)


def test_gauges_of_a_lost_partition_are_dropped_and_counters_stay() -> None:
    for partition in ("901", "902"):
        metrics.LAG.labels(topic="requests", partition=partition).set(5)
        metrics.ACCOUNTS.labels(partition=partition).set(5)
        metrics.STATE_BYTES.labels(table="accounts", partition=partition).set(5)
        metrics.FOLDED.labels(partition=partition).inc()
    metrics.forget_partition(901)
    text = metrics.CATALOGUE.render().decode()
    for name in ("reflux_lag_records", "reflux_accounts", "reflux_state_bytes"):
        of_name = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
        assert not any('partition="901"' in line for line in of_name)
        assert any('partition="902"' in line for line in of_name)
    assert 'reflux_folded_requests_total{partition="901"} 1.0' in text
    metrics.forget_partition(902)


def test_forgetting_an_unknown_partition_is_nothing() -> None:
    metrics.forget_partition(903)


@pytest.mark.parametrize("name", [item.name for item in DEFINITIONS if item.labels])
def test_no_label_can_name_an_account(name: str) -> None:
    [item] = [item for item in DEFINITIONS if item.name == name]
    assert set(item.labels) <= {
        "action",
        "command",
        "framing",
        "guard",
        "kind",
        "mode",
        "status",
        "partition",
        "reason",
        "table",
        "topic",
    }
