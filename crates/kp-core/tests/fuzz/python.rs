//! A reader of what Python's `repr` prints, as strict as Python itself. It shares no code with the
//! format `seed`, which it reads.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

/// A value as Python prints it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    None,
    Boolean(bool),
    /// As it stands there, `nan` and `inf` too.
    Number(String),
    /// Its code points: half of a surrogate pair has no character.
    Text(Vec<u32>),
    List(Vec<Literal>),
    Dictionary(Vec<(Vec<u32>, Literal)>),
}

impl Literal {
    /// Panics where Python would not read it.
    pub(crate) fn read(text: &str) -> Self {
        let mut rest = text.chars().peekable();
        let literal = read(&mut rest);
        assert_eq!(rest.next(), None, "something behind the value");
        literal
    }

    /// Whether it is what `json.loads` makes of this document.
    pub(crate) fn is(&self, json: &Value) -> bool {
        match (self, json) {
            (Self::None, Value::Null) => true,
            (Self::Boolean(one), Value::Bool(other)) => one == other,
            (Self::Number(text), Value::Number(number)) => is_number(text, number),
            (Self::Text(text), Value::String(other)) => is_text(text, other),
            (Self::List(items), Value::Array(others)) => {
                items.len() == others.len()
                    && items.iter().zip(others).all(|(item, other)| item.is(other))
            }
            (Self::Dictionary(members), Value::Object(others)) => {
                members.len() == others.len()
                    && members.iter().all(|(key, value)| {
                        let mut others = others.iter();
                        others.any(|(other, json)| is_text(key, other) && value.is(json))
                    })
            }
            _ => false,
        }
    }
}

fn is_text(text: &[u32], other: &str) -> bool {
    text.iter().copied().eq(other.chars().map(u32::from))
}

fn is_number(text: &str, json: &serde_json::Number) -> bool {
    if json.is_i64() || json.is_u64() {
        return json.to_string() == text;
    }
    // serde_json reads a float fast and not always to its last bit.
    let (Ok(one), Some(other)) = (text.parse::<f64>(), json.as_f64()) else {
        return false;
    };
    (one - other).abs() <= one.abs() * 1e-14 + 1e-322
}

fn read(rest: &mut Peekable<Chars<'_>>) -> Literal {
    match rest.peek() {
        Some('[') => {
            let mut items = Vec::new();
            list(rest, ']', |rest| items.push(read(rest)));
            Literal::List(items)
        }
        Some('{') => {
            let mut members = Vec::new();
            list(rest, '}', |rest| {
                let key = read_text(rest);
                assert_eq!((rest.next(), rest.next()), (Some(':'), Some(' ')));
                members.push((key, read(rest)));
            });
            let keys: BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
            assert_eq!(keys.len(), members.len(), "a key stands twice");
            Literal::Dictionary(members)
        }
        Some('\'' | '"') => Literal::Text(read_text(rest)),
        _ => read_word(rest),
    }
}

fn list(rest: &mut Peekable<Chars<'_>>, end: char, mut item: impl FnMut(&mut Peekable<Chars<'_>>)) {
    rest.next();
    if rest.next_if_eq(&end).is_some() {
        return;
    }
    loop {
        item(rest);
        match rest.next() {
            Some(',') => assert_eq!(rest.next(), Some(' ')),
            after => {
                assert_eq!(after, Some(end));
                return;
            }
        }
    }
}

fn read_word(rest: &mut Peekable<Chars<'_>>) -> Literal {
    let mut word = String::new();
    while let Some(next) = rest.next_if(|next| !matches!(next, ',' | ']' | '}')) {
        word.push(next);
    }
    match word.as_str() {
        "None" => Literal::None,
        "True" => Literal::Boolean(true),
        "False" => Literal::Boolean(false),
        "nan" | "inf" | "-inf" => Literal::Number(word),
        _ => {
            let is_number =
                word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e'));
            assert!(is_number && word.parse::<f64>().is_ok(), "{word:?} is no number");
            Literal::Number(word)
        }
    }
}

/// The bytes of `b'...'`.
pub(crate) fn read_bytes(repr: &str) -> Vec<u8> {
    assert!(repr.is_ascii(), "{repr}");
    let mut rest = repr.strip_prefix('b').expect("a b").chars().peekable();
    let points = read_text(&mut rest);
    assert_eq!(rest.next(), None, "something behind the bytes");
    let bytes = points.into_iter().map(u8::try_from);
    bytes.collect::<Result<_, _>>().expect("bytes")
}

fn read_text(rest: &mut Peekable<Chars<'_>>) -> Vec<u32> {
    let quote = rest.next().expect("a quote");
    assert!(matches!(quote, '\'' | '"'), "{quote:?} is no quote");
    let mut points = Vec::new();
    loop {
        match rest.next().expect("the closing quote") {
            '\\' => points.push(escaped(rest, quote)),
            end if end == quote => break,
            character => {
                assert!(!character.is_control(), "{character:?} stands in a text");
                points.push(u32::from(character));
            }
        }
    }
    let has = |character: char| points.contains(&u32::from(character));
    assert_eq!(quote == '"', has('\'') && !has('"'), "Python would choose another quote");
    points
}

fn escaped(rest: &mut Peekable<Chars<'_>>, quote: char) -> u32 {
    match rest.next().expect("an escape") {
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        '\\' => 0x5c,
        'x' => hexadecimal(rest, 2),
        'u' => hexadecimal(rest, 4),
        'U' => hexadecimal(rest, 8),
        other => {
            assert_eq!(other, quote, "an escape that Python does not write");
            u32::from(quote)
        }
    }
}

fn hexadecimal(rest: &mut Peekable<Chars<'_>>, digits: usize) -> u32 {
    let text: String = rest.take(digits).collect();
    assert_eq!(text, text.to_lowercase());
    u32::from_str_radix(&text, 16).expect("hexadecimal digits")
}
