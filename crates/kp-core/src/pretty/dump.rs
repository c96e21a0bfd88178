//! Bytes that are no text: 16 a line, with their place and the letters among them.

use std::io::Write as _;

use super::indent::indent;

const A_LINE: usize = 16;

/// Appends lines of at most 80 columns.
pub(super) fn write(bytes: &[u8], out: &mut Vec<u8>) {
    for (number, line) in bytes.chunks(A_LINE).enumerate() {
        indent(0, out);
        // Writing into memory cannot fail.
        let _ = write!(out, "{:06x} ", number * A_LINE);
        for at in 0..A_LINE {
            if at == A_LINE / 2 {
                out.push(b' ');
            }
            let _ = match line.get(at) {
                Some(byte) => write!(out, " {byte:02x}"),
                None => write!(out, "   "),
            };
        }
        out.extend_from_slice(b"  |");
        let letter = |byte: &u8| match byte {
            b' '..=b'~' => *byte,
            _ => b'.',
        };
        out.extend(line.iter().map(letter));
        out.extend_from_slice(b"|\n");
    }
}
