"""Formats a message: Telegram's HTML, plain text for a terminal, a page that looks like Telegram.

Pure functions of a `Message`; whatever comes from data is escaped here and nowhere else.
"""

import base64
import re
from decimal import Decimal
from html import escape, unescape

from include.report.message import Fact, Mark, Message
from include.report.wording import Wording

# Shape and colour differ, so that colour-blind readers tell them apart too.
MARKS = {Mark.GOOD: "🟢", Mark.BAD: "🟥", Mark.EVEN: "▫️"}


# after parsing; counted here in UTF-16 units, which are never fewer
LONGEST_CAPTION = 1024
LONGEST_TEXT = 4096


def telegram_caption(message: Message, marker: str = "") -> str:
    """The message in Telegram's HTML, as the caption of its chart: short enough whatever the data.

    Where names and amounts are so long that Telegram would refuse all of it, lines are left out:
    first of what is folded away. `marker` is put before it.
    """
    details = [_facts_in_a_line(facts) for facts in message.details]
    so_far, prediction = _data(message.so_far), _data(message.prediction)
    notes = _data(" ".join(message.notes))
    folded = [*details, so_far, notes, prediction]
    warnings = [f"⚠️ {_data(warning)}" for warning in message.warnings]
    drivers = [f"▸ {_data(driver)}" for driver in message.drivers]
    outcome = [f"↩️ {_data(message.outcome)}"] if message.outcome else []
    expendable = [
        *((folded, line) for line in (prediction, so_far, *reversed(details))),
        *((outcome, line) for line in outcome),
        *((drivers, line) for line in reversed(drivers)),
        (folded, notes),
        *((warnings, line) for line in reversed(warnings)),
    ]
    while True:
        below = [*outcome, *warnings]
        caption = _caption(message, marker, drivers, [line for line in folded if line], below)
        if shown_length(caption) <= LONGEST_CAPTION:
            return caption
        lines, line = expendable.pop(0)
        lines.remove(line)


def _caption(
    message: Message, marker: str, drivers: list[str], folded: list[str], below: list[str]
) -> str:
    parts = [
        f"{MARKS[message.mark]} <b>{_data(message.verdict)}</b>\n{_data(message.period)}",
        "\n".join(_fact(fact) for fact in message.figures),
    ]
    if message.drivers_heading:
        parts.append("\n".join([f"<b>{_data(message.drivers_heading)}</b>", *drivers]))
    parts.append("\n".join([f"⏳ <b>{_data(message.at_risk)}</b>", *below]))
    if folded:
        heading = f"<b>{_data(message.details_heading)}</b>"
        lines = "\n".join([heading, *folded])
        parts.append(f"<blockquote expandable>{lines}</blockquote>")
    if marker:
        parts.insert(0, f"🧪 <b>{_data(marker)}</b>")
    return "\n\n".join(parts)


def _fact(fact: Fact) -> str:
    line = f"{MARKS[fact.mark]} {_data(fact.label)} <b>{_data(fact.value)}</b>"
    return line + "".join(f" · {_data(part)}" for part in (fact.change, fact.detail) if part)


def _facts_in_a_line(facts: tuple[Fact, ...]) -> str:
    return " · ".join(
        " ".join(
            part
            for part in (
                _data(fact.label),
                f"<b>{_data(fact.value)}</b>",
                _data(fact.change),
                f"({_data(fact.detail)})" if fact.detail else "",
            )
            if part
        )
        for fact in facts
    )


def shown_length(html: str) -> int:
    """The length of a text in Telegram's HTML as Telegram counts it, or a little more."""
    return len(unescape(re.sub(r"<[^>]*>", "", html)).encode("utf-16-le")) // 2


def plain_text(message: Message) -> str:
    """The message for a terminal or a file, its figures in columns."""
    facts = [*message.figures, *(fact for line in message.details for fact in line)]
    label_width = max(len(fact.label) for fact in facts)
    value_width = max(len(fact.value) for fact in facts)

    def line(fact: Fact) -> str:
        columns = f"{fact.label:<{label_width}}  {fact.value:>{value_width}}  {fact.change}"
        detail = f"\n   ↳ {fact.detail}" if fact.detail else ""
        return f"{MARKS[fact.mark]} {columns}".rstrip() + detail

    parts = [
        f"{MARKS[message.mark]} {message.verdict}\n{message.title}: {message.period}",
        "\n".join(map(line, message.figures)),
    ]
    if message.drivers_heading:
        drivers = (f"▸ {driver}" for driver in message.drivers)
        parts.append("\n".join([message.drivers_heading, *drivers]))
    parts.append(f"⏳ {message.at_risk}")
    if message.outcome:
        parts.append(f"↩️ {message.outcome}")
    parts.extend("\n".join(map(line, facts)) for facts in message.details)
    parts.append(message.so_far)
    if message.warnings:
        parts.append("\n".join(f"⚠️ {warning}" for warning in message.warnings))
    parts.append(" ".join(note for note in (*message.notes, message.prediction) if note))
    return "\n\n".join(parts) + "\n"


