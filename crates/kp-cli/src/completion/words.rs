//! The words of a command line that is not finished.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::script::Shell;

/// Stands where no value has been typed yet.
const VALUE: &str = "0";

/// What has been typed so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Typed {
    /// The words; the first is the program.
    pub(super) words: Vec<OsString>,
    /// Which of them is completed; it may be empty.
    pub(super) at: usize,
    /// The beginning of that word which the shell keeps, and does not want in an answer.
    pub(super) kept: Vec<u8>,
}

impl Typed {
    /// The words as the shell passed them, and what stands in its variables.
    pub(super) fn new(shell: Shell, mut words: Vec<OsString>) -> Self {
        let number = |name: &str| std::env::var(name).ok()?.parse::<usize>().ok();
        let at = match shell {
            Shell::Bash => {
                let text = |name: &str| std::env::var_os(name).unwrap_or_default();
                let at = number("_KP_AT").unwrap_or_else(|| words.len().saturating_sub(1));
                let line = Line {
                    text: text("_KP_LINE").into_vec(),
                    word: text("_KP_WORD").into_vec(),
                    breaks: text("_KP_BREAKS").into_vec(),
                };
                return line.whole(words, at);
            }
            Shell::Zsh => number("_CLAP_COMPLETE_INDEX"),
            Shell::Fish => None,
        };
        let at = at.unwrap_or_else(|| words.len().saturating_sub(1)).min(words.len());
        words.resize(words.len().max(at + 1), OsString::new());
        Self { words, at, kept: Vec::new() }
    }

    /// The words as a program would get them. The one that is completed has a value already, so
    /// that the flag before it does not take the next word for it.
    pub(super) fn filled(&self, home: Option<&OsStr>) -> Vec<OsString> {
        let mut words: Vec<_> = self.words.iter().map(|word| expanded(word, home)).collect();
        if let Some(word) = words.get_mut(self.at)
            && (word.is_empty() || word.as_bytes().ends_with(b"="))
        {
            word.push(VALUE);
        }
        words
    }

    /// What has been typed of the word that is completed.
    pub(super) fn current(&self) -> &[u8] {
        self.words.get(self.at).map_or(&[], |word| word.as_bytes())
    }
}

/// What a shell makes of a word in the cases that are typed often: one pair of quotes around it,
/// and the home folder at its beginning.
fn expanded(word: &OsStr, home: Option<&OsStr>) -> OsString {
    let bytes = word.as_bytes();
    let between = |quote: &[u8]| bytes.strip_prefix(quote)?.strip_suffix(quote);
    let (inner, starts): (&[u8], &[&[u8]]) = match (between(b"\""), between(b"'")) {
        (Some(inner), _) => (inner, &[b"$HOME/"]),
        (None, Some(inner)) => (inner, &[]),
        (None, None) => (bytes, &[b"~/", b"$HOME/"]),
    };
    let below = starts.iter().find_map(|start| inner.strip_prefix(*start));
    match (below, home) {
        (Some(below), Some(home)) => OsString::from_vec([home.as_bytes(), b"/", below].concat()),
        _ => OsStr::from_bytes(inner).to_owned(),
    }
}

/// A line of bash, which cuts words at `:` and `=` too.
struct Line {
    text: Vec<u8>,
    /// The last piece up to the cursor.
    word: Vec<u8>,
    breaks: Vec<u8>,
}

impl Line {
    fn is_break(&self, byte: u8) -> bool {
        b":=@".contains(&byte) && self.breaks.contains(&byte)
    }

    fn is_made_of_breaks(&self, piece: &OsStr) -> bool {
        !piece.is_empty() && piece.as_bytes().iter().all(|byte| self.is_break(*byte))
    }

