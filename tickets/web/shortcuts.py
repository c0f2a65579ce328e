"""The one list of what can be done from the keyboard and from the command palette.

The sheet, the page /keyboard/ and the browser (shortcuts.js, palette.js) all read it. An element
offers a command by naming it: `data-command="reply"`; a page without such an element does not have
the command. What happens is what the element does when it is clicked, unless shortcuts.js or the
behaviour it belongs to says otherwise.

Keys are written as the browser names them (`KeyboardEvent.key`), letters in lower case; "mod+" is
Ctrl, or ⌘ on a Mac; "g q" is one key after the other. No Alt and no Ctrl+Shift: those type
characters on many keyboards, or belong to the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from tickets.models import User
from tickets.templatetags.views import VIEWS

Words = str | Promise


class Context(TextChoices):
    """Where a command belongs, in the order of the sheet."""

    ANYWHERE = "anywhere", _("Anywhere")
    LIST = "list", _("In a list of tickets")
    TICKET = "ticket", _("On a ticket")
    COMPOSER = "composer", _("While writing")


@dataclass(frozen=True, kw_only=True)
class Command:
    code: str
    context: Context
    label: Words
    #: Any of them; none: in the palette only.
    keys: tuple[str, ...] = ()
    #: Selectors of the element that offers it, the best first; empty: by its code.
    targets: tuple[str, ...] = ()
    #: Moving about makes no sense out of a palette.
    is_in_palette: bool = True
    #: Heard while typing. Keys with "mod+" always are.
    is_for_fields: bool = False
    #: Holding the key down repeats it.
    is_repeatable: bool = False

    @property
    def selectors(self) -> tuple[str, ...]:
        return self.targets or (f'[data-command~="{self.code}"]',)

    @property
    def strokes(self) -> tuple[tuple[tuple[Words, ...], ...], ...]:
        """For each of its keys the chords, in turn; the keys of a chord are held together."""
        return tuple(tuple(_press(chord) for chord in key.split()) for key in self.keys)


#: What stands on the keys.
NAMES: dict[str, Words] = {
    "mod": "Ctrl/⌘",
    "ArrowDown": "↓",
    "ArrowUp": "↑",
    "Enter": "Enter",
    "Escape": "Esc",
    "Space": _("Space"),
}


def _press(chord: str) -> tuple[Words, ...]:
    held, _plus, last = chord.rpartition("+")
    # Together with another key a letter is written as it stands on the keyboard.
    name = NAMES.get(last, last.upper() if held else last)
    return (NAMES[held], name) if held else (name,)


#: Views with a key of their own, after `g`.
VIEW_KEYS = {"all": "g q", "mine": "g m", "unassigned": "g u", "soon": "g b"}


def _anywhere(code: str, label: Words, *keys: str, **options: Any) -> Command:
    return Command(code=code, context=Context.ANYWHERE, label=label, keys=keys, **options)


def _in_list(code: str, label: Words, *keys: str, **options: Any) -> Command:
    return Command(code=code, context=Context.LIST, label=label, keys=keys, **options)


def _on_ticket(code: str, label: Words, *keys: str, **options: Any) -> Command:
    return Command(code=code, context=Context.TICKET, label=label, keys=keys, **options)


def _views() -> Iterator[Command]:
    for code, name, _icon in VIEWS:
        keys = (VIEW_KEYS[code],) if code in VIEW_KEYS else ()
        yield _anywhere(f"view-{code}", name, *keys)


def _languages() -> Iterator[Command]:
    for code, _name in settings.LANGUAGES:
        # In its own words: whoever looks for it may not read the language of the page.
        name = get_language_info(code)["name_local"].capitalize()
        target = f'button[name="language"][value="{code}"]'
        yield _anywhere(f"language-{code}", name, targets=(target,))


COMMANDS: tuple[Command, ...] = (
    _anywhere("palette", _("Command palette"), "mod+k", is_in_palette=False),
    _anywhere("sheet", _("Keyboard shortcuts"), "?"),
    _anywhere(
        "search",
        _("Search"),
        "/",
        # A page without a field to search in has the palette, which finds tickets by number.
        targets=("[data-search]", '[data-command~="search"]'),
        is_in_palette=False,
    ),
    _anywhere("new-ticket", _("New ticket"), "c"),
    *_views(),
    _anywhere("theme-light", _("Light theme")),
    _anywhere("theme-dark", _("Dark theme")),
    _anywhere("theme-system", _("Theme of the system")),
    *_languages(),
    _in_list(
        "next-row",
        _("Next ticket"),
        "j",
        "ArrowDown",
        is_in_palette=False,
        is_repeatable=True,
    ),
    _in_list(
        "previous-row",
        _("Previous ticket"),
        "k",
        "ArrowUp",
        is_in_palette=False,
        is_repeatable=True,
    ),
    _in_list("open-row", _("Open the ticket"), "Enter", "o", is_in_palette=False),
    _in_list("peek-row", _("Look at the selected ticket"), "Space"),
    _in_list("resolve-row", _("Solve the selected ticket"), "e"),
    _on_ticket("reply", _("Reply to the customer"), "r"),
    _on_ticket("note", _("Internal note"), "n"),
    _on_ticket("call", _("Log a call")),
    _on_ticket("take", _("Assign to me"), "i"),
    _on_ticket("assign", _("Assign …"), "a"),
    _on_ticket("solve", _("Solve"), "s"),
    _on_ticket("reopen", _("Reopen")),
    _on_ticket("wait", _("Wait for customer")),
    _on_ticket("urgency", _("Propose or agree urgency …"), "p"),
    _on_ticket("why", _("Why this deadline?"), "d"),
    _on_ticket("more", _("Correct the time, merge, close …")),
    _on_ticket("copy-number", _("Copy the number (2×: and title, 3×: and link)"), "."),
    _on_ticket("next-ticket", _("Next ticket of the view"), "]"),
    _on_ticket("previous-ticket", _("Previous ticket of the view"), "["),
    _on_ticket("back", _("Back to the list"), "u", "Escape"),
    Command(
        code="send",
        context=Context.COMPOSER,
        label=_("Send what is written"),
        keys=("mod+Enter",),
        is_in_palette=False,
    ),
    Command(
        code="leave-field",
        context=Context.COMPOSER,
        label=_("Leave the field: single keys work again"),
        keys=("Escape",),
        is_in_palette=False,
        is_for_fields=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Group:
    context: Context
    #: Those with a key.
    commands: tuple[Command, ...]


def list_groups() -> tuple[Group, ...]:
    """The sheet: what has a key, by where it works."""
    return tuple(
        Group(
            context=context,
            commands=tuple(each for each in COMMANDS if each.keys and each.context == context),
        )
        for context in Context
    )


def describe(user: User | AnonymousUser) -> dict[str, Any]:
    """What the browser is told, in the reader's language."""
    return {
        "isOn": getattr(user, "keyboard_shortcuts", True),
        "unsent": str(_("What you wrote is not sent yet. Leave this page all the same?")),
        "commands": [
            {
                "code": command.code,
                "label": str(command.label),
                "keys": command.keys,
                "strokes": _spell(command),
                "targets": command.selectors,
                "isEverywhere": command.context == Context.ANYWHERE,
                "isInPalette": command.is_in_palette,
                "isForFields": command.is_for_fields,
                "isRepeatable": command.is_repeatable,
            }
            for command in COMMANDS
        ],
    }


def _spell(command: Command) -> list[str]:
    """The first of its keys, for the palette: each stroke as it is pressed."""
    return [" ".join(map(str, chord)) for chord in command.strokes[0]] if command.keys else []
