"""Formats a message: Telegram's HTML, plain text for a terminal, a page that looks like Telegram.

Pure functions of a `Message`; whatever comes from data is escaped here and nowhere else.
"""

from html import escape

from include.report.message import Fact, Mark, Message
from include.report.wording import Wording

# Shape and colour differ, so that colour-blind readers tell them apart too.
MARKS = {Mark.GOOD: "🟢", Mark.BAD: "🟥", Mark.EVEN: "▫️"}


def telegram_html(message: Message) -> str:
    """The message in Telegram's HTML parse mode, far below its limits of length and entities."""
    parts = [f"📊 <b>{_data(message.title)}</b>\n{_data(message.subtitle)}"]
    for section in message.sections:
        lines = [f"<b>{_data(section.heading)}</b>"]
        for fact in section.facts:
            line = f"{MARKS[fact.mark]} {_data(fact.label)}  <b>{_data(fact.value)}</b>"
            lines.append(f"{line}  {_data(fact.change)}" if fact.change else line)
            if fact.detail:
                lines.append(f"↳ <i>{_data(fact.detail)}</i>")
        parts.append("\n".join(lines))
    parts.append(f"<b>{_data(message.so_far_heading)}</b>\n{_data(message.so_far)}")
    parts.extend(f"⚠️ {_data(warning)}" for warning in message.warnings)
    parts.append(f"<i>{_data(' '.join(message.notes))}</i>")
    return "\n\n".join(parts)


def plain_text(message: Message) -> str:
    """The message for a terminal, its figures in columns."""
    facts = [fact for section in message.sections for fact in section.facts]
    label_width = max(len(fact.label) for fact in facts)
    value_width = max(len(fact.value) for fact in facts)

    def line(fact: Fact) -> str:
        columns = f"{fact.label:<{label_width}}  {fact.value:>{value_width}}  {fact.change}"
        return f"{MARKS[fact.mark]} {columns}".rstrip()

    parts = [f"📊 {message.title}\n{message.subtitle}"]
    for section in message.sections:
        lines = [section.heading]
        for fact in section.facts:
            lines.append(line(fact))
            if fact.detail:
                lines.append(f"   ↳ {fact.detail}")
        parts.append("\n".join(lines))
    parts.append(f"{message.so_far_heading}\n{message.so_far}")
    parts.extend(f"⚠️ {warning}" for warning in message.warnings)
    parts.append(" ".join(message.notes))
    return "\n\n".join(parts) + "\n"


def html_page(message: Message) -> str:
    """A page of its own, without any resource from elsewhere: the message as a channel shows it."""
    words = Wording(message.lang)
    channel = words.text("preview_channel")
    return _PAGE.format(
        lang=message.lang.replace("_", "-"),
        title=_data(message.title),
        initial=_data(channel[0]),
        channel=_data(channel),
        note=_data(words.text("preview_note")),
        day=_data(message.as_of),
        message=telegram_html(message),
    )


def _data(text: str) -> str:
    return escape(text, quote=False)


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
</style>
</head>
<body>
<div class="phone">
<header><div class="avatar">{initial}</div><div><b>{channel}</b><span>{note}</span></div></header>
<main><div class="day">{day}</div><div class="bubble">{message}</div></main>
</div>
</body>
</html>
"""
