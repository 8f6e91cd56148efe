import json

import pytest

from orders.respond import ORDERS, respond


def test_lists_all_orders():
    assert json.loads(respond("GET", "/").body) == {"orders": list(ORDERS.values())}


def test_says_that_it_is_well():
    assert respond("GET", "/health?from=load-balancer").status == 200


@pytest.mark.parametrize("number", ORDERS)
def test_shows_an_order(number):
    answer = respond("GET", f"/orders/{number}")
    assert (answer.status, json.loads(answer.body)) == (200, ORDERS[number])


@pytest.mark.parametrize("path", ["/orders/9999", "/orders/", "/nothing"])
def test_knows_what_is_not_here(path):
    assert respond("GET", path).status == 404


def test_changes_nothing():
    assert respond("POST", "/orders/1001").status == 405
