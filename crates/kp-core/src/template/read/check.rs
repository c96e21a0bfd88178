//! Whether a template can be read back.

use super::super::{Part, Template};

/// Why records cannot be read by a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template `{template}` cannot be read back: {reason}")]
pub struct UnreadableTemplate {
    /// The template as given.
    template: String,
    /// What is ambiguous or missing, and what would mend it.
    reason: String,
}

/// The token of a part.
pub(super) fn name(part: &Part) -> &'static str {
    match part {
        Part::Literal(_) => "the text",
        Part::Topic => "%t",
        Part::Partition => "%p",
        Part::Offset => "%o",
        Part::Key => "%k",
        Part::KeyLength => "%K",
        Part::Value => "%s",
        Part::ValueLength => "%S",
        Part::ValueLengthBinary => "%R",
        Part::Timestamp => "%T",
        Part::Time => "%d",
        Part::Headers => "%h",
    }
}

pub(super) fn check(template: &Template) -> Result<(), UnreadableTemplate> {
    match reason(&template.parts) {
        None => Ok(()),
        Some(reason) => Err(UnreadableTemplate { template: template.to_string(), reason }),
    }
}

/// Why these parts cannot be read back, if so.
fn reason(parts: &[Part]) -> Option<String> {
    if !parts.contains(&Part::Value) {
        return Some("it has no value; put %s where the value stands".to_owned());
    }
    for (index, part) in parts.iter().enumerate() {
        let before = &parts[..index];
        if !matches!(part, Part::Literal(_)) && before.contains(part) {
            return Some(format!("{} stands twice; keep one of them", name(part)));
        }
        if *part == Part::ValueLength && before.contains(&Part::ValueLengthBinary)
            || *part == Part::ValueLengthBinary && before.contains(&Part::ValueLength)
        {
            return Some("%S and %R are the same length; keep one of them".to_owned());
        }
        // What stands behind the last part is the next record.
        let behind = parts.get(index + 1);
        let next = behind.or(parts.first());
        let reason = match part {
            Part::Literal(_) | Part::ValueLengthBinary => None,
            Part::Time => Some("%d is for people; write %T for the time".to_owned()),
            Part::Partition
            | Part::Offset
            | Part::KeyLength
            | Part::ValueLength
            | Part::Timestamp => may_begin_with_digit(next).then(|| after_number(part, behind)),
            Part::Topic | Part::Key | Part::Value | Part::Headers => {
                let has_length = length_of(part).iter().any(|length| before.contains(length));
                let is_bounded = has_length || matches!(behind, Some(Part::Literal(_)));
                (!is_bounded).then(|| after_bytes(part, behind))
            }
        };
        if reason.is_some() {
            return reason;
        }
    }
    None
}

/// The parts that say how long this one is.
fn length_of(part: &Part) -> &'static [Part] {
    match part {
        Part::Key => &[Part::KeyLength],
        Part::Value => &[Part::ValueLength, Part::ValueLengthBinary],
        _ => &[],
    }
}

fn may_begin_with_digit(part: Option<&Part>) -> bool {
    match part {
        Some(Part::Literal(text)) => text.first().is_none_or(u8::is_ascii_digit),
        _ => true,
    }
}

fn after_number(part: &Part, behind: Option<&Part>) -> String {
    let name = name(part);
    match behind {
        None => format!(
            "{name} is a number, and the next record may go on with a digit; end the template with \\n"
        ),
        Some(Part::Literal(_)) => {
            format!("{name} is a number, and a digit follows it; put another text between")
        }
        Some(behind) => format!(
            "{name} is a number, and {} behind it may begin with a digit; put a text between, such as a space",
            self::name(behind)
        ),
    }
}

fn after_bytes(part: &Part, behind: Option<&Part>) -> String {
    let name = name(part);
    let place = match behind {
        None => format!(
            "nothing stands behind {name}, so nothing says where it ends; end the template with \\n"
        ),
        Some(behind) => format!(
            "nothing stands between {name} and {}, so nothing says where {name} ends; put a text between",
            self::name(behind)
        ),
    };
    match length_of(part).first() {
        Some(length) => format!("{place}, or its length {} before it", self::name(length)),
        None => place,
    }
}
