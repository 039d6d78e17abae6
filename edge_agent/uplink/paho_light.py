"""paho-mqtt without what it imports and never uses here: 1.8 MiB of 30.

paho imports urllib.request (http.client, email, tempfile, …) to find a proxy, which it looks for only
where the package `socks` is installed. While paho is imported, an empty module stands in its place;
whoever imports urllib.request afterwards gets the real one.
"""

import sys
import urllib
from importlib.util import find_spec
from types import ModuleType

_NAME = "urllib.request"
_replace = _NAME not in sys.modules and find_spec("socks") is None
if _replace:
    sys.modules[_NAME] = ModuleType(_NAME)
    urllib.request = sys.modules[_NAME]
try:
    from paho.mqtt import client
finally:
    if _replace:
        del sys.modules[_NAME]

__all__ = ["client"]
