"""The pages, one file each: what a person sees. A file here with a `router` is a page."""

import pkgutil
from importlib import import_module

from fastapi import APIRouter


def page_routers() -> tuple[APIRouter, ...]:
    """Find the router of every page, in the order of their files' names.

    The order decides nothing as long as no two pages share a first part of their addresses.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (import_module(f"{__name__}.{name}") for name in names)
    return tuple(module.router for module in modules if hasattr(module, "router"))
