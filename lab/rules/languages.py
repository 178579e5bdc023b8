"""German, French and Spanish for the basics: rewritten into the English the other rules understand.

Only the words of the request are translated, never what it is about.
"""

from __future__ import annotations

import re

Rewrite = tuple[re.Pattern[str], str]


def _rewrites(*pairs: tuple[str, str]) -> tuple[Rewrite, ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), english) for pattern, english in pairs)


TIMES = _rewrites(
    (r"\bübermorgen\b|\baprès-demain\b|\bpasado mañana\b", "day after tomorrow"),
    (r"\bmorgen früh\b|\bdemain matin\b|\bmañana por la mañana\b", "tomorrow morning"),
    (r"\bmorgen abend\b|\bdemain soir\b|\bmañana por la (?:tarde|noche)\b", "tomorrow evening"),
    (r"\bmorgen\b|\bdemain\b|\bmañana\b", "tomorrow"),
    (r"\bheute abend\b|\bce soir\b|\besta noche\b", "tonight"),
    (r"\bheute\b|\baujourd'hui\b|\bhoy\b", "today"),
    (r"\bjeden tag\b|\btäglich\b|\btous les jours\b|\bchaque jour\b|\btodos los días\b|\bcada día\b", "every day"),
    (r"\bjeden morgen\b|\btous les matins\b|\bcada mañana\b", "every morning"),
    (r"\b(?:jeden |tous les |cada )(?:montag|lundis?|lunes)\b", "every monday"),
    (r"\b(?:jeden |tous les |cada )(?:freitag|vendredis?|viernes)\b", "every friday"),
    (r"\b(?:am |le |el )?(?:montag|lundi|lunes)\b", "on monday"),
    (r"\b(?:am |le |el )?(?:dienstag|mardi|martes)\b", "on tuesday"),
    (r"\b(?:am |le |el )?(?:mittwoch|mercredi|miércoles)\b", "on wednesday"),
    (r"\b(?:am |le |el )?(?:donnerstag|jeudi|jueves)\b", "on thursday"),
    (r"\b(?:am |le |el )?(?:freitag|vendredi|viernes)\b", "on friday"),
    (r"\b(?:am |le |el )?(?:samstag|samedi|sábado)\b", "on saturday"),
    (r"\b(?:am |le |el )?(?:sonntag|dimanche|domingo)\b", "on sunday"),
    (r"\b(?:in|dans|en) (\d+) (?:minuten|minutos|minutes)\b", r"in \1 minutes"),
    (r"\b(?:in|dans|en) (?:einer|une|una) (?:stunde|heure|hora)\b", "in an hour"),
    (r"\b(?:in|dans|en) (\d+) (?:stunden|heures|horas)\b", r"in \1 hours"),
    (r"\b(?:um|à|a las) (\d{1,2})(?:[:h.](\d\d))?(?: ?(?:uhr|h|horas))?\b", r"at \1:\2"),
)
REQUESTS = _rewrites(
    (
        r"^(?:bitte )?(?:erinner|erinnere) mich(?: bitte)? (?P<when>.*?)\s*(?:daran,? |an (?:das |die "
        r"|den )?)(?P<what>.+)$",
        r"remind me \g<when> to \g<what>",
    ),
    (r"^(?:bitte )?(?:erinner|erinnere) mich(?: bitte)?,? (?P<what>.+)$", r"remind me \g<what>"),
    (r"^rappelle(?:-|z-)moi (?P<when>.*?)\s*(?:de |d')(?P<what>.+)$", r"remind me \g<when> to \g<what>"),
    (
        r"^(?:recuérdame|recuerdame) (?P<when>(?:(?!\bque\b|\bde\b).)*?)\s*(?:de |que )?(?P<what>\w+(?:ar|er"
        r"|ir)\b.*)$",
        r"remind me \g<when> to \g<what>",
    ),
    (
        r"^(?:füge?|setze?|schreibe?|pack) (?P<what>.+?) (?:(?:auf|zu) (?:meine|die|meiner|der) (?:liste"
        r"|aufgaben|aufgabenliste|einkaufsliste|to-?do-?liste))(?: hinzu)?$",
        r"add \g<what> to my list",
    ),
    (r"^(?:ajoute|mets) (?P<what>.+?) (?:à|sur|dans) (?:ma|la|mes) (?:liste|tâches)$", r"add \g<what> to my list"),
    (r"^(?:añade|agrega|pon) (?P<what>.+?) (?:a|en) (?:mi|la) lista$", r"add \g<what> to my list"),
    (r"^(?:neue aufgabe|aufgabe|nouvelle tâche|tâche|nueva tarea|tarea):? (?P<what>.+)$", r"task: \g<what>"),
    (
        r"^(?:was (?:steht|ist) auf meiner liste|(?:zeige? )?(?:mir )?meine (?:aufgaben|liste)"
        r"|was muss ich (?:noch )?(?:machen|tun))$",
        "show my tasks",
    ),
    (
        r"^(?:qu'est-ce qu'il y a sur ma liste|(?:montre(?:-moi)? )?(?:mes tâches|ma liste)"
        r"|qu'est-ce que je dois faire)$",
        "show my tasks",
    ),
    (r"^¿?(?:qué hay en mi lista|(?:muéstrame )?(?:mis tareas|mi lista)|qué tengo que hacer)$", "show my tasks"),
    (r"^(?:meine erinnerungen|mes rappels|mis recordatorios|zeige? (?:mir )?meine erinnerungen)$", "show my reminders"),
    (
        r"^(?:(?P<what>.+) ist (?:erledigt|fertig)|(?P<que>.+) está (?:hecho|listo)|(?P<quoi>.+) est (?:fait"
        r"|terminé))$",
        r"done with \g<what>\g<que>\g<quoi>",
    ),
    (r"^(?:notiz|note|nota)(?: an mich)?: ?(?P<what>.+)$", r"note: \g<what>"),
    (r"^(?:merke? dir|behalte?),? (?:dass |bitte |, )?(?P<what>.+)$", r"remember that \g<what>"),
    (r"^souviens-toi (?:que |de )(?P<what>.+)$|^recuerda que (?P<que>.+)$", r"remember that \g<what>\g<que>"),
    (r"^(?:was weißt du über mich|que sais-tu (?:de|sur) moi|¿?qué sabes de mí)$", "what do you know about me"),
    (
        r"^(?:wie wird|wie ist) das wetter (?:(?:heute|morgen) )?in (?P<where>.+)$|^(?:quel temps fait-il"
        r"|météo) à (?P<ou>.+)$|^¿?qué tiempo hace en (?P<donde>.+)$",
        r"weather in \g<where>\g<ou>\g<donde>",
    ),
    (
        r"^(?:lies|lese?) (?:mir )?(?:das|es|dies)(?: mir)?(?: bitte)? vor$"
        r"|^lis[- ](?:le[- ]moi|moi ça)(?: à voix haute)?$"
        r"|^lée(?:melo|me eso|lo en voz alta)$",
        "read that to me",
    ),
    (
        r"^(?:antworte(?: mir)? (?:nie|niemals|nicht|nicht mehr) (?:mit|per) "
        r"(?:einer )?(?:sprachnachricht(?:en)?|stimme)"
        r"|ne (?:me )?réponds (?:jamais|plus|pas) (?:par|avec) (?:la voix|(?:un |des )?messages? voca(?:l|ux))"
        r"|(?:nunca|no) (?:me )?respondas (?:nunca |más )?(?:por|con) (?:mensajes de |notas de )?voz)$",
        "never answer by voice",
    ),
    (
        r"^(?:antworte(?: mir)? immer (?:mit|per) (?:einer )?(?:sprachnachricht(?:en)?|stimme)"
        r"|réponds(?:-moi)? toujours (?:par|avec) (?:la voix|(?:un |des )?messages? voca(?:l|ux))"
        r"|responde(?:me)? siempre (?:por|con) (?:mensajes de |notas de )?voz)$",
        "always answer by voice",
    ),
    (
        r"^(?:antworte(?: mir)? (?:mit|per|als) (?:einer )?(?:sprachnachricht|stimme)"
        r"|réponds(?:-moi)? (?:par|avec) (?:la voix|un message vocal)"
        r"|(?:responde(?:me)?|respóndeme) (?:por|con) (?:un mensaje de |una nota de )?voz)$",
        "answer by voice",
    ),
    (r"^(?:sprich(?: bitte)? langsamer|parle(?: plus)? lentement|habla más (?:despacio|lento))$", "speak slower"),
    (r"^(?:sprich(?: bitte)? schneller|parle plus vite|habla más rápido)$", "speak faster"),
    (
        r"^(?:(?:nimm|nutze?|verwende) die stimme|(?:utilise|prends) la voix|usa la voz) (?P<who>[\w -]+)$",
        r"use the voice \g<who>",
    ),
    (
        r"^(?:schreibe? mir (?:auf|über|per|in)|écris-moi (?:sur|par)|escríbeme (?:por|en)) "
        r"(?P<app>telegram|slack|discord|whats ?app)$",
        r"write to me on \g<app>",
    ),
    (r"^(?:fasse? (?:das|dies|folgendes) zusammen|résume (?:ceci|ça)|resume esto) ?: ?", "summarise this: "),
    (r"^(?:was steht heute an|mein tag|agenda du jour|ma journée|mi día|mi agenda)$", "what's my day"),
)


def to_english(text: str) -> str:
    """The request in English when it is one of the basics in German, French or Spanish; else as it was."""
    for pattern, english in REQUESTS:
        found = pattern.match(text)
        if found:
            return _times(_fill(found, english) + text[found.end() :])
    return text


def _fill(found: re.Match[str], english: str) -> str:
    return re.sub(r"\\g<(\w+)>", lambda name: found[name[1]] or "", english)


def _times(text: str) -> str:
    if not text.startswith(("remind me", "add ", "task: ")):
        return text
    for pattern, english in TIMES:
        text = pattern.sub(english, text)
    return re.sub(r"\bat (\d{1,2}):(?!\d)", lambda hour: f"at {hour[1]}:00", text)
