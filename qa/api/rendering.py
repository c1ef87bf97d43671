"""Templates to HTML: words, links, and what every template may use."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2.runtime import Macro
from markupsafe import Markup

import qa
from qa.api import display
from qa.api.kept import Kept
from qa.api.shell import flash, language, remember, shell_values
from qa.api.words import WORDS, word
from qa.masking import mask_name, mask_number, mask_numbers_in

__all__ = ["STATIC", "flash", "fragment", "language", "page"]

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_MOST_KEPT = 10_000

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # templates come with the program; a look at each file costs on every page
)


def _call_url(call_id: str, kind: str = "calls") -> str:
    return f"/{kind}/{quote(call_id, safe='')}"


def _keys(text: str) -> Markup:
    """Mark up `<J>` as a key; everything else is escaped."""
    escaped = str(Markup.escape(text))
    return Markup(escaped.replace("&lt;", "<kbd>").replace("&gt;", "</kbd>"))


_templates.globals.update(
    version=qa.__version__,
    call_url=_call_url,
    keys=_keys,
    moment=display.format_moment,
    length=display.format_length,
    time=display.format_time,
    mask_number=mask_number,
    mask_name=mask_name,
    mask_in=mask_numbers_in,
)


def page(
    request: Request, template: str, values: dict[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Fill in a template, in the language of the request; `?lang=` and `?theme=` are remembered."""
    response = HTMLResponse(fragment(request, template, values), status)
    remember(request, response)
    return response


_filled: dict[tuple[Hashable, ...], str] = {}


def _kept(template: str, lang: str, macro: Macro, values: tuple[Hashable, ...]) -> str:
    """Fill in a macro once for the same values: for parts that many pages show alike.

    The macro may use nothing but what it is given and the words of the language, and no one's
    data: what it gave stays in memory.
    """
    key = (template, lang, macro.name, *values)
    found = _filled.get(key)
    if found is None:
        if len(_filled) >= _MOST_KEPT:
            _filled.clear()
        found = _filled[key] = macro(*values)
    return found


_ROWS: Kept[str] = Kept(5_000)
"""Parts of lists filled in for people who may see them: what goes in is all that they follow from,
and with what the page holds of rights beside it nothing in them changes."""


def fragment(request: Request, template: str, values: dict[str, Any]) -> str:
    """Fill in a template for a page or for a part of one."""
    lang = language(request)

    def say(key: str, **given: object) -> str:
        return word(key, lang, **given)

    def kept(macro: Macro, *values: Hashable) -> str:
        return _kept(template, lang, macro, values)

    def kept_row(macro: Macro, stamp: Hashable, view: Callable[[], Any]) -> str:
        made = (template, lang, macro.name, stamp)
        return _ROWS.get(made, lambda: Markup(macro(view())))

    frame = {"lang": lang, "w": say, "has_word": WORDS.__contains__, "kept": kept}
    frame["kept_row"] = kept_row
    return _templates.get_template(template).render({**shell_values(request), **values, **frame})
