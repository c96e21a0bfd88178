//! Python's `repr` of `bytes`: `b'key'`.

use super::text::{quote_for, write_hex};

pub(super) fn write_repr(bytes: &[u8], out: &mut Vec<u8>) {
    let quote = quote_for(bytes);
    out.extend_from_slice(&[b'b', quote]);
    for &byte in bytes {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ if byte == quote => out.extend_from_slice(&[b'\\', quote]),
            b' '..=b'~' => out.push(byte),
            _ => write_hex(b'x', u32::from(byte), 2, out),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_printed_as_python_does() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "b''"),
            (b"key", "b'key'"),
            (b"it's", "b\"it's\""),
            (b"\"", "b'\"'"),
            (b"'\"", "b'\\'\"'"),
            (b"\t\n\r\\", "b'\\t\\n\\r\\\\'"),
            (b"\0\x1f\x7f\x80\xff~ ", "b'\\x00\\x1f\\x7f\\x80\\xff~ '"),
            ("é".as_bytes(), "b'\\xc3\\xa9'"),
        ];
        for (key, expected) in cases {
            let mut out = Vec::new();
            write_repr(key, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), *expected);
        }
    }
}
