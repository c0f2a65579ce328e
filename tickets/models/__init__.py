from tickets.models.agent import Agent, Team
from tickets.models.alert import Alert
from tickets.models.api_request import ApiRequest
from tickets.models.api_token import ApiToken
from tickets.models.calendar import Calendar
from tickets.models.clock import Clock
from tickets.models.customer import Contact, Customer
from tickets.models.delivery import Delivery
from tickets.models.event import Event
from tickets.models.inbound_mail import InboundMail
from tickets.models.message import Message
from tickets.models.saved_view import SavedView
from tickets.models.search import TicketSearch, TicketToIndex
from tickets.models.terms import Level, Target, Terms
from tickets.models.ticker import TickerState
from tickets.models.ticket import Ticket
from tickets.models.urgency import UrgencyProposal
from tickets.models.user import User

__all__ = [
    "Agent",
    "Alert",
    "ApiRequest",
    "ApiToken",
    "Calendar",
    "Clock",
    "Contact",
    "Customer",
    "Delivery",
    "Event",
    "InboundMail",
    "Level",
    "Message",
    "SavedView",
    "Target",
    "Team",
    "Terms",
    "TickerState",
    "Ticket",
    "TicketSearch",
    "TicketToIndex",
    "UrgencyProposal",
    "User",
]
