"""Where in a call a script is due: its opening and its closing."""

from qa.scoring.check import Scene
from qa.text import fold
from qa.types import Role, Span

OPENING_INTERJECTION = 8
"""Characters a customer may say (喂，你好) before the agent's opening counts as over."""
OPENING_CHARS = 120
CLOSING_TURNS = 3
"""The closing may spread over the agent's last turns, across 嗯嗯 and 好，再见."""
CLOSING_CHARS = 160


def opening(scene: Scene) -> tuple[int, int]:
    """Range of the agent's text that is the opening.

    The agent's words until the customer has said more than an interjection; where the roles are not
    known, the first words of anybody.
    """
    if not scene.roles_known:
        return 0, min(len(scene.everyone.text), OPENING_CHARS)
    agent = scene.agent
    known: int | None = agent.memo.get(opening)
    if known is None:
        known = agent.memo[opening] = min(_opening_end(scene), OPENING_CHARS)
    return 0, known


def _opening_end(scene: Scene) -> int:
    agent = scene.agent
    interjected, spoken = 0, 0
    end = 0
    positions = {index: k for k, (index, _) in enumerate(agent.utterances)}
    for index, utterance in enumerate(scene.transcript.utterances):
        if utterance.role == Role.AGENT and index in positions:
            if spoken and interjected > OPENING_INTERJECTION:
                break
            end = agent.starts[positions[index] + 1]
            spoken += 1
        elif utterance.role == Role.CUSTOMER and spoken:
            interjected += len(fold(utterance.text).text)
    return end


def closing(scene: Scene) -> tuple[int, int]:
    """Range of the agent's text that is the closing: the last turns, at most so many characters.

    Where the roles are not known, the last words of anybody.
    """
    if not scene.roles_known:
        length = len(scene.everyone.text)
        return max(0, length - CLOSING_CHARS), length
    agent = scene.agent
    if not agent.turns:
        return 0, 0
    start = agent.turns[max(0, len(agent.turns) - CLOSING_TURNS)][0]
    return max(start, len(agent.text) - CLOSING_CHARS), len(agent.text)


def span_of(scene: Scene, start: int, end: int) -> Span:
    """Return the stretch of the recording that a range of the agent's text covers."""
    agent = scene.agent_or_anyone
    if start >= end:
        return Span(0, scene.transcript.duration_ms)
    return agent.span(start, end)
