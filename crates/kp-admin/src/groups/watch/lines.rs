//! What a look saw for a pipe: plain lines, or one JSON object.

use std::io;
use std::time::Duration;

use kp_cli::Screen;
use kp_client::admin::OutOfRange;
use serde::Serialize;

use super::state::{Clear, Rebalance, Row, Seen, State, Who};
use super::words::{cells, clock, columns, told};
use crate::answer::{counted, json};

/// Writes what the last look saw, and what changed since the one before.
pub(super) fn plain(state: &State, out: &mut Screen<'_>) -> io::Result<()> {
    let Some((at, at_ms)) = state.last() else { return Ok(()) };
    let time = clock(at_ms);
    for (name, seen) in state.groups() {
        out.line(format_args!("{time}  {}", head(name, seen)))?;
        if !seen.rows.is_empty() {
            out.table(&columns(true), seen.rows.iter().map(|row| cells(row, true)))?;
        }
    }
    for rebalance in state.rebalances().filter(|one| one.at == at) {
        for line in told(rebalance) {
            out.line(format_args!("{time}  {}: {line}", rebalance.group))?;
        }
    }
    Ok(())
}

/// A group's name, state and members.
pub(super) fn head(name: &str, seen: &Seen) -> String {
    let state = seen.state.as_deref().unwrap_or("-");
    format!("{name}  {state}  {}", counted(seen.members.len(), "member"))
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    /// The number of this look; the first is 1.
    tick: u64,
    /// When the numbers were seen, in milliseconds since 1970; none before the first answer.
    at_ms: Option<i64>,
    every_ms: u64,
    /// Why this look failed; the numbers are those of the look before then.
    error: Option<&'a str>,
    notes: &'a [String],
    groups: Vec<Group<'a>>,
    /// What changed since the look before.
    rebalances: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    group: &'a str,
    state: Option<&'a str>,
    r#type: Option<&'a str>,
    /// Whether its coordinator told nothing at this look.
    old: bool,
    members: Vec<Reader<'a>>,
    partitions: Vec<Partition<'a>>,
}

#[derive(Serialize)]
struct Reader<'a> {
    member: &'a str,
    client_id: &'a str,
    instance_id: Option<&'a str>,
    host: &'a str,
}

#[derive(Serialize)]
struct Partition<'a> {
    topic: &'a str,
    partition: i32,
    committed: Option<i64>,
    start: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
    out_of_range: Option<&'static str>,
    behind_ms: Option<i64>,
    in_per_s: Option<f64>,
    out_per_s: Option<f64>,
    /// None without lag, at first, and where it is never.
    clear_in_s: Option<f64>,
    never_clear: bool,
    retention_ms: Option<i64>,
    /// 1 is all of the time.
    retention_used: Option<f64>,
    lost_in_s: Option<f64>,
    /// Whether its leader told nothing at this look.
    old: bool,
    owner: Option<Reader<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    group: &'a str,
    joined: Vec<Reader<'a>>,
    left: Vec<Reader<'a>>,
    moves: Vec<Moved<'a>>,
}

#[derive(Serialize)]
struct Moved<'a> {
    topic: &'a str,
    partition: i32,
    from: Option<Reader<'a>>,
    to: Option<Reader<'a>>,
    /// How long nobody had it at most, as seen between looks.
    nobody_up_to_ms: Option<u64>,
}

/// Writes one object for this look.
pub(super) fn object(
    state: &State,
    tick: u64,
    every: Duration,
    out: &mut Screen<'_>,
) -> io::Result<()> {
    let error = state.failure();
    let at = state.last().map(|(at, _)| at);
    let changes = state.rebalances().filter(|one| error.is_none() && Some(one.at) == at);
    let answer = Answer {
        schema: "kp.admin.groups.watch/1",
        tick,
        at_ms: state.last().map(|(_, at_ms)| at_ms),
        every_ms: millis(every),
        error,
        notes: state.notes(),
        groups: state.groups().map(|(name, seen)| group(name, seen)).collect(),
        rebalances: changes.map(change).collect(),
    };
    json(&answer, out)
}

fn group<'a>(name: &'a str, seen: &'a Seen) -> Group<'a> {
    Group {
        group: name,
        state: seen.state.as_deref(),
        r#type: seen.kind.as_deref(),
        old: seen.old_since.is_some(),
        members: seen.members.iter().map(reader).collect(),
        partitions: seen.rows.iter().map(partition).collect(),
    }
}

