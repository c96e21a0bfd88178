//! A condition in the language of jq, by `jaq`, on a record as one JSON object.
//!
//! ```json
//! {"value":{"total":120},"key":"k1","header":{"env":"prod"},
//!  "topic":"orders","partition":0,"offset":42,"timestamp":1732300000000}
//! ```

mod mistake;

use std::fmt;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, ValT as _, Vars, native};
use jaq_json::{Map, Num, Val};
use jaq_std::ValT as _;

use super::error::FilterError;
use crate::record::Record;
use crate::scan::{Dialect, Kind, Scanner};

type Data = JustLut<Val>;

/// jaq reads and compares nested values by recursion, and a deeper one could overflow the stack.
const MOST_LEVELS: usize = 128;
/// To read an integer of n digits takes a time of n squared.
const MOST_DIGITS: usize = 1_000;

/// A condition on a record.
pub(super) struct Expression {
    program: jaq_core::Filter<Data>,
}

impl Expression {
    /// Reads the expression.
    ///
    /// # Errors
    /// jq would not understand it, or would understand something that cannot be meant.
    pub(super) fn new(code: &str) -> Result<Self, FilterError> {
        mistake::check_size(code)?;
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        // The environment of the process is none of an expression's business.
        let functions = functions.filter(|(name, _, _)| !["env", "fromjson"].contains(name));
        let functions = functions.chain([from_json()]);
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { code, path: () })
            .map_err(|errors| mistake::unreadable(code, errors))?;
        let program = Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map_err(|errors| mistake::undefined(code, errors))?;
        mistake::check_meaning(code)?;
        Ok(Self { program })
    }

    /// Whether the first output for this record is neither false nor null. No output is none.
    ///
    /// # Errors
    /// The expression fails on the record: it looks for a field in a text, for instance.
    pub(super) fn holds(&self, record: &Record<'_>) -> Result<bool, Failure> {
        let context = Ctx::<Data>::new(&self.program.lut, Vars::new([]));
        let mut outputs = self.program.id.run((context, input(record)?));
        match outputs.next() {
            None => Ok(false),
            Some(Ok(output)) => Ok(output.as_bool()),
            Some(Err(exception)) => Err(exception
                .get_err()
                .map_or(Failure::Halted, |error| Failure::Jq(Box::new(error)))),
        }
    }
}

/// Why an expression failed on a record.
#[derive(Debug)]
pub(super) enum Failure {
    Jq(Box<jaq_json::Error>),
    /// `halt`, which would end jq.
    Halted,
    TooDeep,
    TooManyDigits,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jq(error) => match error.clone().into_val() {
                // As it stands, and not in quotes.
                Val::TStr(said) => f.write_str(&String::from_utf8_lossy(&said)),
                said => said.fmt(f),
            },
            Self::Halted => f.write_str("the expression halts"),
            Self::TooDeep => {
                write!(f, "the value is nested more than {MOST_LEVELS} levels deep")
            }
            Self::TooManyDigits => {
                write!(f, "the value has an integer of more than {MOST_DIGITS} digits")
            }
        }
    }
}

/// The record as the expression sees it.
fn input(record: &Record<'_>) -> Result<Val, Failure> {
    let number = |number: Option<i64>| {
        number.map_or(Val::Null, |number| Val::Num(Num::from_integral(number)))
    };
    let headers = record.headers.iter();
    // Of a name that comes twice the last value counts, as it does in JSON.
    let headers: Map<Val, Val> =
        headers.map(|header| (text(header.key), header.value.map_or(Val::Null, text))).collect();
    let fields = [
        ("value", record.value.map_or(Ok(Val::Null), json_or_text)?),
        ("key", record.key.map_or(Val::Null, text)),
        ("header", Val::obj(headers)),
        ("topic", text(record.topic.as_bytes())),
        ("partition", number(record.partition.map(i64::from))),
        ("offset", number(record.offset)),
        ("timestamp", number(record.timestamp.millis())),
    ];
    Ok(Val::obj(fields.into_iter().map(|(name, value)| (Val::utf8_str(name), value)).collect()))
}

/// A text of jaq's may have bytes that are not UTF-8.
fn text(bytes: &[u8]) -> Val {
    Val::utf8_str(bytes.to_vec())
}

fn json_or_text(value: &[u8]) -> Result<Val, Failure> {
    Ok(json(value)?.unwrap_or_else(|| text(value)))
}

/// What these bytes are as JSON, if they are JSON. jaq's own reader takes more, such as comments,
/// and recurses as deep as the value does.
fn json(bytes: &[u8]) -> Result<Option<Val>, Failure> {
    let Ok(tokens) = Scanner::new(bytes, Dialect::Standard) else {
        return Ok(None);
    };
    let (mut level, mut deepest, mut digits) = (0_usize, 0, 0);
    for token in tokens {
        let Ok(token) = token else {
            return Ok(None);
        };
        match token.kind {
            Kind::ObjectStart | Kind::ArrayStart => {
                level += 1;
                deepest = deepest.max(level);
            }
            Kind::ObjectEnd | Kind::ArrayEnd => level -= 1,
            Kind::Integer => digits = digits.max(token.text.len()),
            _ => {}
        }
    }
    if deepest > MOST_LEVELS {
        return Err(Failure::TooDeep);
    }
    if digits > MOST_DIGITS {
        return Err(Failure::TooManyDigits);
    }
    // Half of a surrogate pair, which JSON allows, is no text to jaq.
    Ok(jaq_json::read::parse_single(bytes).ok())
}

/// jq's function `fromjson` for a text that comes from a message: JSON as deep as a value may be.
fn from_json() -> native::Fun<Data> {
    native::run(("fromjson", native::v(0), |(_, text)| native::bome(read(&text))))
}

fn read(text: &Val) -> Result<Val, jaq_json::Error> {
    let bytes = text.try_as_utf8_bytes()?;
    let parsed = json(bytes).map_err(jaq_json::Error::str)?;
    parsed.ok_or_else(|| jaq_json::Error::str(format_args!("cannot parse {text} as JSON")))
}

#[cfg(test)]
mod tests;
