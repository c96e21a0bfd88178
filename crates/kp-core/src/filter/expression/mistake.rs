//! What is wrong with an expression: where it breaks, and what to write instead.

use jaq_core::compile::{self, Undefined};
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::load::{self, lex, parse};
use jaq_core::path::Part;

use crate::filter::error::FilterError;
use crate::nearest::did_you_mean;

/// What a record has.
const FIELDS: [&str; 7] = ["value", "key", "header", "topic", "partition", "offset", "timestamp"];
/// jaq reads an expression by recursion, so that one of many words and signs could overflow the
/// stack: in a debug build each takes more than 4 KiB of it.
pub(super) const MOST_PARTS: usize = 300;
/// So much of the expression is shown where it breaks.
const SHOWN: usize = 20;

/// # Errors
/// The expression is longer than can be read.
pub(super) fn check_size(code: &str) -> Result<(), FilterError> {
    let words = code.split(|letter: char| !is_of_name(letter)).filter(|word| !word.is_empty());
    let signs = code.chars().filter(|letter| !is_of_name(*letter) && !letter.is_whitespace());
    let parts = words.count() + signs.count();
    if parts > MOST_PARTS {
        let problem = format!(
            "the expression has {parts} words and signs, and at most {MOST_PARTS} can be read; --where may be given several times"
        );
        return Err(FilterError::Meant { problem });
    }
    Ok(())
}

/// The first mistake that was found when the expression was read.
pub(super) fn unreadable(code: &str, errors: load::Errors<&str, ()>) -> FilterError {
    let first = errors.into_iter().next().map(|(_, error)| error);
    match first {
        Some(load::Error::Lex(errors)) => errors.into_iter().next().map(|(expected, found)| {
            let advice = match (&expected, found.chars().next()) {
                (lex::Expect::Token, Some('&')) => "; write `and` for &&",
                (lex::Expect::Token, Some('\'')) => "; a text stands in double quotes",
                _ => "",
            };
            let problem = match expected {
                lex::Expect::Token => "this means nothing in jq".to_owned(),
                _ => format!("expected a {}", expected.as_str()),
            };
            broken(code, found, problem, advice)
        }),
        Some(load::Error::Parse(errors)) => errors.into_iter().next().map(|(expected, found)| {
            broken(code, found, expected_here(&expected), after(code, found))
        }),
        Some(load::Error::Io(modules)) => modules
            .into_iter()
            .next()
            .map(|(module, _)| broken(code, module, "no module can be read".to_owned(), "")),
        None => None,
    }
    .unwrap_or_else(|| broken(code, "", "it cannot be read".to_owned(), ""))
}

fn expected_here(expected: &parse::Expect<&str>) -> String {
    match expected {
        parse::Expect::Term => {
            "expected a field, a number, a text in quotes or a function".to_owned()
        }
        parse::Expect::Nothing => "expected an operator such as ==, and, or, |".to_owned(),
        other => format!("expected {}", other.as_str()),
    }
}

/// What to write instead, by what stands there.
fn after(code: &str, found: &str) -> &'static str {
    let before = offset(code, found).and_then(|at| code.get(..at)).unwrap_or(code);
    match found {
        _ if found.starts_with("||") || (found == "|" && before.ends_with('|')) => {
            "; write `or` for ||"
        }
        "" if code.trim().is_empty() => "; write a condition such as '.value.total > 100'",
        _ => "",
    }
}

/// The first name that means nothing.
pub(super) fn undefined(code: &str, errors: compile::Errors<&str, ()>) -> FilterError {
    let first = errors.into_iter().flat_map(|(_, names)| names).next();
    let Some((name, kind)) = first else {
        return broken(code, "", "it cannot be compiled".to_owned(), "");
    };
    let before = offset(code, name).and_then(|at| code.get(..at)).unwrap_or_default();
    let field = before.rsplit(|letter: char| !is_of_name(letter) && letter != '-').next();
    let advice = match (&kind, field) {
        (Undefined::Filter(0), Some(field)) if field.ends_with('-') && field.len() > 1 => {
            format!("; a name with - stands in quotes: .\"{field}{name}\"")
        }
        (Undefined::Filter(0), _) => {
            format!(
                "; as a text it stands in quotes: \"{name}\", as a field behind a dot: .value.{name}"
            )
        }
        _ => String::new(),
    };
    let problem = match kind {
        Undefined::Filter(0) => format!("jq has no function {name}"),
        Undefined::Filter(count) => format!("jq has no function {name} with {count} arguments"),
        other => format!("there is no {} {name}", other.as_str()),
    };
    broken(code, name, problem, &advice)
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn broken(code: &str, found: &str, problem: String, advice: &str) -> FilterError {
    let place = match offset(code, found).and_then(|at| Some((code.get(..at)?, code.get(at..)?))) {
        Some((before, rest)) if !rest.is_empty() => {
            let shown: String = rest.chars().take(SHOWN).collect();
            format!("at character {} (`{shown}`)", before.chars().count() + 1)
        }
        _ => "at its end".to_owned(),
    };
    FilterError::Expression { place, problem, advice: advice.to_owned() }
}

/// Where a part of the expression stands in it.
fn offset(code: &str, part: &str) -> Option<usize> {
    let start = (part.as_ptr() as usize).checked_sub(code.as_ptr() as usize)?;
    (start + part.len() <= code.len()).then_some(start)
}

/// Looks for what jq understands and nobody means: a condition that sets a field, or that looks for
/// a field that no record has.
///
/// # Errors
/// The first of them.
pub(super) fn check_meaning(code: &str) -> Result<(), FilterError> {
    load::parse(code, |parser| parser.term()).map_or(Ok(()), |term| check_term(&term))
}

/// Looks at what is a part of the condition and has the record as its input.
fn check_term(term: &Term<&str>) -> Result<(), FilterError> {
    match term {
        Term::BinOp(
            _,
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt,
            _,
        ) => {
            let problem = "the expression sets a field, as = and |= do, and is true for every message; to compare, write ==";
            Err(FilterError::Meant { problem: problem.to_owned() })
        }
        // What stands behind it has another input.
        Term::BinOp(left, BinaryOp::Pipe(_), _) => check_term(left),
        Term::BinOp(left, _, right) => check_term(left).and_then(|()| check_term(right)),
        Term::Neg(inner) => check_term(inner),
        Term::Path(start, path) if matches!(**start, Term::Id) => match path.0.first() {
            Some((Part::Index(Term::Str(None, name)), _)) => match name.as_slice() {
                [lex::StrPart::Str(name)] => check_field(name),
                _ => Ok(()),
            },
            _ => Ok(()),
        },
        Term::Path(start, _) => check_term(start),
        _ => Ok(()),
    }
}

fn check_field(name: &str) -> Result<(), FilterError> {
    if FIELDS.contains(&name) {
        return Ok(());
    }
    let problem = format!(
        "a record has no field .{name}{}; it has .{}; a field of the value is .value.{name}",
        did_you_mean(name, &FIELDS),
        FIELDS.join(", .")
    );
    Err(FilterError::Meant { problem })
}
