//! `--receipts`: what became of each record, on standard output, in the order in which it is known.
//!
//! ```text
//!  taken -> open, by its number -> delivery report, or commit of its transaction -> one line
//!                              \-> none until the end: unknown, or never sent   -> one line
//! ```

use std::collections::HashMap;
use std::io;

use kp_cli::{Outcome, Output, escaped};
use kp_client::produce::{Fate, Report};
use kp_core::{Record, json};

use crate::cli::ReceiptForm;

const NOT_CONFIRMED: &str = "acks=0 asks the broker for no answer";

/// The receipts of a run.
pub(crate) struct Receipts {
    form: ReceiptForm,
    /// `message` or `line`: what the producer's numbers count.
    noun: &'static str,
    /// Whether a report confirms anything.
    confirmed: bool,
    /// Records whose fate is not known yet, by the number that their report has.
    open: HashMap<u64, Taken>,
    count: u64,
    output: Output,
    /// Whether the reader is still there.
    is_closed: bool,
    unwritten: u64,
}

/// A record that the producer took.
pub(crate) struct Taken {
    key: Option<Vec<u8>>,
    topic: String,
    /// Its place among all, from 0.
    record: u64,
}

impl Taken {
    pub(crate) fn new(record: &Record<'_>) -> Self {
        let key = record.key.map(<[u8]>::to_vec);
        Self { key, topic: record.topic.to_owned(), record: 0 }
    }
}

impl Receipts {
    /// In this form, to standard output.
    pub(crate) fn new(form: ReceiptForm, noun: &'static str, confirmed: bool) -> Self {
        Self {
            form,
            noun,
            confirmed,
            open: HashMap::new(),
            count: 0,
            output: Output::stdout(),
            is_closed: false,
            unwritten: 0,
        }
    }

    /// The producer took this record under this number.
    pub(crate) fn open(&mut self, number: u64, mut taken: Taken) {
        taken.record = self.count;
        self.count += 1;
        self.open.insert(number, taken);
    }

    /// Whether the reader went away.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// How many could not be written.
    pub(crate) fn unwritten(&self) -> u64 {
        self.unwritten
    }

    /// Writes the receipts of these reports.
    ///
    /// # Errors
    /// Standard output takes nothing, for instance on a full disk.
    pub(crate) fn settle(
        &mut self,
        reports: Vec<Report>,
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        for Report { number, fate } in reports {
            let Some(taken) = self.open.remove(&number) else {
                continue;
            };
            let fate = match fate {
                Fate::Acknowledged { .. } if !self.confirmed => {
                    Fate::Unknown(NOT_CONFIRMED.to_owned())
                }
                fate => fate,
            };
            self.write(number, &taken, &fate, stopped)?;
        }
        self.flush(stopped)
    }

    /// Writes the receipts of all that are still open. The last `unsent` of them never left, and of
    /// the others nothing is known, for this reason.
    ///
    /// # Errors
    /// As [`Receipts::settle`].
    pub(crate) fn close(
        &mut self,
        unsent: u64,
        unknown: &str,
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let mut rest: Vec<(u64, Taken)> = self.open.drain().collect();
        rest.sort_unstable_by_key(|(_, taken)| taken.record);
        let sent = rest.len().saturating_sub(usize::try_from(unsent).unwrap_or(usize::MAX));
        for (index, (number, taken)) in rest.into_iter().enumerate() {
            let fate = if index < sent {
                Fate::Unknown(unknown.to_owned())
            } else {
                Fate::Failed("never sent: the run ended before".to_owned())
            };
            self.write(number, &taken, &fate, stopped)?;
        }
        self.flush(stopped)
    }

    fn write(
        &mut self,
        number: u64,
        taken: &Taken,
        fate: &Fate,
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        if self.is_closed {
            self.unwritten += 1;
            return Ok(());
        }
        let out = self.output.buffer();
        match self.form {
            ReceiptForm::Text => write_text(self.noun, number, taken, fate, out),
            ReceiptForm::Json => write_json(self.noun, number, taken, fate, out),
        }
        self.output.end_message();
        if self.output.is_full() { self.flush(stopped) } else { Ok(()) }
    }

    fn flush(&mut self, stopped: &dyn Fn() -> bool) -> io::Result<()> {
        let waiting = self.output.messages();
        let (written, outcome) = self.output.flush(stopped);
        self.unwritten += (waiting - written) as u64;
        match outcome {
            Outcome::Written | Outcome::Stopped => Ok(()),
            Outcome::Closed => {
                self.is_closed = true;
                Ok(())
            }
            Outcome::Failed(error) => {
                self.is_closed = true;
                Err(error)
            }
        }
    }
}

