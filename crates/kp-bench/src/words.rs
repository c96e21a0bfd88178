//! Words for commands and names.

/// Words of a command line.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// `2 M`, `100 k`, `7`.
pub(super) fn short(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        _ if count.is_multiple_of(1_000_000) => format!("{} M", count / 1_000_000),
        _ => format!("{} k", count / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        let counts = [7, 1_000, 300_000, 2_000_000].map(short);
        assert_eq!(counts, ["7", "1 k", "300 k", "2 M"]);
    }
}
