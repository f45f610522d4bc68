"""What libraries and Python took away: the code follows, and the tests claim what they did."""

from __future__ import annotations

import ast

import pytest

from regreen.fixers.testing import (
    known_changes,
)
from regreen.model import Edit
from regreen.removals import changes
from tests.fixers.support import context
from tests.fixers.testing.ideas import first, ideas


def only(text: str, said: str, path: str = "shop.py") -> str:
    """Return what the catalogue makes of one file."""
    return first(known_changes, context("pytest", {path: text}, output=said))[path]


def test_every_entry_of_the_catalogue_is_one_that_can_be_applied() -> None:
    for change in changes():
        assert not change.is_empty, change.of
        assert change.source.startswith("https://")
        for pattern, template in change.calls.items():
            ast.parse(pattern, mode="eval")
            ast.parse(template, mode="eval")
        for old, new in change.names.items():
            assert old != new
            assert all(part.isidentifier() for part in f"{old}.{new}".split(".")), old


@pytest.mark.parametrize(
    ("text", "said", "made"),
    [
        (
            "from collections import Mapping, OrderedDict\n\nx = isinstance({}, Mapping)\n",
            "ImportError: cannot import name 'Mapping' from 'collections'",
            (
                "from collections import OrderedDict\nfrom collections.abc import Mapping\n\n"
                "x = isinstance({}, Mapping)\n"
            ),
        ),
        (
            "import numpy as np\n\nx = np.float(1) + np.product([1])\n",
            (
                "E   AttributeError: module 'numpy' has no attribute 'float'\n"
                "E   AttributeError: module 'numpy' has no attribute 'product'"
            ),
            "import numpy as np\n\nx = float(1) + np.prod([1])\n",
        ),
        (
            "from jinja2 import Environment, Markup\n\nx = Markup(Environment)\n",
            "ImportError: cannot import name 'Markup' from 'jinja2'",
            (
                "from jinja2 import Environment\nfrom markupsafe import Markup\n\n"
                "x = Markup(Environment)\n"
            ),
        ),
        (
            "import imp\nimport os\n\nimp.reload(os)\n",
            "ModuleNotFoundError: No module named 'imp'",
            "import importlib\nimport os\n\nimportlib.reload(os)\n",
        ),
        (
            "from datetime import datetime\n\nnow = datetime.utcnow()\n",
            "DeprecationWarning: datetime.datetime.utcnow() is deprecated",
            (
                "import datetime as _datetime\nfrom datetime import datetime\n\n"
                "now = datetime.now(_datetime.timezone.utc).replace(tzinfo=None)\n"
            ),
        ),
        (
            "import pkg_resources\n\nversion = pkg_resources.get_distribution('a').version\n",
            "ModuleNotFoundError: No module named 'pkg_resources'",
            "import importlib.metadata\n\nversion = importlib.metadata.version('a')\n",
        ),
        (
            "import xml.etree.cElementTree as ET\n\nroot = ET.fromstring('<a/>')\n",
            "ModuleNotFoundError: No module named 'xml.etree.cElementTree'",
            "import xml.etree.ElementTree as ET\n\nroot = ET.fromstring('<a/>')\n",
        ),
        (
            "import yaml\n\nx = yaml.load(open('a'))\n",
            "TypeError: load() missing 1 required positional argument: 'Loader'",
            "import yaml\n\nx = yaml.safe_load(open('a'))\n",
        ),
        (
            "import sqlalchemy as sa\n\nx = sa.select([a, b])\n",
            "sqlalchemy.exc.ArgumentError: select() construct",
            "import sqlalchemy as sa\n\nx = sa.select(a, b)\n",
        ),
        (
            "from marshmallow import fields\n\nx = fields.Str(missing=None, required=False)\n",
            "TypeError: __init__() got an unexpected keyword argument 'missing'",
            "from marshmallow import fields\n\nx = fields.Str(load_default=None, required=False)\n",
        ),
    ],
)
def test_a_name_that_is_gone_is_written_as_it_is_called_now(
    text: str, said: str, made: str
) -> None:
    assert only(text, said) == made


@pytest.mark.parametrize(
    ("text", "said", "made"),
    [
        (
            "def test_one(self):\n    self.assertEquals(total(), 3)\n",
            "AttributeError: 'TestA' object has no attribute 'assertEquals'",
            "def test_one(self):\n    self.assertEqual(total(), 3)\n",
        ),
    ],
)
def test_tests_follow_their_tools_and_claim_what_they_claimed(
    text: str, said: str, made: str
) -> None:
    assert only(text, said, "tests/test_a.py") == made


