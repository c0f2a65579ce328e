import pytest

from tests.factories import make_contact, make_customer
from tickets.services.customers import UnableToIdentifyContact, identify_contact

pytestmark = pytest.mark.django_db


class TestIdentifyContact:
    def test_finds_an_address_whatever_its_case(self):
        known = make_contact(email="Paul@Example.com")

        assert identify_contact(email="paul@example.COM") == known

    def test_finds_a_caller_by_telephone_and_by_name_within_the_customer(self):
        customer = make_customer()
        by_phone = make_contact(customer=customer, email="", phone="+33 1 23")
        by_name = make_contact(customer=customer, email="", name="Paul")

        assert identify_contact(phone="+33 1 23", customer=customer) == by_phone
        assert identify_contact(name="paul", customer=customer) == by_name

    def test_two_strangers_of_one_name_are_two_people(self):
        assert identify_contact(name="Paul") != identify_contact(name="Paul")

    def test_a_newcomer_belongs_to_the_customer_of_their_mail_domain(self):
        customer = make_customer(domains=["harbour.example"])

        assert identify_contact(email="new@Harbour.example").customer == customer

    @pytest.mark.parametrize(
        ("given", "code"),
        [({}, "contact_unnamed"), ({"email": "taken@a.example"}, "contact_of_another_customer")],
    )
    def test_refuses_what_it_cannot_place(self, given, code):
        make_contact(email="taken@a.example")

        with pytest.raises(UnableToIdentifyContact) as refusal:
            identify_contact(**given, customer=make_customer())

        assert refusal.value.code == code
