"""Names of languages: the service tells three letters (ISO 639-3), people's settings hold BCP 47 ("de-CH")."""

from __future__ import annotations

# The languages that ElevenLabs writes down and that have a name of two letters. Others keep their three letters, which
# is what BCP 47 wants.
SHORT = dict(
    pair.split(":")
    for pair in (
        "afr:af amh:am ara:ar asm:as aze:az bel:be ben:bn bos:bs bul:bg cat:ca ces:cs cym:cy dan:da deu:de ell:el "
        "eng:en est:et fas:fa ful:ff fin:fi fra:fr gle:ga glg:gl guj:gu hau:ha heb:he hin:hi hrv:hr hun:hu hye:hy "
        "ibo:ig ind:id isl:is ita:it jav:jv jpn:ja kan:kn kat:ka kaz:kk khm:km kir:ky kor:ko kur:ku lao:lo lav:lv "
        "lin:ln lit:lt ltz:lb lug:lg mal:ml mar:mr mkd:mk mlt:mt mon:mn mri:mi msa:ms mya:my nep:ne nld:nl nor:no "
        "nya:ny oci:oc ori:or pan:pa pol:pl por:pt pus:ps ron:ro rus:ru slk:sk slv:sl sna:sn snd:sd som:so spa:es "
        "srp:sr swa:sw swe:sv tam:ta tel:te tgk:tg tha:th tur:tr ukr:uk urd:ur uzb:uz vie:vi wol:wo xho:xh yor:yo "
        "zho:zh zul:zu"
    ).split()
)


def language_of(code: str) -> str:
    """What the service says, as BCP 47."""
    return SHORT.get(code.lower(), code.lower())


def hint(language: str | None) -> str | None:
    """The language of a BCP 47 tag without its region and script, as the service takes it; None: it may guess."""
    first = (language or "").replace("_", "-").partition("-")[0].lower()
    return first if first.isascii() and first.isalpha() and len(first) in (2, 3) else None