@pytest.mark.parametrize(
    ("text", "said", "made"),
    [
        (
            (
                "class TestA:\n    def setup(self):\n        self.x = 3\n\n"
                "    def test_one(self):\n        assert self.x == 3\n"
            ),
            "AttributeError: 'TestA' object has no attribute 'x'",
            (
                "class TestA:\n    def setup_method(self):\n        self.x = 3\n\n"
                "    def test_one(self):\n        assert self.x == 3\n"
            ),
        ),
        (
            (
                "import httpx\n\n\ndef test_one():\n    c = httpx.Client(app=app, base_url='/')\n"
                "    assert c.get('/').status_code == 200\n"
            ),
            "TypeError: __init__() got an unexpected keyword argument 'app'",
            (
                "import httpx\n\n\ndef test_one():\n"
                "    c = httpx.Client(base_url='/', transport=httpx.WSGITransport(app=app))\n"
                "    assert c.get('/').status_code == 200\n"
            ),
        ),
        (
            (
                "import pandas as pd\n\n\ndef test_one():\n"
                '    x = pd.date_range("2010", periods=2, freq="ME")\n    assert len(x) == 2\n'
            ),
            "ValueError: Invalid frequency: ME",
            (
                "import pandas as pd\n\n\ndef test_one():\n"
                '    x = pd.date_range("2010", periods=2, freq=pd.offsets.MonthEnd())\n'
                "    assert len(x) == 2\n"
            ),
        ),
        (
            (
                "from tornado.testing import AsyncTestCase\n\n\nclass TestApp(AsyncTestCase):\n"
                "    def test_one(self):\n        assert self.fetch('/').code == 200\n"
            ),
            "AttributeError: 'AsyncTestCase' object has no attribute 'runTest'",
            (
                "from tornado.testing import AsyncTestCase\n\n\nclass TestApp(AsyncTestCase):\n"
                "    def test_one(self):\n        assert self.fetch('/').code == 200\n\n"
                "    def runTest(self):\n        pass\n"
            ),
        ),
    ],
)
def test_the_guard_has_the_last_word_on_what_tests_are_fed_with(
    text: str, said: str, made: str
) -> None:
    scene = context("pytest", {"tests/test_a.py": text}, output=said)
    idea = ideas(known_changes, scene)[0]
    assert isinstance(idea, Edit)
    assert idea.files == {"tests/test_a.py": made}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import numpy as np\n\nx = np.float64(1)\n", "module 'numpy' has no attribute 'float64'"),
        ("x = {}\nx.iteritems = 3\n", "all is well"),
        (
            (
                "try:\n    from collections.abc import Mapping\nexcept ImportError:\n"
                "    from collections import Mapping\n"
            ),
            "ImportError: cannot import name 'Mapping' from 'collections'",
        ),
        (
            "from lxml import etree\n\nx = etree.tostring(y)\n",
            "shop.py:3: AttributeError: 'array' object has no attribute 'tostring'",
        ),
    ],
)
def test_what_is_not_meant_stays(text: str, said: str) -> None:
    assert not ideas(known_changes, context("pytest", {"shop.py": text}, output=said))


def test_two_ways_to_write_it_are_two_branches() -> None:
    said = "shop.py:2: in f\nAttributeError: 'dict_values' object has no attribute 'inject_wsgi'"
    made = only("def f(c, e):\n    c.cookie_jar.inject_wsgi(e)\n", said)
    assert made == (
        "def f(c, e):\n    if hasattr(c, '_add_cookies_to_wsgi'):\n"
        "        c._add_cookies_to_wsgi(e)\n    else:\n        c.cookie_jar.inject_wsgi(e)\n"
    )


def test_what_the_new_spelling_needs_is_declared() -> None:
    files = {
        "shop.py": "from distutils.version import LooseVersion\n\nx = LooseVersion('1')\n",
        "requirements.txt": "pytest\n",
    }
    scene = context(
        "pytest",
        files,
        output="ModuleNotFoundError: No module named 'distutils'",
        installs=("pip install -r requirements.txt",),
    )
    made = first(known_changes, scene)
    assert made["shop.py"] == "from packaging.version import Version\n\nx = Version('1')\n"
    assert made["requirements.txt"] == "pytest\npackaging\n"
