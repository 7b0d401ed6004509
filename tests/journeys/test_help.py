"""Learning the way first, and saying whether the page helped (S0.2, S0.20, S1.1, S1.19)."""


def test_visitor_learns_the_way_and_is_led_to_creating_the_account(meet):
    nora = meet("Nora New")
    nora.open("/")
    nora.looks_right()
    nora.click("How it works, step by step")
    nora.looks_right()
    nora.click("Let a solution provider work in a seller's account")
    nora.sees("Phase 1", "Phase 2", "greyed out")
    nora.looks_right()
    nora.click("Next step: create the provider account")
    nora.at("/accounts/login/")


def test_reader_says_what_is_wrong_with_a_help_page(meet):
    nora = meet("Nora New", phone=True)
    nora.open("/help/supply-chain-connect/")
    nora.sees("selling on Amazon in the United States", "support@partnerhub.example")
    nora.looks_right()
    nora.click("No")
    nora.sees("doesn't create a support case")
    nora.page.get_by_role("textbox").first.fill("Say what a freight forwarder does.")
    nora.looks_right()
    nora.press("Send feedback")
    nora.sees("Thank you for your feedback.", "Contact Us")