    /// Puts together what stands together in the line, up to the piece at the cursor.
    fn whole(&self, mut pieces: Vec<OsString>, at: usize) -> Typed {
        let at = at.min(pieces.len());
        pieces.resize(at + 1, OsString::new());
        let mut words: Vec<OsString> = Vec::new();
        let mut rest = self.text.as_slice();
        let mut is_after_break = false;
        for (number, piece) in pieces.into_iter().enumerate() {
            let trimmed = rest.trim_ascii_start();
            let is_apart = trimmed.len() < rest.len();
            let is_break = self.is_made_of_breaks(&piece);
            rest = trimmed.strip_prefix(piece.as_bytes()).unwrap_or(trimmed);
            // Of the piece at the cursor only what stands before the cursor.
            let piece = match number == at && !is_break {
                true => OsString::from_vec(self.word.clone()),
                false => piece,
            };
            match words.last_mut() {
                Some(word) if !is_apart && (is_break || is_after_break) => word.push(piece),
                _ => words.push(piece),
            }
            is_after_break = is_break;
        }
        let at = words.len().saturating_sub(1);
        let mut kept = words.last().map_or_else(Vec::new, |word| word.as_bytes().to_vec());
        let end = kept.iter().rposition(|byte| self.is_break(*byte)).map_or(0, |place| place + 1);
        kept.truncate(end);
        Typed { words, at, kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What bash passes for a line with the cursor at its end, and what is made of it.
    fn of(line: &str, pieces: &[&str]) -> (Vec<String>, String) {
        let last = pieces.last().copied().unwrap_or_default();
        let is_break = !last.is_empty() && last.bytes().all(|byte| b":=@".contains(&byte));
        let line = Line {
            text: line.as_bytes().to_vec(),
            word: if is_break { Vec::new() } else { last.as_bytes().to_vec() },
            breaks: b" \t\n\"'@><=;|&(:".to_vec(),
        };
        let typed = line.whole(pieces.iter().map(OsString::from).collect(), pieces.len() - 1);
        assert_eq!(typed.at + 1, typed.words.len());
        let words = typed.words.iter().map(|word| word.to_str().unwrap().to_owned()).collect();
        (words, String::from_utf8(typed.kept).unwrap())
    }

    #[test]
    fn a_place_behind_the_last_word_is_the_next_word() {
        let line = Line { text: b"kp".to_vec(), word: Vec::new(), breaks: Vec::new() };
        assert_eq!(line.whole(vec!["kp".into()], usize::MAX).words, ["kp", ""]);
    }

    #[test]
    fn a_word_is_read_as_the_shell_would() {
        for (typed, read) in [
            ("~/c.toml", "/h/c.toml"),
            ("$HOME/c.toml", "/h/c.toml"),
            ("\"$HOME/c.toml\"", "/h/c.toml"),
            ("\"/abs/c.toml\"", "/abs/c.toml"),
            ("'$HOME/c'", "$HOME/c"),
            ("\"~/c\"", "~/c"),
            ("\"", "\""),
            ("a~/b", "a~/b"),
        ] {
            assert_eq!(expanded(OsStr::new(typed), Some(OsStr::new("/h"))), read, "{typed}");
            assert!(!expanded(OsStr::new(typed), None).is_empty(), "{typed}");
        }
    }

    #[test]
    fn a_word_that_is_not_there_yet_has_a_value() {
        let filled = |words: &[&str], at| {
            let words = words.iter().map(OsString::from).collect();
            Typed { words, at, kept: Vec::new() }.filled(None)
        };
        assert_eq!(filled(&["kp", "-t", "", "-b", "h"], 2), ["kp", "-t", "0", "-b", "h"]);
        assert_eq!(filled(&["kp", "--topic=", "-b", "h"], 1), ["kp", "--topic=0", "-b", "h"]);
        assert_eq!(filled(&["kp", "-t", "o", "-b", "h"], 2), ["kp", "-t", "o", "-b", "h"]);
    }

    #[test]
    fn an_address_is_one_word_again() {
        let pieces = ["kp", "-b", "localhost", ":", "9092", "topics", ""];
        let (words, kept) = of("kp -b localhost:9092 topics ", &pieces);
        assert_eq!(words, ["kp", "-b", "localhost:9092", "topics", ""]);
        assert_eq!(kept, "");
    }

    #[test]
    fn of_a_word_with_breaks_bash_keeps_what_stands_before_the_last_one() {
        for (line, pieces, words, kept) in [
            ("kp --topic=o", &["kp", "--topic", "=", "o"][..], "kp --topic=o", "--topic="),
            ("kp --topic=", &["kp", "--topic", "="], "kp --topic=", "--topic="),
            ("kp --set a=b:c", &["kp", "--set", "a", "=", "b", ":", "c"], "kp --set a=b:c", "a=b:"),
            ("kp -b h: x", &["kp", "-b", "h", ":", "x"], "kp -b h: x", ""),
            ("kp ==", &["kp", "=="], "kp ==", "=="),
        ] {
            assert_eq!(
                of(line, pieces),
                (words.split(' ').map(str::to_owned).collect(), kept.to_owned()),
                "{line}"
            );
        }
    }
}
