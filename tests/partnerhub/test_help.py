"""Help pages and the question whether they helped (S0.2, S1.19)."""

import pytest

from partnerhub.portals.models import HelpFeedback

pytestmark = pytest.mark.django_db
PAGES = ["/help/solution-providers/", "/help/supply-chain-connect/"]


@pytest.mark.parametrize("address", PAGES)
def test_page_is_public_and_gives_the_support_address(client, address, settings):
    response = client.get(address)
    assert response.status_code == 200
    assert settings.SUPPORT_EMAIL in response.text


def test_page_names_the_marketplace(client, settings):
    settings.MARKETPLACE_NAME = "Rainforest"
    assert "Rainforest" in client.get(PAGES[1]).text


def test_guide_leads_on_to_creating_the_account(client):
    assert "/start/provider/" in client.get(PAGES[0]).text


@pytest.mark.parametrize(
    ("answer", "question"),
    [("yes", "What was helpful?"), ("no", "How can we improve this help page?")],
)
def test_yes_and_no_ask_different_questions(client, answer, question):
    text = client.get(f"{PAGES[0]}?helpful={answer}").text
    assert question in text
    assert "This form doesn&#x27;t create a support case" in text


def test_feedback_is_stored_and_thanked_for(client):
    response = client.post(PAGES[0], {"helpful": "no", "text": "Step 3 is unclear"}, follow=True)
    assert "Thank you for your feedback" in response.text
    assert "Contact Us" in response.text
    feedback = HelpFeedback.objects.get()
    assert (feedback.page, feedback.helpful, feedback.text) == (
        "solution-providers",
        False,
        "Step 3 is unclear",
    )


@pytest.mark.parametrize("text", ["x" * 1001, "a\0b"])
def test_bad_feedback_is_refused_at_the_field_and_kept(client, text):
    response = client.post(PAGES[0], {"helpful": "yes", "text": text})
    assert response.status_code == 422
    assert "is-invalid" in response.text
    assert not HelpFeedback.objects.exists()
