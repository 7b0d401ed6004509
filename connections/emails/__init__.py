"""Mails of this app: one function for each message; the caller's transaction carries it."""

from connections.emails import approvals as approvals
from connections.emails import assignments as assignments
from connections.emails import connections as connections
from connections.emails import invitations as invitations
from connections.emails import pauses as pauses
from connections.emails import renewals as renewals
from connections.emails import requests as requests
from connections.emails import reviews as reviews
from connections.emails.approvals import approval_changed_drafts as approval_changed_drafts