fn reader(who: &Who) -> Reader<'_> {
    Reader {
        member: &who.member,
        client_id: &who.client_id,
        instance_id: who.instance_id.as_deref(),
        host: &who.host,
    }
}

fn partition(row: &Row) -> Partition<'_> {
    Partition {
        topic: &row.topic,
        partition: row.partition,
        committed: row.committed,
        start: row.start,
        end: row.end,
        lag: row.lag,
        out_of_range: row.out_of_range.map(|side| match side {
            OutOfRange::BeforeStart => "before_start",
            OutOfRange::PastEnd => "past_end",
        }),
        behind_ms: row.behind_ms,
        in_per_s: row.rate_in,
        out_per_s: row.rate_out,
        clear_in_s: match row.clear {
            Clear::In(seconds) => Some(seconds),
            Clear::Unknown | Clear::Idle | Clear::Never => None,
        },
        never_clear: row.clear == Clear::Never,
        retention_ms: row.retention_ms,
        retention_used: row.used,
        lost_in_s: row.lost_in,
        old: row.old_since.is_some(),
        owner: row.owner.as_ref().map(reader),
    }
}

fn change(rebalance: &Rebalance) -> Change<'_> {
    Change {
        group: &rebalance.group,
        joined: rebalance.joined.iter().map(reader).collect(),
        left: rebalance.left.iter().map(reader).collect(),
        moves: rebalance
            .moves
            .iter()
            .map(|one| Moved {
                topic: &one.topic,
                partition: one.partition,
                from: one.from.as_ref().map(reader),
                to: one.to.as_ref().map(reader),
                nobody_up_to_ms: one.unread.map(millis),
            })
            .collect(),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::state::tests::{group, look, member, seconds};
    use super::*;

    fn state() -> State {
        let mut state = State::default();
        let stands = [(0, 0, 120, Some(800)), (1, 7, 7, None)];
        let both = vec![member("a-1", "a", &[0]), member("b-1", "b", &[1])];
        state.saw(look(vec![group("billing", both, &stands)]), seconds(0));
        let alone = vec![member("a-1", "a", &[0])];
        let stands = [(0, 100, 130, Some(800)), (1, 7, 7, None)];
        state.saw(look(vec![group("billing", alone, &stands)]), seconds(2));
        state
    }

    fn written(write: impl FnOnce(&mut Screen<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Screen::unbounded(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plain_lines_tell_the_partitions_and_what_changed() {
        let text = written(|out| plain(&state(), out));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("  billing  Stable  1 member"), "{text}");
        assert_eq!(
            lines[1],
            "TOPIC   P  LAG  BEHIND  IN/s  OUT/s  CLEAR IN  RETENTION USED  OWNER     HOST"
        );
        assert_eq!(
            lines[2],
            "orders  0   30   0.8 s     5     50     0.7 s  0 %             a         10.0.0.1"
        );
        assert_eq!(
            lines[3],
            "orders  1    0       -     0      0         -  0 %             no owner  -"
        );
        assert!(lines[4].ends_with("  billing: b left"), "{text}");
        assert!(lines[5].ends_with("billing: orders 1 was lost by b; nobody has it"), "{text}");
    }

    #[test]
    fn an_object_has_the_same_and_a_failure_keeps_the_numbers() {
        let object = |state: &State| -> Value {
            let text = written(|out| object(state, 2, seconds(2), out));
            assert_eq!(text.lines().count(), 1);
            serde_json::from_str(&text).unwrap()
        };
        let mut state = state();
        let seen = object(&state);
        assert_eq!(
            (&seen["schema"], &seen["tick"]),
            (&json!("kp.admin.groups.watch/1"), &json!(2))
        );
        let first = &seen["groups"][0]["partitions"][0];
        assert_eq!((&first["lag"], &first["behind_ms"]), (&json!(30), &json!(800)));
        assert_eq!((&first["in_per_s"], &first["out_per_s"]), (&json!(5.0), &json!(50.0)));
        assert_eq!(
            (&first["never_clear"], &first["owner"]["client_id"]),
            (&json!(false), &json!("a"))
        );
        assert_eq!(seen["rebalances"][0]["left"][0]["member"], "b-1");
        assert_eq!(seen["rebalances"][0]["moves"][0]["to"], Value::Null);
        state.failed("no answer".to_owned());
        let old = object(&state);
        assert_eq!((&old["error"], &old["rebalances"]), (&json!("no answer"), &json!([])));
        assert_eq!(old["groups"], seen["groups"]);
    }
}
