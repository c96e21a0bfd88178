//! Sizes as people write them: `100`, `1KiB`, `10MB`.

use crate::rate::decimal;

/// Reads a number of bytes, bare or with its unit: `B`, `kB`, `MB`, `KiB` or `MiB`.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let unit_starts = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_starts);
    let bytes = match unit.trim_start() {
        "" | "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    decimal(number, bytes)
}

/// Writes a number of bytes in the largest of `MiB`, `KiB` and `B` that keeps it whole.
pub(crate) fn format(bytes: u64) -> String {
    match bytes {
        _ if bytes > 0 && bytes.is_multiple_of(1 << 20) => format!("{}MiB", bytes >> 20),
        _ if bytes > 0 && bytes.is_multiple_of(1 << 10) => format!("{}KiB", bytes >> 10),
        _ => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_of_bytes_with_or_without_a_unit() {
        for (text, bytes) in [
            ("100", 100),
            ("100B", 100),
            ("1kB", 1_000),
            ("1KiB", 1_024),
            ("1.5KiB", 1_536),
            ("2 MiB", 2 << 20),
            ("3MB", 3_000_000),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
            assert_eq!(parse(&format(bytes)), Some(bytes), "{text}");
        }
        for text in
            ["", "B", "1K", "1KB", "1k", "-1", "1.5", "1GiB", "1.B", "999999999999999999MiB"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
