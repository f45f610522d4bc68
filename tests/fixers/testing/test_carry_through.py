"""What the red commit renamed or moved is followed where it is used."""

from __future__ import annotations

from collections.abc import Mapping

from regreen.fixers.testing import (
    carry_through,
)
from regreen.model import Edit
from tests.fixers.support import context
from tests.fixers.testing.ideas import first, ideas

CART = """\
class Cart:
    def __init__(self, rows):
        self.things = rows

    def add_all(self, more):
        self.things.extend(more)
        return self.things


def total(rows):
    found = sum(rows)
    return found


def twice(rows):
    return total(rows) * 2
"""
TEST = """\
from unittest import mock

from shop.cart import Cart, total


def test_one():
    cart = Cart([1])
    cart.add_all([2])
    assert total(cart.things) == 3
    with mock.patch("shop.cart.total"):
        assert total([]) == 0
"""


def carried(now: Mapping[str, str], said: str) -> dict[str, str]:
    before = {"shop/cart.py": CART, "tests/test_a.py": TEST}
    files = {"tests/test_a.py": TEST, **now}
    return first(carry_through, context("pytest", files, output=said, parent=before))


def test_a_renamed_function_is_renamed_where_it_is_used() -> None:
    said = "ImportError: cannot import name 'total' from 'shop.cart'"
    made = carried({"shop/cart.py": CART.replace("def total", "def grand_total")}, said)
    assert "return grand_total(rows) * 2" in made["shop/cart.py"]
    assert made["tests/test_a.py"] == TEST.replace("total", "grand_total")


def test_a_renamed_method_is_renamed_where_it_is_used() -> None:
    said = "AttributeError: 'Cart' object has no attribute 'add_all'"
    made = carried({"shop/cart.py": CART.replace("add_all", "append_all")}, said)
    assert made == {"tests/test_a.py": TEST.replace("add_all", "append_all")}


def test_a_method_that_others_have_too_is_renamed_on_the_named_line_only() -> None:
    before = {"a.py": "class A:\n    def get(self):\n        return compute(self, 1)\n"}
    use = "def test_one():\n    assert A().get() == {}.get(1)\n    assert {}.get(2) is None\n"
    files = {"a.py": before["a.py"].replace("get", "fetch"), "tests/test_a.py": use}
    said = "tests/test_a.py:2: AttributeError\nE AttributeError: 'A' object has no attribute 'get'"
    scene = context("pytest", files, output=said, parent={**before, "tests/test_a.py": use})
    idea = ideas(carry_through, scene)[0]
    assert isinstance(idea, Edit)
    assert idea.files["tests/test_a.py"].splitlines()[2] == "    assert {}.get(2) is None"


def test_a_moved_module_is_imported_from_its_new_place() -> None:
    said = "ModuleNotFoundError: No module named 'shop.cart'"
    made = carried({"shop/basket.py": CART}, said)
    assert made == {"tests/test_a.py": TEST.replace("shop.cart", "shop.basket")}


def test_a_renamed_parameter_is_renamed_in_calls() -> None:
    before = {"a.py": "def f(rows, most=1):\n    return rows[:most]\n"}
    files = {
        "a.py": "def f(rows, limit=1):\n    return rows[:limit]\n",
        "tests/test_a.py": "from a import f\n\n\ndef test_one():\n    f([1], most=1)\n",
    }
    said = "TypeError: f() got an unexpected keyword argument 'most'"
    made = first(carry_through, context("pytest", files, output=said, parent=before))
    assert made["tests/test_a.py"].endswith("f([1], limit=1)\n")


def test_a_parameter_that_went_is_not_given_any_more() -> None:
    before = {"a.py": "def f(rows, most, x):\n    return rows[x]\n"}
    files = {
        "a.py": "def f(rows, x):\n    return rows[x]\n",
        "tests/test_a.py": "from a import f\n\n\ndef test_one():\n    assert f([1], 2, 0) == 1\n",
    }
    said = "TypeError: f() takes 2 positional arguments but 3 were given"
    scene = context("pytest", files, output=said, parent=before)
    idea = ideas(carry_through, scene)[0]
    assert isinstance(idea, Edit)
    assert idea.files["tests/test_a.py"].endswith("assert f([1], 0) == 1\n")


def test_without_the_commit_before_nothing_is_carried() -> None:
    said = "ImportError: cannot import name 'total' from 'shop.cart'"
    assert not ideas(carry_through, context("pytest", {"shop/cart.py": CART}, output=said))
