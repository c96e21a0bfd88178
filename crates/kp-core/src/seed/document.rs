//! A JSON document as Python prints what `json.loads` makes of it.
//!
//! It goes token by token, without a tree in between. Of members with the same key Python's objects
//! keep the first one's place and the last one's value. Two texts have the same `repr` exactly if
//! they are equal, so that is settled at the end of each object, on what has been written.

use super::{number, text};
use crate::{
    bad_message::{BadValue, MAX_DEPTH},
    scan::{Dialect, Kind, Scanner, Token},
};

pub(super) fn write(document: &[u8], out: &mut Vec<u8>) -> Result<(), BadValue> {
    let mut depth = 0;
    let mut objects = OpenObjects::default();
    for token in Scanner::new(document, Dialect::Python)? {
        let token = token?;
        match token.kind {
            Kind::ObjectStart => {
                depth = deeper(depth, token)?;
                out.push(b'{');
                objects.open();
            }
            Kind::ObjectEnd => {
                depth -= 1;
                objects.close(out);
                out.push(b'}');
            }
            Kind::ArrayStart => {
                depth = deeper(depth, token)?;
                out.push(b'[');
            }
            Kind::ArrayEnd => {
                depth -= 1;
                out.push(b']');
            }
            Kind::Comma => out.extend_from_slice(SEPARATOR),
            Kind::Colon => out.extend_from_slice(b": "),
            Kind::Key => {
                let start = out.len();
                text::write_repr(token.text, out);
                objects.members.push(Member { start, key_end: out.len() });
            }
            Kind::String if depth == 0 => text::write_str(token.text, out)?,
            Kind::String => text::write_repr(token.text, out),
            Kind::Integer => number::write_integer(token, out)?,
            Kind::Float => number::write_float(token, out)?,
            Kind::Constant => out.extend_from_slice(constant(token.text).as_bytes()),
        }
    }
    Ok(())
}

const SEPARATOR: &[u8] = b", ";

fn deeper(depth: usize, token: Token<'_>) -> Result<usize, BadValue> {
    if depth == MAX_DEPTH {
        return Err(BadValue::NestedTooDeep { byte: token.start });
    }
    Ok(depth + 1)
}

fn constant(json: &str) -> &str {
    match json {
        "true" => "True",
        "false" => "False",
        "null" => "None",
        "NaN" => "nan",
        "Infinity" => "inf",
        "-Infinity" => "-inf",
        other => other,
    }
}

/// Where a member of an object has been written. It ends where the next one, or the object, ends.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
}

/// The members of all objects that are open, the innermost object's last.
#[derive(Debug, Default)]
struct OpenObjects {
    members: Vec<Member>,
    /// For each open object, how many members stood before its own.
    first_members: Vec<usize>,
}

impl OpenObjects {
    fn open(&mut self) {
        self.first_members.push(self.members.len());
    }

    /// Ends the innermost object, whose members are the end of `out`.
    fn close(&mut self, out: &mut Vec<u8>) {
        let first = self.first_members.pop().unwrap_or_default();
        merge_repeated(&self.members[first..], out);
        self.members.truncate(first);
    }
}

/// Gives the first of the members with the same key the last one's value, and removes the others.
fn merge_repeated(members: &[Member], out: &mut Vec<u8>) {
    if members.len() < 2 {
        return;
    }
    let body_start = members[0].start;
    let key = |index: usize| &out[members[index].start..members[index].key_end];
    let mut by_key: Vec<usize> = (0..members.len()).collect();
    by_key.sort_unstable_by_key(|&index| (key(index), index));
    let runs = || by_key.chunk_by(|&one, &other| key(one) == key(other));
    if runs().all(|run| run.len() == 1) {
        return;
    }

    // For each member, the one whose value stands in its place; none for those that go.
    let mut value_of = vec![None; members.len()];
    for run in runs() {
        if let [first, ..] = run {
            value_of[*first] = run.last().copied();
        }
    }
    let member_end = |index: usize| match members.get(index + 1) {
        Some(next) => next.start - SEPARATOR.len(),
        None => out.len(),
    };
    let mut body = Vec::with_capacity(out.len() - body_start);
    for (index, value_of) in value_of.into_iter().enumerate() {
        let Some(value_of) = value_of else { continue };
        if !body.is_empty() {
            body.extend_from_slice(SEPARATOR);
        }
        body.extend_from_slice(key(index));
        body.extend_from_slice(&out[members[value_of].key_end..member_end(value_of)]);
    }
    out.truncate(body_start);
    out.extend_from_slice(&body);
}
