//! `topics delete`.

use std::io::{self, BufRead, IsTerminal, Write};

use kp_cli::{Exit, Screen, Stop, escaped};
use kp_client::admin::Admin;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{self, counted};

/// Topics that are to be deleted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deletion {
    pub(crate) names: Vec<String>,
    /// Whether they are deleted without a question.
    pub(crate) yes: bool,
    /// Whether Kafka's own topics may be among them.
    pub(crate) internal: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    deleted: &'a [String],
}

/// Whether there is somebody to ask.
///
/// # Errors
/// Standard input is no terminal.
pub(crate) fn check_can_ask() -> Result<(), Stop> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Stop::new(
        Exit::Usage,
        "topics delete asks before it deletes, and standard input is no terminal; --yes deletes without asking",
    ))
}

pub(crate) fn run(
    admin: &Admin,
    wanted: &Deletion,
    form: Output,
    out: &mut Screen<'_>,
    talk: &mut dyn Write,
) -> anyhow::Result<()> {
    let topics = super::as_str(&wanted.names);
    admin.check_deletable(&topics)?;
    let lost: Vec<String> = topics.iter().filter_map(|name| admin.lost_with(name)).collect();
    if !lost.is_empty() && !wanted.internal {
        let message = format!("{}; --internal says that this is meant", lost.join("; "));
        return Err(Stop::new(Exit::Usage, message).into());
    }
    if !wanted.yes {
        for sentence in &lost {
            writeln!(talk, "kp-admin: {}", escaped(sentence))?;
        }
        let question = question(admin, &topics);
        let sure = is_sure(&question, &mut io::stdin().lock(), talk).map_err(|error| {
            let message =
                format!("cannot ask whether to delete: {error}; --yes deletes without asking");
            Stop::new(Exit::Unexpected, message)
        })?;
        if !sure {
            return Err(Stop::new(Exit::Unexpected, "nothing was deleted").into());
        }
    }
    admin.delete_topics(&topics)?;
    match form {
        Output::Json => answer::json(
            &Answer { schema: "kp.admin.topics.delete/1", deleted: &wanted.names },
            out,
        )?,
        Output::Table => out.line(format_args!("Deleted {}", topics.join(", ")))?,
    }
    Ok(())
}

fn question(admin: &Admin, topics: &[&str]) -> String {
    let described: Vec<_> = topics
        .iter()
        .zip(admin.message_counts(topics))
        .map(|(name, count)| match count {
            Some(count) => format!("{name} with {}", counted(count, "message")),
            None => (*name).to_owned(),
        })
        .collect();
    format!("Delete {} on {}?", described.join(", "), admin.broker())
}

/// Asks; only `y` and `yes` count.
fn is_sure(question: &str, input: &mut dyn BufRead, talk: &mut dyn Write) -> io::Result<bool> {
    write!(talk, "{} [y/N] ", escaped(question))?;
    talk.flush()?;
    let mut reply = String::new();
    input.read_line(&mut reply)?;
    Ok(matches!(reply.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let ask = |reply: &str| {
            let mut talk = Vec::new();
            let sure = is_sure("Delete t?", &mut reply.as_bytes(), &mut talk).unwrap();
            assert_eq!(talk, b"Delete t? [y/N] ");
            sure
        };
        assert!(ask("y\n") && ask("YES\n") && ask("yes"));
        assert!(!ask("") && !ask("\n") && !ask("n\n") && !ask("yesterday\n"));
    }
}
