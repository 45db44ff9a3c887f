"""Letters in other encodings: recognised where they are marked, else shown and asked for."""

import re

import pytest

from crmlab.data.bench import bench
from crmlab.data.formats.opened import opened
from crmlab.data.reading import Reading
from crmlab.errors import CrmlabError


def words(folder, content, **said):
    path = folder / "orders.csv"
    path.write_bytes(content)
    with bench(folder) as workplace:
        source = opened(workplace, path, Reading(**said))
        return source.read(
            workplace, {"word": "word"}, lambda: [w for (w,) in workplace.run("SELECT word FROM read")]
        )


def text(*found):
    return "n,word\n" + "".join(f"{i},{word}\n" for i, word in enumerate(found))


GERMAN = ("Müller", "Schöne Grüße", "Café Zoë", "plain")
JAPANESE = ("コーヒー豆", "東京都の店", "名前", "日本語の商品")
CHINESE = ("上海的商店", "中国", "我的名字", "苹果和香蕉")
RUSSIAN = ("Москва", "Иванов Пётр", "кофе и чай", "Санкт-Петербург")
POLISH = ("Łódź", "żółć", "Kraków", "część")
GREEK = ("Αθήνα", "καφές", "Γιώργος", "ελληνικά")
KOREAN = ("서울", "커피 원두", "이름", "한국어")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("found", [GERMAN, JAPANESE])
def test_marked_encodings_are_recognised(tmp_path, encoding, found):
    assert words(tmp_path, text(*found).encode(encoding)) == list(found)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("cp1252", GERMAN),
        ("cp932", JAPANESE),
        ("gb18030", CHINESE),
        ("cp1251", RUSSIAN),
        ("cp1250", POLISH),
        ("cp1253", GREEK),
        ("euc_kr", KOREAN),
        ("iso2022_jp", JAPANESE),
    ],
)
def test_others_are_asked_for_with_the_likeliest_first(tmp_path, encoding, found):
    content = text(*found).encode(encoding)
    with pytest.raises(CrmlabError) as error:
        words(tmp_path, content)
    says = str(error.value)
    assert "line 2: not UTF-8 text" in says
    first = re.search(r"--encoding (\S+) .*:\n(.*)\n(.*)", says)
    # an encoding that gives the same words is as good
    assert content.decode(first.group(1)) == text(*found), says
    assert found[0] in first.group(2)
    assert found[1] in first.group(3)
    assert words(tmp_path, content, encoding=first.group(1)) == list(found)
    assert words(tmp_path, content, encoding=encoding) == list(found)


def test_only_encodings_that_decode_the_whole_file_are_shown(tmp_path):
    with pytest.raises(CrmlabError) as error:
        words(tmp_path, text("Käse", "x").encode("latin-1") + b"9,\x81\n")
    assert "--encoding cp1252 " not in str(error.value)


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        (text("x").encode(), "klingon", "--encoding 'klingon' is not known"),
        (text("Käse").encode("latin-1"), "utf-8", "not utf-8 text"),
        (text("x").encode("utf-16-le"), None, "--encoding utf-16-le"),
        (b"n,word\n1,a\x00b\n", None, "holds bytes of zero"),
    ],
)
def test_what_cannot_be_decoded_is_refused(tmp_path, content, encoding, says):
    with pytest.raises(CrmlabError) as error:
        words(tmp_path, content, encoding=encoding)
    assert says in str(error.value)
    assert error.value.exit_code == 2


def test_unmarked_utf_16_can_be_said(tmp_path):
    assert words(tmp_path, text(*GERMAN).encode("utf-16-le"), encoding="utf-16-le") == list(GERMAN)
