"""The actions of one campaign, picked out of all that were published.

An action is the campaign's when it names it; what is done later to the same account, a release
above all, belongs to the story too and is told apart.
"""

from typing import NamedTuple

from app.events.enforcement import Enforcement
from app.reports.places import Place

CAMPAIGN_REASON = "campaign"
"""Detector of the reason that gives the probability with which an account is a member."""


class Noted(NamedTuple):
    """What of an action a case file needs. Times in ms."""

    place: Place
    account_id: str
    action_id: str
    sequence: int
    action: str
    issued_at: int
    expires_at: int | None
    actor: str
    names_campaign: bool
    probability: float | None
    """That the account is a member, where that was the reason."""


class ActionBook:
    """Takes in every published action and keeps those about the accounts of one campaign.

    Actions of one account are to come in the order of their sequence, as they do in a partition and
    in a backtest's file; repeats are passed over. Memory grows with the campaign alone.
    """

    def __init__(self, campaign_id: str) -> None:
        self.campaign_id = campaign_id
        self.actions: list[Noted] = []
        self.standings: dict[str, Noted] = {}
        """The newest action about each account."""
        self.probabilities: dict[str, float] = {}
        """The newest that each account was told, of those acted on for being members."""
        self.earlier = 0
        """Accounts whose standing names the campaign by an action that is kept no longer."""
        self.read = 0
        self.newest = 0
        """Event time of the newest action read, whomever it is about, ms."""

    def hear(self, action: Enforcement, place: Place) -> None:
        """Take in the next action."""
        self.read += 1
        self.newest = max(self.newest, action.issued_at)
        held = self.standings.get(action.account_id)
        ours = action.campaign_id == self.campaign_id
        if (held is None and not ours) or (held is not None and action.sequence <= held.sequence):
            return
        noted = self._note(action, place)
        self.actions.append(noted)

    def stands(self, action: Enforcement, place: Place) -> None:
        """Take in an account's standing, after all actions: older ones may be kept no longer."""
        held = self.standings.get(action.account_id)
        if held is None and action.campaign_id == self.campaign_id:
            self.earlier += 1
            self._note(action, place)
        elif held is not None and action.sequence > held.sequence:
            self._note(action, place)

    def _note(self, action: Enforcement, place: Place) -> Noted:
        told = (r.observed for r in action.reasons if r.detector == CAMPAIGN_REASON)
        ours = action.campaign_id == self.campaign_id
        noted = Noted(
            place=place,
            account_id=action.account_id,
            action_id=action.action_id,
            sequence=action.sequence,
            action=action.action,
            issued_at=action.issued_at,
            expires_at=action.expires_at,
            actor=action.actor,
            names_campaign=ours,
            probability=next(told, None) if ours else None,
        )
        self.standings[noted.account_id] = noted
        if noted.probability is not None:
            self.probabilities[noted.account_id] = noted.probability
        return noted
