//! Values of an exact size. They are JSON, and random letters fill them up.

use rand::Rng as _;

use crate::chance::Chance;

const BEFORE_NUMBER: &[u8] = br#"{"str":"result"#;
const BEFORE_LETTERS: &[u8] = br#"","pad":""#;
const END: &[u8] = br#""}"#;
/// A number has so many digits at most.
const DIGITS: usize = 20;
/// The least size that has room for the number of each message.
const WITH_NUMBER: usize = BEFORE_NUMBER.len() + DIGITS + BEFORE_LETTERS.len() + END.len();

/// 32 letters and digits: five bits of chance each. So a value packs to five eighths at best, much
/// as the capital letters of kafka-producer-perf-test do.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Two letters for each ten bits, which makes a value of 1 KiB in 0.6 microseconds.
const PAIRS: [[u8; 2]; 1024] = {
    let mut pairs = [[0; 2]; 1024];
    let mut bits = 0;
    while bits < 1024 {
        pairs[bits] = [LETTERS[bits / 32], LETTERS[bits % 32]];
        bits += 1;
    }
    pairs
};

/// Makes values of one size.
pub(crate) struct Filler {
    size: usize,
    chance: Chance,
}

impl Filler {
    /// For values of so many bytes, one at least.
    pub(crate) fn new(size: usize, chance: Chance) -> Self {
        Self { size, chance }
    }

    /// Appends the value of message `number`. From 45 bytes on it is an object with the number in
    /// it; a shorter one is a string of letters, or one digit.
    pub(crate) fn fill(&mut self, number: u64, out: &mut Vec<u8>) {
        let end = out.len() + self.size;
        match self.size {
            0 => {}
            1 => out.push(b'0' + (number % 10) as u8),
            2..WITH_NUMBER => {
                out.push(b'"');
                self.letters(end - 1, out);
                out.push(b'"');
            }
            _ => {
                out.extend_from_slice(BEFORE_NUMBER);
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
                out.extend_from_slice(BEFORE_LETTERS);
                self.letters(end - END.len(), out);
                out.extend_from_slice(END);
            }
        }
    }

    /// Appends letters up to this length.
    fn letters(&mut self, end: usize, out: &mut Vec<u8>) {
        while out.len() < end {
            let mut bits = self.chance.next_u64();
            let mut twelve = [0; 12];
            for pair in twelve.chunks_exact_mut(2) {
                pair.copy_from_slice(&PAIRS[(bits % 1024) as usize]);
                bits >>= 10;
            }
            let wanted = (end - out.len()).min(twelve.len());
            out.extend_from_slice(&twelve[..wanted]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::from_seed;

    #[test]
    fn a_value_is_json_of_exactly_the_size_with_its_number_where_that_has_room() {
        assert_eq!(WITH_NUMBER, 45);
        let mut out = Vec::new();
        for size in (1..200).chain([1024, 100_000]) {
            let mut filler = Filler::new(size, from_seed(1, 0));
            for number in [0, 7, 12_345, u64::MAX] {
                out.clear();
                filler.fill(number, &mut out);
                assert_eq!(out.len(), size);
                let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
                if size >= WITH_NUMBER {
                    assert_eq!(value["str"], format!("result{number}"));
                }
            }
        }
    }

    #[test]
    fn all_letters_come_and_two_values_differ() {
        let mut filler = Filler::new(4096, from_seed(1, 0));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        filler.fill(1, &mut first);
        filler.fill(1, &mut second);
        assert_ne!(first, second);
        assert!(LETTERS.iter().all(|letter| first[30..].contains(letter)));
    }
}