/// `line 5 (key k): acknowledged in orders [2] @ 17`.
fn write_text(noun: &str, number: u64, taken: &Taken, fate: &Fate, out: &mut Vec<u8>) {
    let key = taken.key.as_ref().map(|key| format!(" (key {})", String::from_utf8_lossy(key)));
    let key = key.unwrap_or_default();
    let fate = match fate {
        Fate::Acknowledged { partition, offset: Some(offset) } => {
            format!("acknowledged in {} [{partition}] @ {offset}", taken.topic)
        }
        Fate::Acknowledged { partition, offset: None } => {
            format!("acknowledged in {} [{partition}], which told no offset", taken.topic)
        }
        // Most reasons name the topic.
        Fate::Failed(reason) if reason.contains(&taken.topic) => format!("failed: {reason}"),
        Fate::Failed(reason) => format!("failed for {}: {reason}", taken.topic),
        Fate::Unknown(reason) => format!("unknown for {}: {reason}", taken.topic),
    };
    out.extend_from_slice(escaped(&format!("{noun} {number}{key}: {fate}")).as_bytes());
    out.push(b'\n');
}

/// One object on one line.
fn write_json(noun: &str, number: u64, taken: &Taken, fate: &Fate, out: &mut Vec<u8>) {
    let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
    push(&format!("{{\"record\":{},\"{noun}\":{number},\"topic\":", taken.record));
    push(&quoted(&taken.topic));
    push(",");
    json::write_bytes("key", taken.key.as_deref(), out);
    let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
    match fate {
        Fate::Acknowledged { partition, offset } => {
            let offset = offset.map_or_else(|| "null".to_owned(), |offset| offset.to_string());
            push(&format!(
                ",\"status\":\"acknowledged\",\"partition\":{partition},\"offset\":{offset}}}\n"
            ));
        }
        Fate::Failed(reason) => {
            push(&format!(",\"status\":\"failed\",\"reason\":{}}}\n", quoted(reason)));
        }
        Fate::Unknown(reason) => {
            push(&format!(",\"status\":\"unknown\",\"reason\":{}}}\n", quoted(reason)));
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(taken: &Taken, fate: &Fate) -> (String, serde_json::Value) {
        let (mut text, mut json) = (Vec::new(), Vec::new());
        write_text("line", 5, taken, fate, &mut text);
        write_json("line", 5, taken, fate, &mut json);
        assert_eq!(json.iter().filter(|byte| **byte == b'\n').count(), 1);
        (String::from_utf8(text).unwrap(), serde_json::from_slice(&json).unwrap())
    }

    fn taken(key: Option<&[u8]>) -> Taken {
        Taken { key: key.map(<[u8]>::to_vec), topic: "orders".to_owned(), record: 4 }
    }

    #[test]
    fn each_fate_names_its_record() {
        let stored = Fate::Acknowledged { partition: 2, offset: Some(17) };
        let (text, json) = both(&taken(Some(b"k")), &stored);
        assert_eq!(text, "line 5 (key k): acknowledged in orders [2] @ 17\n");
        let expected = serde_json::json!({
            "record": 4, "line": 5, "topic": "orders", "key": "k",
            "status": "acknowledged", "partition": 2, "offset": 17
        });
        assert_eq!(json, expected);
        let (text, json) = both(&taken(None), &Fate::Failed("too \"large\"\n".to_owned()));
        assert_eq!(text, "line 5: failed for orders: too \"large\"\\n\n");
        assert_eq!(json["reason"], "too \"large\"\n");
        assert_eq!((&json["status"], &json["key"]), (&"failed".into(), &serde_json::Value::Null));
        let (text, _) = both(&taken(None), &Fate::Failed("topic orders: too large".to_owned()));
        assert_eq!(text, "line 5: failed: topic orders: too large\n");
        let (text, json) = both(&taken(Some(b"\xff")), &Fate::Unknown("gone".to_owned()));
        assert_eq!(text, "line 5 (key \u{fffd}): unknown for orders: gone\n");
        assert_eq!(json["key_base64"], "/w==");
        let told_nothing = Fate::Acknowledged { partition: 2, offset: None };
        assert_eq!(both(&taken(None), &told_nothing).1["offset"], serde_json::Value::Null);
    }
}
