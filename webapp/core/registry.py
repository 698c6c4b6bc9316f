"""Plug-ins are found, not listed: a folder of modules that each export one constant."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType, ModuleType


def discover(package: ModuleType, constant: str) -> Mapping[str, object]:
    """Return `{module name: value of its constant}` for every module below the package that has one.

    Modules are visited in the order of their names, so that whatever is made from the result is stable.
    """
    found: dict[str, object] = {}
    for module in pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}."):
        loaded = importlib.import_module(module.name)
        if hasattr(loaded, constant):
            found[module.name.removeprefix(f"{package.__name__}.")] = getattr(loaded, constant)
    return MappingProxyType(dict(sorted(found.items())))
