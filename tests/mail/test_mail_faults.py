import errno
import smtplib

import pytest

from tickets.services.mail_faults import fault_of


class TestFaultOf:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
    def test_a_folder_that_takes_nothing_is_no_fault_of_the_mail(self, number):
        assert fault_of(OSError(number, "no room")).is_unreachable

    @pytest.mark.parametrize(("code", "is_for_good"), [(550, True), (451, False)])
    def test_only_a_refused_message_is_for_good(self, code, is_for_good):
        assert fault_of(smtplib.SMTPDataError(code, b"no")).is_for_good is is_for_good

    def test_a_lost_connection_is_neither(self):
        fault = fault_of(smtplib.SMTPServerDisconnected("gone"))

        assert (fault.is_for_good, fault.is_unreachable) == (False, False)
