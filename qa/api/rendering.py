"""Templates to HTML: languages, links, and what every template may use."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

import qa
from qa import wording
from qa.api import display
from qa.api.words import word

LANGUAGE_COOKIE = "qa_lang"
_YEAR_S = 365 * 24 * 3600
_HERE = Path(__file__).parent
STATIC = _HERE / "static"

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
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
    mask_number=display.mask_number,
    mask_name=display.mask_name,
    mask_in=display.mask_numbers_in,
)


def language(request: Request) -> str:
    """Choose the language: `?lang=`, else the cookie, else Chinese."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wanted in wording.LANGUAGES:
            return wanted
    return "zh"


def page(
    request: Request, template: str, values: dict[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Fill in a template, in the language of the request; `?lang=` is remembered."""
    lang = language(request)

    def say(key: str, **given: object) -> str:
        return word(key, lang, **given)

    html = _templates.get_template(template).render(
        values | {"lang": lang, "w": say, "other_lang_url": _in_other_language(request, lang)}
    )
    response = HTMLResponse(html, status)
    if request.query_params.get("lang") == lang:
        response.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=_YEAR_S, httponly=True, samesite="strict"
        )
    return response


def _in_other_language(request: Request, lang: str) -> str:
    pairs = [(k, v) for k, v in parse_qsl(request.url.query) if k != "lang"]
    return "?" + urlencode([*pairs, ("lang", "zh" if lang == "en" else "en")])
