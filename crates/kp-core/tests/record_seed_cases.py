#!/usr/bin/env python3
"""Records what Python prints for many records: `record_seed_cases.py > seed_cases.json`.

The tests of the format `seed` compare with the recorded file, and so need no Python. Record it
with Python 3.11, whose Unicode version and limits the format follows.
"""

import json
import sys
from types import SimpleNamespace

KEYS = [
    None, b"", b"key", b"it's", b'say "hi"', b"it's \"both\"", b"\t\n\r\\", bytes(range(256)), "\u00e9\ud55c".encode(),
]

# Every value is the text of a JSON document, or nearly.
VALUES = [
    # The original's own message, as its producer writes it and as ours does.
    '{"str": "result0"}', '{"str":"result0"}',
    # Containers and whitespace.
    "{}", "[]", "[[]]", '{"a":{}}', " [ 1 ,\t2\r\n] ", '{"a":[1,{"b":null}],"c":true,"d":false}', "[1,]", '{"a":1,}', "[", "}", "",
    " ", "[1 2]", '{"a" 1}', "{1:2}", "[1}", "1 2",
    # A value by itself is printed by str, not by repr.
    "null", "true", "false", "0", '"text"', '"it\'s"', '"line\\nbreak"', '"\\u0007\\u00ad"', '""', "truefalse", "nul", "True",
    # Integers.
    "-0", "00", "01", "-1", "- 1", "+1", "9" * 30, "-" + "9" * 4300, "9" * 4301, "-" + "9" * 4301,
    # Floats.
    "0.0", "-0.0", "1.0", "0.1", "1e0", "1E5", "1e+5", "100000.0", "1e15", "1e16", "9999999999999998.0", "12345678901234567.0",
    "1e-4", "1e-5", "0.00012345", "0.000012345", "1.5e-7", "1e22", "1e23", "1e100", "1e308", "1.7976931348623157e308", "1e400",
    "-1e400", "5e-324", "2.2250738585072014e-308", "1e-400", "0.30000000000000004", "123456789.123456789", "1.", ".5", "1e", "1e+",
    "0.0000000298023223876953125", "1407374883553280.25", "5.6843418860808015e-14", "1.5e300",
    "3.14159265358979323846264338327950288", "9007199254740993.0", "[1e16,1e-05,-0.0,1.0]",
    # Python's own constants.
    "NaN", "Infinity", "-Infinity", "[NaN,Infinity,-Infinity]", "nan", "-NaN", "+Infinity",
    # Repeated keys: the first one's place, the last one's value.
    '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"a":{"x":1,"x":2},"b":[],"a":{"y":1,"z":2,"y":3},"c":0}', '{"a":1,"\\u0061":2}',
    '{"a":1,"a":2,"a":3,"b":4,"b":5}', '{"":0,"":1}', '[{"a":1,"a":[{"b":1,"b":2}]},{"a":1}]',
    "{" + ",".join(f'"{i % 40}":{i}' for i in range(100)) + "}",
    # Quotes and escapes.
    '["it\'s"]', '["\\""]', '["\'\\""]', '["\\u0027"]', '["\\\\ \\/ \\b \\f \\n \\r \\t"]', '["\\u0000\\u001f\\u007f\\u0080\\u00ff"]',
    '["\u007f\u0080\u00a0\u00ad\u00ff"]', '["\\x41"]', '["\\u12"]', '["\\u12g4"]', '["a\tb"]', '["', '["\\', '["\\"', '["\\u00e9\\u00E9"]',
    '{"it\'s":"\\""}',
    # Unicode: letters, marks, emoji, format characters, separators, private use, unassigned, newer than Unicode 14.
    '["\u00e9 \ud55c \u0301 \U0001f600"]', '["\u200b\u200d\u202e\ufeff"]', '["\u2028\u2029\u3000\u2003"]', '["\ue000\U0010fffd"]',
    '["\u0378\uffff\U000e0001"]', '["\U0001fa77\U00031350"]', '"\u200b\u2028\ue000"', "\ufeff{}", "[\u00a01]", "\u00e9",
    # Surrogates: pairs are joined, halves are kept and cannot be printed by themselves.
    '["\\ud83d\\ude00"]', '["\\ud83d"]', '["\\ude00"]', '["\\ude00\\ud83d"]', '["\\ud83d\\ud83d\\ude00"]', '["\\ud83dx\\ude00"]',
    '["\\ud83d\\n\\ude00"]', '["\\uD83D\\uDE00"]', '"\\ud83d\\ude00"', '"\\ud83d"', '"a\\udfffb"', '{"\\ud800":1,"\\ud800":2}',
    # Nesting.
    "[" * 990 + "]" * 990, '{"a":' * 990 + "1" + "}" * 990, "[" * 1000 + "]" * 1000, '{"a":' * 1000 + "1" + "}" * 1000,
]

BYTES = [b"\xff", b'"\xc3"', b'["\xed\xa0\x80"]', b'["\xc0\x80"]', b'\xef\xbb\xbf{}']


def printed(key, value):
    """The line that the original consumer prints, or None where it breaks."""
    try:
        message = SimpleNamespace(topic="topic1", partition=2, offset=34, key=key, value=json.loads(value.decode("utf-8")))
        line = (
            f"Topic : {message.topic}, Partition : {message.partition}, Offset : {message.offset}, "
            f"Key : {message.key}, value : {message.value}\n"
        )
        return line.encode("utf-8").decode("utf-8")
    except (ValueError, RecursionError):
        return None


def printable_hash():
    """One number over str.isprintable of every code point: FNV-1a, 64 bits."""
    state = 0xCBF29CE484222325
    for code_point in range(0x110000):
        state = ((state ^ chr(code_point).isprintable()) * 0x100000001B3) % 2**64
    return f"{state:016x}"


def case(key, value):
    """One recorded case. JSON has no bytes: the key is written in hex, the value as a text or, if it is none, in hex."""
    try:
        recorded = {"value": value.decode("utf-8")}
    except UnicodeDecodeError:
        recorded = {"value_hex": value.hex()}
    return {"key_hex": None if key is None else key.hex(), **recorded, "printed": printed(key, value)}


def main():
    cases = [case(key, b"{}") for key in KEYS]
    cases += [case(None, value.encode("utf-8")) for value in VALUES]
    cases += [case(None, value) for value in BYTES]
    print("{")
    print(f' "python": "{sys.version.split()[0]}",')
    print(f' "printable_fnv1a": "{printable_hash()}",')
    print(' "cases": [')
    print(",\n".join("  " + json.dumps(recorded) for recorded in cases))
    print(" ]\n}")


if __name__ == "__main__":
    main()