def html_page(message: Message, chart: bytes, list_name: str = "", list_size: int = 0) -> str:
    """A page of its own, without any resource from elsewhere: the messages as a channel shows them.

    `list_name` and `list_size`, in bytes, are those of the file that follows, where one does.
    """
    words = Wording(message.lang)
    channel = words.text("preview_channel")
    size = f"{words.decimal(Decimal(list_size) / 1024)} KB"
    return _PAGE.format(
        lang=message.lang.replace("_", "-"),
        title=_data(message.title),
        initial=_data(channel[0]),
        channel=_data(channel),
        note=_data(words.text("preview_note")),
        day=_data(message.as_of),
        chart=base64.b64encode(chart).decode(),
        chart_says=escape(message.verdict),
        message=telegram_caption(message).replace("blockquote expandable", "blockquote"),
        document=_DOCUMENT.format(
            name=_data(list_name), size=_data(size), caption=_data(words.text("list_caption"))
        )
        if list_name
        else "",
    )


def _data(text: str) -> str:
    return escape(text, quote=False)


_DOCUMENT = """
<div class="bubble file"><div class="icon">↓</div><div><b>{name}</b><span>{size}</span></div>
<p>{caption}</p></div>"""

_PAGE = """\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  * {{ box-sizing: border-box; }}
  body {{
    margin: 0; min-height: 100vh; background: #e9eef2; color: #0f1419;
    font: 16px/1.4 -apple-system, "Segoe UI", Roboto, "Noto Sans", system-ui, sans-serif,
      "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji";
  }}
  .phone {{
    max-width: 412px; min-height: 100vh; margin: 0 auto; display: flex; flex-direction: column;
    background: linear-gradient(160deg, #dbe7c9 0%, #c3dbc4 45%, #a9cdc6 100%);
    box-shadow: 0 0 24px rgb(0 0 0 / 12%);
  }}
  header {{
    display: flex; align-items: center; gap: 12px; padding: 10px 14px; background: #fff;
    box-shadow: 0 1px 2px rgb(0 0 0 / 12%);
  }}
  .avatar {{
    width: 42px; height: 42px; flex: none; border-radius: 50%; color: #fff; font-size: 19px;
    font-weight: 600; line-height: 42px; text-align: center;
    background: linear-gradient(#6cc3f5, #2f8fd8);
  }}
  header b {{ display: block; font-size: 16px; line-height: 1.25; }}
  header span {{ color: #7b8a97; font-size: 13px; }}
  main {{ padding: 12px 10px 20px; }}
  .day {{
    width: fit-content; margin: 0 auto 10px; padding: 3px 11px; border-radius: 13px; color: #fff;
    background: rgb(74 110 92 / 55%); font-size: 13px; font-weight: 500;
  }}
  .bubble {{
    width: fit-content; max-width: 96%; padding: 9px 13px 11px; background: #fff;
    border-radius: 15px 15px 15px 5px; box-shadow: 0 1px 1px rgb(0 0 0 / 14%);
    white-space: pre-wrap; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
  }}
  .bubble b {{ font-weight: 600; }}
  .photo {{ padding: 0 0 11px; overflow: hidden; }}
  .photo img {{ display: block; width: 100%; }}
  .photo > div {{ padding: 9px 13px 0; }}
  blockquote {{
    margin: 0; padding: 4px 10px; border-left: 3px solid #3390d6; border-radius: 5px;
    background: rgb(51 144 214 / 10%); font-size: 14px;
  }}
  .file {{
    display: grid; grid-template-columns: auto 1fr; gap: 2px 11px; align-items: center;
    margin-top: 6px; white-space: normal;
  }}
  .file span {{ display: block; color: #7b8a97; font-size: 13px; }}
  .file p {{ grid-column: 1 / 3; margin: 6px 0 0; }}
  .icon {{
    width: 44px; height: 44px; border-radius: 50%; background: #3390d6; color: #fff;
    font-size: 22px; line-height: 44px; text-align: center;
  }}
</style>
</head>
<body>
<div class="phone">
<header><div class="avatar">{initial}</div><div><b>{channel}</b><span>{note}</span></div></header>
<main><div class="day">{day}</div>
<div class="bubble photo"><img src="data:image/png;base64,{chart}" alt="{chart_says}"
><div>{message}</div></div>{document}</main>
</div>
</body>
</html>
"""
