"""International and hostile messages of our own, each as a file in corpus/."""

from pathlib import Path

import pytest
from django.utils import timezone

from tickets.models import InboundMail
from tickets.services.mail_intake import receive_mail

pytestmark = pytest.mark.django_db

CORPUS = {path.stem: path for path in (Path(__file__).parent / "corpus").glob("*.eml")}

#: Those that no ticket can be made of, and a word of the reason.
HELD = {
    "body-only": "no sender",
    "delivery-report-of-strangers": "did not send",
    "holiday-answer": "automatic",
    "not-a-mail": "no sender",
    "own-mail": "own mail",
    "read-receipt": "automatic",
    "sender-no-address": "no sender",
    "sender-none": "no sender",
}

FRENCH = "Bonjour, rien n'est livré depuis 9 h à Besançon. Coût : 12 €."

TEXTS = {
    "alternative": "The plain part.",
    "alternative-html-first": "The plain part.",
    "alternative-with-empty-text": "The rich part.",
    "arabic-windows-1256": "لا تصل الرسائل.",
    "boundary-unnamed": "Words.",
    "calendar-invitation": "The plain part.\n\n[Kept with the original message: text/calendar]",
    "carriage-returns-only": "Line one\nLine two",
    "charset-nobody-knows": "Prices are 5 € per thousand.",
    "charset-unicode-escape": r"C:\\new\x41 stays as it is",
    "charset-zlib": "just words",
    "chinese-big5": "簡訊無法送達。",
    "chinese-gb2312-with-gbk-signs": "短信發送失敗，請處理。",
    "emoji-quoted-printable": "Everything is on fire 🔥🔥 since 9:00 — please call ☎",
    "file-name-path": "The plain part.\n\n[Kept with the original message: passwd]",
    "file-name-rfc2231": "The plain part.\n\n[Kept with the original message: € rates.pdf]",
    "file-name-right-to-left": (
        "The plain part.\n\n[Kept with the original message: invoicefdp.exe]"
    ),
    "flowed": "This is one long paragraph of text.\n> quoted \n> words\n-- \nCarl",
    "forwarded-whole": "It is all broken.\n\n[Kept with the original message: the complaint.eml]",
    "french-latin1": "Envoi bloqué à Orléans.",
    "french-utf8": FRENCH,
    "french-windows-1252-called-latin1": FRENCH,
    "header-only": "(no text)",
    "hebrew-windows-1255": "ההודעות אינן נשלחות.",
    "html-entities-only": "<script> & € € €",
    "html-only-outlook": "Café fermé\n\n  * one\n  * two\n\n[link](https://example.com/x)",
    "html-unclosed": "one\n\ntwo\n\ncell",
    "html-with-scripts": "Hello\n\ngo",
    "japanese-iso-2022-jp": "メッセージが届きません。",
    "japanese-shift-jis": "配信エラー①です。",
    "korean-ks-c-5601": "문자가 전송되지 않습니다. 똠",
    "latin1-without-a-charset": "Dénié",
    "lone-surrogates": "half a pair ��� here",
    "mbox-line": "Body.",
    "never-closed": "The plain part.\n\nThe rich part.",
    "nul-and-controls": "before�after��[31m",
    "related-with-picture": "The rich part.\n\n[Kept with the original message: logo.png]",
    "russian-koi8-r": "Сообщения не доставляются.",
    "signed": "The plain part.\n\n[Kept with the original message: signature.asc]",
    "text-file-text": (
        "The plain part.\n\nSent from my phone\n\n[Kept with the original message: bill.pdf]"
    ),
    "unknown-transfer-encoding": "Plain words under a strange encoding.",
    "utf-16-with-bom": "Über Nacht ausgefallen.",
    "utf-7": "Café fermé",
    "utf8-called-ascii": FRENCH,
    "winmail-dat": "The plain part.\n\n[Kept with the original message: winmail.dat]",
}

SUBJECTS = {
    "emoji-quoted-printable": "🔥 down",
    "french-latin1": "Envoi bloqué",
    "japanese-iso-2022-jp": "障害報告",
    "russian-koi8-r": "Сбой доставки",
    "subject-broken-words": "café plain =?x?y?z",
    "subject-injecting-headers": "Hi Bcc: all@example.com",
    "subject-raw-8bit": "Réseau coupé",
}

SENDERS = {
    "sender-encoded-with-address": ("José", "jose@acme.example"),
    "sender-in-a-group": ("", "a@acme.example"),
    "sender-named-evil": ("Eve Bcc: x@ygpj", "eve@acme.example"),
    "sender-quoted-oddly": ('O\'Neil, "Bob"', "bob.oneil+tag@acme.example"),
    "sender-raw-8bit": ("José Núñez", "jose@acme.example"),
    "two-senders": ("", "first@acme.example"),
}


def receive(name) -> InboundMail:
    now = timezone.now()
    return receive_mail(raw=CORPUS[name].read_bytes(), received_at=now, now=now)


class TestEveryMessage:
    @pytest.mark.parametrize("name", sorted(CORPUS))
    def test_becomes_a_ticket_or_is_held_for_a_reason(self, name):
        mail = receive(name)

        assert mail.state == ("HELD" if name in HELD else "ACCEPTED")
        assert HELD.get(name, "") in mail.problem
        if name not in HELD:
            assert "\x00" not in mail.message.text
            assert len(mail.message.ticket.subject) <= 250
            assert mail.message.text == TEXTS.get(name, mail.message.text)
            assert mail.message.ticket.subject == SUBJECTS.get(name, mail.message.ticket.subject)
            contact = mail.message.contact
            assert (contact.name, contact.email) == SENDERS.get(name, (contact.name, contact.email))

    def test_is_named_by_an_expectation_only_if_it_is_there(self):
        assert set(HELD) | set(TEXTS) | set(SUBJECTS) | set(SENDERS) <= set(CORPUS)

    def test_keeps_html_only_as_harmless(self):
        html = receive("html-with-scripts").message.html

        assert html == '<p>Hello</p><a rel="noopener noreferrer nofollow">go</a>'
