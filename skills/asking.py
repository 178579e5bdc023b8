"""How a skill asks the language model: one question, and clear words when it cannot be asked."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Answer, End, ModelDown, OverBudget, Prompt, Said, Tier
from bot.ports import Context
from skills.sorry import Sorry

MOST_ROUNDS = 5  # a vendor's tool that needs more time pauses the answer; we let it go on this often


async def ask(
    context: Context,
    *,
    purpose: str,
    system: str,
    text: str,
    server_tools: tuple[str, ...] = (),
    max_tokens: int = 2048,
    needs_claude: str = "",
) -> Answer:
    """The fast model's answer. `needs_claude` names what the offline model's rules cannot do. Raises Sorry when it is
    out of reach, over budget or refuses."""
    said: tuple[Said, ...] = (Said(role="user", texts=(text,)),)
    prompt = Prompt(
        purpose=purpose, tier=Tier.FAST, system=system, messages=said, server_tools=server_tools, max_tokens=max_tokens
    )
    try:
        for _ in range(MOST_ROUNDS):
            answer = await context.model.ask(context.user.scope, prompt)
            if answer.end is not End.PAUSED:
                break
            said = (*said, Said(role="assistant", blocks=answer.blocks))
            prompt = replace(prompt, messages=said)
    except ModelDown as down:
        raise Sorry("The language model is out of reach right now. Please try again in a minute.") from down
    except OverBudget as over:
        spent = f"${over.spent:.2f} of ${over.limit:.2f} for the {over.period}"
        raise Sorry(f"The budget for the language model is used up ({spent}). Raise it or wait.") from over
    if answer.end is End.REFUSED or not answer.text.strip():
        raise Sorry("The language model gave no answer to this.")
    if answer.offline and needs_claude:
        raise Sorry(f"{needs_claude} needs Claude. Add a Claude key in the settings, then I can do it.")
    return answer
