"""A file's encoding is certain, recognised and said, or asked for: no text becomes another one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.encodings import ENCODINGS, Undecoded, decode

TEXTS = {
    "cp1252": ["Müller Mühle GmbH", "José Núñez", "Søren Kjær", "François Lefèvre", "Åse “Ø” Ås"],
    "cp1251": ["Иванов Иван", "ООО Ромашка", "Газпром"],
    "cp1253": ["Ελλάδα ΑΕ", "Παπαδόπουλος"],
    "gb18030": ["深圳市华强电子有限公司", "北京百度网讯科技有限公司", "王伟"],
    "big5hkscs": ["台灣積體電路", "鴻海精密工業"],
    "cp932": ["株式会社トヨタ", "鈴木商店", "山田太郎"],
    "cp949": ["삼성전자", "현대자동차 주식회사"],
    "euc_jp": ["株式会社トヨタ", "山田太郎"],
    "mac_roman": ["Müller Mühle", "José Núñez"],
    "cp1254": ["Yıldız Güneş", "Şahin Çelik"],
}
AMBIGUOUS = [
    ("王伟", "gb18030"),
    ("김철수", "cp949"),
    ("山田太郎", "gb18030"),
    ("Müller", "mac_roman"),
]


def listed(names):
    return "name,email\n" + "".join(f"{name},a{n}@x.example\n" for n, name in enumerate(names))


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_list_is_recognised_and_not_certain(encoding):
    text = listed(TEXTS[encoding])
    found = decode(text.encode(encoding))
    assert (found.text, found.encoding, found.certain) == (text, encoding, False)


@pytest.mark.parametrize(("name", "encoding"), AMBIGUOUS)
def test_what_can_be_read_in_several_ways_is_refused_with_the_readings(name, encoding):
    with pytest.raises(Undecoded, match="several ways") as refused:
        decode(listed([name]).encode(encoding))
    assert "Choose its encoding" in str(refused.value)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_chosen_is_taken(encoding):
    text = listed(TEXTS.get(encoding, ["Ann"]))
    assert decode(text.encode(encoding), encoding).text == text


def test_what_was_chosen_and_cannot_be_is_refused():
    with pytest.raises(Undecoded, match="not Unicode"):
        decode("Müller".encode("cp1252"), "utf-8-sig")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_certain(encoding):
    text = listed([name for names in TEXTS.values() for name in names])
    data = text.encode(encoding)
    if encoding in {"utf-16-le", "utf-16-be"}:
        data = listed(["Ann Lee"] * 20).encode(encoding)
        text = listed(["Ann Lee"] * 20)
    found = decode(data)
    assert (found.text, found.certain) == (text, True)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_text_or_a_sentence(data):
    with suppress(Undecoded):
        assert decode(data).encoding in ENCODINGS
