//! JSON as a flat run of tokens: checked completely, never built into a tree.
//!
//! The scanner is a loop over one state and a stack of one bit per open bracket. So no nesting can
//! overflow the program's stack, and up to 64 levels need no allocation. The grammar is that of RFC
//! 8259. It is not `serde_json`, because the formats need the source's own tokens, Python's three
//! further constants, and the byte where a document breaks.

mod nesting;

use crate::bad_message::BadValue;
use nesting::{Container, Nesting};

/// Whose JSON is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// RFC 8259.
    Standard,
    /// What Python's `json.loads` accepts: `NaN`, `Infinity` and `-Infinity` besides.
    Python,
}

/// One token, with its own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// As it stands in the document; strings with their quotes.
    pub(crate) text: &'a str,
    /// The byte of the document where it starts.
    pub(crate) start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Comma,
    Colon,
    /// The name of an object's member.
    Key,
    String,
    /// A number without fraction and exponent.
    Integer,
    /// A number with fraction or exponent.
    Float,
    /// `true`, `false`, `null`, and the constants of [`Dialect::Python`].
    Constant,
}

/// What may stand next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// Iterates over the tokens of one document, until it ends or breaks.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    dialect: Dialect,
    at: usize,
    expect: Expect,
    nesting: Nesting,
}

impl<'a> Scanner<'a> {
    /// # Errors
    ///
    /// The bytes are not UTF-8.
    pub(crate) fn new(document: &'a [u8], dialect: Dialect) -> Result<Self, BadValue> {
        let text = std::str::from_utf8(document)
            .map_err(|error| BadValue::NotUtf8 { byte: error.valid_up_to() })?;
        Ok(Self { text, dialect, at: 0, expect: Expect::Value, nesting: Nesting::default() })
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().position(|&byte| !skipped(byte));
        self.at += count.unwrap_or(rest.len());
    }

    fn expected(&self, expected: &'static str) -> BadValue {
        BadValue::NotJson { expected, byte: self.at }
    }

    fn unexpected(&self) -> BadValue {
        self.expected(match (self.expect, self.nesting.innermost()) {
            (Expect::Value, _) => "a value",
            (Expect::ValueOrEnd, _) => "a value or `]`",
            (Expect::Key, _) => "a key in quotes",
            (Expect::KeyOrEnd, _) => "a key in quotes or `}`",
            (Expect::Colon, _) => "`:`",
            (Expect::CommaOrEnd, Some(Container::Array)) => "`,` or `]`",
            (Expect::CommaOrEnd, _) => "`,` or `}`",
            (Expect::Nothing, _) => "nothing more",
        })
    }

    fn token(&mut self, first: u8) -> Result<Token<'a>, BadValue> {
        let start = self.at;
        let kind = match (self.expect, first) {
            (Expect::ValueOrEnd, b']') => self.close(Kind::ArrayEnd),
            (Expect::KeyOrEnd, b'}') => self.close(Kind::ObjectEnd),
            (Expect::CommaOrEnd, b']') if self.inside(Container::Array) => {
                self.close(Kind::ArrayEnd)
            }
            (Expect::CommaOrEnd, b'}') if self.inside(Container::Object) => {
                self.close(Kind::ObjectEnd)
            }
            (Expect::CommaOrEnd, b',') if self.inside(Container::Object) => {
                self.punctuation(Kind::Comma, Expect::Key)
            }
            (Expect::CommaOrEnd, b',') => self.punctuation(Kind::Comma, Expect::Value),
            (Expect::Colon, b':') => self.punctuation(Kind::Colon, Expect::Value),
            (Expect::Key | Expect::KeyOrEnd, b'"') => {
                self.string()?;
                self.expect = Expect::Colon;
                Kind::Key
            }
            (Expect::Value | Expect::ValueOrEnd, _) => self.value(first)?,
            _ => return Err(self.unexpected()),
        };
        Ok(Token { kind, text: &self.text[start..self.at], start })
    }

    fn value(&mut self, first: u8) -> Result<Kind, BadValue> {
        let kind = match first {
            b'{' => return Ok(self.open(Container::Object, Expect::KeyOrEnd, Kind::ObjectStart)),
            b'[' => return Ok(self.open(Container::Array, Expect::ValueOrEnd, Kind::ArrayStart)),
            b'"' => {
                self.string()?;
                Kind::String
            }
            b'0'..=b'9' => self.number()?,
            _ if self.constant() => Kind::Constant,
            b'-' => self.number()?,
            _ => return Err(self.unexpected()),
        };
        self.value_ended();
        Ok(kind)
    }

    fn value_ended(&mut self) {
        self.expect = match self.nesting.innermost() {
            Some(_) => Expect::CommaOrEnd,
            None => Expect::Nothing,
        };
    }

    fn inside(&self, container: Container) -> bool {
        self.nesting.innermost() == Some(container)
    }

    fn open(&mut self, container: Container, expect: Expect, kind: Kind) -> Kind {
        self.nesting.push(container);
        self.punctuation(kind, expect)
    }

    fn close(&mut self, kind: Kind) -> Kind {
        self.nesting.pop();
        self.at += 1;
        self.value_ended();
        kind
    }

    fn punctuation(&mut self, kind: Kind, expect: Expect) -> Kind {
        self.at += 1;
        self.expect = expect;
        kind
    }

    fn string(&mut self) -> Result<(), BadValue> {
        self.at += 1;
        loop {
            self.skip(|byte| byte != b'"' && byte != b'\\' && byte >= 0x20);
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.expected("an escape for the control character")),
                None => return Err(self.expected("the closing quote")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), BadValue> {
        self.at += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.byte().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.expected("a hexadecimal digit"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.expected("a JSON escape")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Kind, BadValue> {
        let mut kind = Kind::Integer;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            kind = Kind::Float;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            kind = Kind::Float;
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(kind)
    }

    fn digits(&mut self) -> Result<(), BadValue> {
        let start = self.at;
        self.skip(|byte| byte.is_ascii_digit());
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(())
    }

    fn constant(&mut self) -> bool {
        let constants: &[&str] = match self.dialect {
            Dialect::Standard => &["true", "false", "null"],
            Dialect::Python => &["true", "false", "null", "NaN", "Infinity", "-Infinity"],
        };
        let rest = &self.text.as_bytes()[self.at..];
        let found = constants.iter().find(|constant| rest.starts_with(constant.as_bytes()));
        self.at += found.map_or(0, |constant| constant.len());
        found.is_some()
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Result<Token<'a>, BadValue>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        match self.byte() {
            Some(first) => Some(self.token(first)),
            None if self.expect == Expect::Nothing => None,
            None => Some(Err(self.unexpected())),
        }
    }
}

#[cfg(test)]
mod tests;
