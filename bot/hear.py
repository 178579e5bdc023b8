"""Voice notes: what was said becomes the person's own words, other sounds become texts of others; and we speak back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.begin import Begun, Sound
from bot.content import content_of
from bot.ids import derived_id
from bot.message import Kind
from bot.people import Speaks
from bot.ports import Ports, Unheard
from bot.prompt import untrusted
from bot.records import Author, Message

LARGEST = 10 * 1024 * 1024  # bytes
GONE = (
    "I could not get this recording: it is gone, or it has more than 10 MB. Record it again, shorter, or write to me."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """What came of one sound: its words, or why there are none."""

    sound: Sound
    text: str = ""
    problem: str = ""

    @property
    def own(self) -> bool:
        """Whether the person recorded it themself."""
        return self.sound.file.kind is Kind.VOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Voiced:
    """A turn after listening: its `begun` has the words, `quote` shows the person what was understood (CommonMark),
    `problem` is set when nothing at all was; `texts` are what others said, marked as such."""

    begun: Begun
    quote: str = ""
    problem: str = ""
    texts: tuple[str, ...] = ()
    spoken: bool = False


async def hear(ports: Ports, begun: Begun) -> Voiced:
    if not begun.sounds:
        return Voiced(begun=begun)
    listened = await ports.engine.step("hear", lambda: _listen(ports, begun), tuple[Listened, ...])
    return voiced(begun, listened, quoted=not ports.platforms[begun.at.platform].reads_rows)


def voiced(begun: Begun, listened: tuple[Listened, ...], *, quoted: bool) -> Voiced:
    """Pure. `quoted`: also what was the person's own is shown again."""
    own = list(begun.own)
    for item in listened:
        if item.own and item.text:
            own[item.sound.line] = "\n".join(part for part in (own[item.sound.line], item.text) if part)
    problems = [item.problem for item in listened if item.problem]
    shown = [item.text or f"({item.problem})" for item in listened if quoted or not item.own or item.problem]
    silent = not any(words.strip() for words in own) and not begun.files and not any(item.text for item in listened)
    return Voiced(
        begun=replace(begun, own=tuple(own)),
        quote="\n".join(f"> 🎙️ {line}" for text in shown for line in text.splitlines()),
        problem=problems[0] if problems and silent else "",
        texts=tuple(untrusted(i.text, f"sound {i.sound.file.name}") for i in listened if i.text and not i.own),
        spoken=any(item.own and item.text for item in listened),
    )


async def _listen(ports: Ports, begun: Begun) -> tuple[Listened, ...]:
    listened = tuple([await _one(ports, begun, sound) for sound in begun.sounds])
    async with ports.memory.work(begun.user.scope) as work:
        for number, line in enumerate(begun.lines):
            said = [item.text for item in listened if item.own and item.text and item.sound.line == number]
            message = await work.messages.get(line) if said else None
            if message is not None:  # from now on the conversation has the words, and memory finds them
                await work.messages.put(replace(message, text="\n".join([t for t in (begun.own[number], *said) if t])))
    return listened


async def _one(ports: Ports, begun: Begun, sound: Sound) -> Listened:
    content = await content_of(ports, begun.user.scope, begun.at, sound.file, LARGEST)
    if content is None:
        return Listened(sound=sound, problem=GONE)
    try:
        heard = await ports.speech.hear(begun.user, content)
    except Unheard as error:
        return Listened(sound=sound, problem=str(error))
    return Listened(sound=sound, text=heard.text.strip())


def wanted(voice: Voiced, *, asked: bool) -> bool:
    """Whether the answer is spoken too."""
    when = voice.begun.user.voice.when
    return asked or when is Speaks.ALWAYS or (when is Speaks.REPLY and voice.spoken)


async def speak(ports: Ports, begun: Begun, text: str) -> Message:
    """The answer as a voice note, a message of its own behind the text; or why there is none."""

    async def speaking() -> Message:
        line = Message(
            id=derived_id("voice", begun.id), at=begun.at, author=Author.ASSISTANT, text="", sent_at=ports.clock.now()
        )
        try:
            upload = await ports.speech.speak(begun.user, text)
        except Unheard as error:
            upload, line = None, replace(line, text=f"_{error}_")
        async with ports.memory.work(begun.user.scope) as work:
            if upload is not None:
                ref = await work.files.put(upload.about, upload.content)
                line = replace(line, files=(replace(upload.about, ref=ref),))
            return await work.messages.put(line)

    return await ports.engine.step("speak", speaking, Message)
