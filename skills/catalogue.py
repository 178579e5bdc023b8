"""The catalogue of everything that can be done: loads the skills' folders and fulfils the port `bot.ports.Actions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.action import Action, Call, Outcome
from bot.codec import Malformed
from bot.people import Scope
from bot.ports import Context, Recurrence
from bot.repositories import Stale, Work
from skills.api import Api
from skills.check import check
from skills.code import Function, Named, bind, inputs_for, load_code
from skills.manifest import Skill, Unfit, load
from skills.preview import fill
from skills.search import ActionSearch
from skills.sorry import Sorry
from skills.which import ID

BUILTIN = Path(__file__).parent / "builtin"
CHANGED = "This was changed by someone else at the same moment. Look at it again and repeat what you want."


class Catalogue:
    """All skills below the given roots. `base_urls` (slug to URL) replace a skill's hosts, see `skills.api`."""

    def __init__(
        self, roots: Sequence[Path] = (BUILTIN,), *, recurrence: Recurrence, base_urls: Mapping[str, str] | None = None
    ) -> None:
        """Raises Unfit, naming file, line and remedy, when any skill cannot be loaded."""
        self._recurrence, self._base_urls = recurrence, base_urls or {}
        self._actions: dict[str, Action] = {}
        self._functions: dict[str, Function] = {}
        self._named: dict[str, Named] = {}
        self.skills: tuple[Skill, ...] = tuple(self._load(folder) for root in roots for folder in _folders(root))
        offered = [spec.action for skill in self.skills for spec in skill.specs if not spec.action.internal]
        self._always = tuple(sorted((action for action in offered if action.always), key=lambda action: action.id))
        self._search = ActionSearch(offered)

    def _load(self, folder: Path) -> Skill:
        skill = load(folder)
        module = load_code(skill)
        api = Api(service=skill.title, hosts=skill.hosts, base=self._base_urls.get(skill.slug))
        if hasattr(module, "named"):
            self._named[skill.slug] = module.named
        ports: Mapping[str, object] = {"recurrence": self._recurrence, "api": api}
        for spec in skill.specs:
            if spec.action.id in self._actions:
                raise Unfit(f"{folder / 'skill.toml'}:1: there is a skill {skill.slug!r} already: rename the folder")
            self._actions[spec.action.id] = spec.action
            self._functions[spec.action.id] = bind(skill, spec, module, ports)
        return skill

    def get(self, action: str) -> Action | None:
        return self._actions.get(action)

    def always(self) -> Sequence[Action]:
        return self._always

    async def find(self, scope: Scope, query: str, limit: int = 8) -> Sequence[Action]:
        return self._search.find(query, limit)

    def check(self, call: Call) -> str | None:
        action = self.get(call.action)
        if action is None:
            return f"there is no action {call.action!r}; find_actions tells what there is"
        return check(action.inputs, call.arguments)

    def preview(self, call: Call) -> str:
        action = self.get(call.action)
        if action is None:
            return call.action
        defaults = {n: about["default"] for n, about in action.inputs["properties"].items() if "default" in about}
        return fill(action.preview or action.about.rstrip("."), {**defaults, **call.arguments})

    async def title(self, call: Call, work: Work) -> str:
        named = self._named.get(call.action.partition(".")[0])
        ids = {n: v for n, v in call.arguments.items() if isinstance(v, str) and ID.fullmatch(v.strip())}
        if named is None or not ids:
            return self.preview(call)
        names = {name: await named(work, value.strip()) or value for name, value in ids.items()}
        return self.preview(replace(call, arguments={**call.arguments, **names}))

    async def run(self, call: Call, context: Context) -> Outcome:
        """Arguments are checked again here: a card may have waited for days, and the skill may have changed."""
        problem = self.check(call)
        if problem is not None:
            return Outcome(ok=False, text=f"That does not fit: {problem}.")
        context = await _as_of_now(context)
        inputs = inputs_for(self._actions[call.action].inputs, call.arguments, context.user)
        try:
            return await self._functions[call.action](context, **inputs)
        except Sorry as sorry:
            return Outcome(ok=False, text=sorry.text, data=sorry.data)
        except Stale:
            return Outcome(ok=False, text=CHANGED)
        except Malformed as error:
            return Outcome(ok=False, text=f"That does not fit: {error}.")


async def _as_of_now(context: Context) -> Context:
    """With the user as they are now: an earlier step of the same turn may have set their zone."""
    async with context.open() as work:
        return replace(context, user=await work.profile.get())


def _folders(root: Path) -> list[Path]:
    """The skills' folders below a root, in a stable order."""
    if not root.is_dir():
        raise Unfit(f"{root}: there is no such folder of skills: create it or correct AURELIUS_SKILLS_DIR")
    return sorted(folder for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith(("_", ".")))
