"""Which encoding a table is in, found from its bytes."""

import pytest

from qa.errors import IngestError
from qa.ingest.encoding import DAMAGED, decode_table

TABLE = "录音文件,通话编号,方向\r\n张三的录音.wav,A1,呼入\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_every_encoding_gives_the_same_text(encoding: str) -> None:
    assert decode_table(TABLE.encode(encoding), "calls.csv").text == TABLE


@pytest.mark.parametrize("word", ["联通", "力挺", "一", "工", "陆", "隆", "鲁迅", "偏", "袁"])
def test_short_gbk_words_are_not_taken_for_utf8(word: str) -> None:
    text = f"id,name\n1,{word}\n"
    assert decode_table(text.encode("gbk"), "agents.csv").text == text
    assert decode_table(text.encode(), "agents.csv").text == text


def test_characters_that_only_gb18030_has() -> None:
    text = "姓名\n𠮷野㐂\n"
    assert decode_table(text.encode("gb18030"), "agents.csv").text == text


def test_plain_ascii_and_latin_names_stay() -> None:
    for text in ("a,b\n1,2\n", "id,name\n1,José Müller\n"):
        assert decode_table(text.encode(), "agents.csv").text == text


def test_a_few_damaged_bytes_do_not_change_the_encoding() -> None:
    good = TABLE.encode() * 20
    damaged = decode_table(good + b"\xe5\xbc,A2,\n" + good, "calls.csv")
    assert damaged.encoding == "utf-8"
    assert damaged.text.count(DAMAGED) == 1
    gbk = TABLE.encode("gbk") * 20
    assert decode_table(gbk + b"\xff\xff,A2\n" + gbk, "calls.csv").encoding == "gb18030"


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 8, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200), b"\xff" * 99],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(IngestError, match=r"calls\.csv: "):
        decode_table(data, "calls.csv")
