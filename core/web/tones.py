"""What a state means to its reader, as a colour: each app says it beside its states."""

# State -> good, waiting, info or bad; every other state is quiet.
TONE_OF: dict[str, str] = {}


def tones(**states: str) -> None:
    """Say what states mean, in one string for each tone: tones(good="active accepted"). A word
    means the same in every app: raises ValueError for one that has another tone already."""
    for tone, words in states.items():
        for state in words.split():
            if TONE_OF.setdefault(state, tone) != tone:
                raise ValueError(f"{state} is {TONE_OF[state]} already")
