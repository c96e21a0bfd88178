//! Numbers as Python reads and prints them.

use crate::{
    bad_message::{BadValue, MAX_INTEGER_DIGITS},
    encoding,
    scan::Token,
};

/// An integer is printed to the last digit; only `-0` becomes `0`.
pub(super) fn write_integer(token: Token<'_>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let digits = token.text.trim_start_matches('-').len();
    if digits > MAX_INTEGER_DIGITS {
        return Err(BadValue::IntegerTooLong { digits, byte: token.start });
    }
    let text = if token.text == "-0" { "0" } else { token.text };
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// A float is printed with the fewest digits that read back as the same float.
pub(super) fn write_float(token: Token<'_>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let number: f64 = token
        .text
        .parse()
        .map_err(|_| BadValue::NotJson { expected: "a number", byte: token.start })?;
    if number.is_sign_negative() {
        out.push(b'-');
    }
    match Decimal::shortest(number.abs()) {
        Some(decimal) => decimal.write(out),
        None => out.extend_from_slice(b"inf"),
    }
    Ok(())
}

/// A number as its digits and the place of its point: 12.5 is `125` and 2, 0.05 is `5` and -1.
struct Decimal {
    /// Without zeros at either end; empty for zero.
    digits: String,
    point: isize,
}

impl Decimal {
    /// Where two shortest decimals are equally near, zmij takes the even one, as Python does;
    /// `f64`'s own formatting takes the upper one (2 to the power of -25 shows it).
    fn shortest(magnitude: f64) -> Option<Self> {
        if !magnitude.is_finite() {
            return None;
        }
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(magnitude);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let significant = all.trim_start_matches('0');
        let point_in_significant = significant.len().cast_signed() - fraction.len().cast_signed();
        Some(Self {
            digits: significant.trim_end_matches('0').to_owned(),
            point: point_in_significant + exponent.parse::<isize>().ok()?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let Some((first, rest)) = self.digits.split_at_checked(1) else {
            out.extend_from_slice(b"0.0");
            return;
        };
        match self.point {
            1..=16 => {
                let point = self.point.unsigned_abs();
                let (whole, fraction) = self.digits.split_at(point.min(self.digits.len()));
                out.extend_from_slice(whole.as_bytes());
                write_zeros(point - whole.len(), out);
                out.push(b'.');
                out.extend_from_slice(if fraction.is_empty() { b"0" } else { fraction.as_bytes() });
            }
            -3..=0 => {
                out.extend_from_slice(b"0.");
                write_zeros(self.point.unsigned_abs(), out);
                out.extend_from_slice(self.digits.as_bytes());
            }
            _ => {
                out.extend_from_slice(first.as_bytes());
                if !rest.is_empty() {
                    out.push(b'.');
                    out.extend_from_slice(rest.as_bytes());
                }
                let exponent = self.point - 1;
                out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
                if exponent.abs() < 10 {
                    out.push(b'0');
                }
                encoding::write_integer(exponent.abs(), out);
            }
        }
    }
}

fn write_zeros(count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, b'0');
}
