//! Kafka's own console consumer as the reader, so that what kp wrote is not judged by kp's own
//! reading.
//!
//! It prints each record with separators that are made up for the run, so that no content can be
//! taken for one.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use kp_audit::{Comparison, RunId, Stamp, Stored, checksum};
use kp_client::Kept;
use kp_core::Header;

/// It ends by itself after so long without a message, in milliseconds: at the end, and when it
/// cannot begin.
const PATIENCE: &str = "15000";

/// Its name in Confluent's packages, and in Kafka's own.
const NAMES: &str = "for name in kafka-console-consumer kafka-console-consumer.sh /opt/kafka/bin/kafka-console-consumer.sh; do \
    command -v $name >/dev/null && exec $name \"$@\"; done; echo 'there is no kafka-console-consumer' >&2; exit 127";

/// What stands between the parts of a record.
struct Marks {
    field: String,
    header: String,
    end: String,
    null: String,
}

impl Marks {
    fn new() -> Self {
        let unique = RunId::new();
        let mark = |kind: &str| format!("<{unique}-{kind}>");
        Self { field: mark("f"), header: mark("h"), end: mark("e"), null: mark("n") }
    }
}

/// Reads a topic to its end.
pub(super) fn read(
    container: Option<&str>,
    bootstrap: &str,
    topic: &str,
    kept: &[Kept],
    comparison: &mut Comparison,
) -> Result<()> {
    // The offset that must have been read, where there is one.
    let mut left: BTreeMap<i32, i64> = kept
        .iter()
        .filter(|kept| kept.topic == topic && kept.end > kept.from)
        .map(|kept| (kept.partition, kept.end - 1))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let marks = Marks::new();
    let mut child = start(container, bootstrap, topic, &marks)?;
    let stdout = child.stdout.take().context("it has no output")?;
    let stderr = child.stderr.take().context("it has no output")?;
    // Read beside, so that it never waits for room there.
    let said = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = BufReader::new(stderr).read_to_end(&mut said);
        said
    });
    let read = take_records(stdout, &marks, topic, &mut left, comparison);
    // At the end of all partitions it would wait for more.
    let ended = child.try_wait()?;
    let _ = child.kill();
    child.wait()?;
    let said = said.join().unwrap_or_default();
    let stderr = String::from_utf8_lossy(&said);
    let read = read?;
    // Behind the last record there may be marks of transactions, which no consumer gets: then it
    // ends by its own timeout.
    let has_waited = stderr.contains("TimeoutException");
    if ended.is_some_and(|status| status.code() == Some(127)) || (read == 0 && !has_waited) {
        let reason = stderr
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("it gave no reason");
        bail!("{}", reason.trim());
    }
    Ok(())
}

fn start(container: Option<&str>, bootstrap: &str, topic: &str, marks: &Marks) -> Result<Child> {
    let mut command = match container {
        Some(container) => {
            let mut command = Command::new("docker");
            command.args(["exec", container, "sh"]);
            command
        }
        None => Command::new("sh"),
    };
    command.args(["-c", NAMES, "sh"]);
    command.args(["--bootstrap-server", bootstrap, "--topic", topic]);
    command.args(["--from-beginning", "--isolation-level", "read_committed"]);
    command.args(["--timeout-ms", PATIENCE]);
    for (name, value) in [
        ("print.partition", "true"),
        ("print.offset", "true"),
        ("print.headers", "true"),
        ("print.key", "true"),
        ("print.value", "true"),
        ("key.separator", &marks.field),
        ("headers.separator", &marks.header),
        ("line.separator", &marks.end),
        ("null.literal", &marks.null),
    ] {
        command.args(["--property", &format!("{name}={value}")]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(
        || {
            let program = command.get_program().to_string_lossy();
            format!("cannot start {program}")
        },
    )
}

/// Takes records until every partition is at its end, or the consumer ends. Returns how many.
fn take_records(
    stdout: ChildStdout,
    marks: &Marks,
    topic: &str,
    left: &mut BTreeMap<i32, i64>,
    comparison: &mut Comparison,
) -> Result<u64> {
    let mut stdout = BufReader::with_capacity(1 << 16, stdout);
    let end = memchr::memmem::Finder::new(&marks.end);
    let mut buffer = Vec::new();
    let mut chunk = vec![0; 1 << 16];
    let mut count = 0;
    while !left.is_empty() {
        let length = stdout.read(&mut chunk).context("its output breaks off")?;
        if length == 0 {
            break;
        }
        buffer.extend_from_slice(&chunk[..length]);
        let mut start = 0;
        while let Some(place) = end.find(&buffer[start..]) {
            let mut text = &buffer[start..start + place];
            if count == 0 {
                text = without_remarks(text);
            }
            let record = read_record(text, marks, topic)?;
            comparison.stored(&record);
            count += 1;
            if left.get(&record.partition).is_some_and(|last| record.offset >= *last) {
                left.remove(&record.partition);
            }
            start += place + marks.end.len();
        }
        buffer.drain(..start);
    }
    Ok(count)
}

/// Kafka 4 remarks on standard output that `--property` is deprecated; Kafka 3 knows no other name
/// for it.
fn without_remarks(text: &[u8]) -> &[u8] {
    let lines = memchr::memmem::rfind(text, b"\nPartition:");
    lines.map_or(text, |end| &text[end + 1..])
}

/// `Partition:0`, `Offset:12`, `kp-run:...`, key, value.
fn read_record<'t>(text: &[u8], marks: &Marks, topic: &'t str) -> Result<Stored<'t>> {
    let fields = memchr::memmem::find_iter(text, &marks.field);
    let mut parts: Vec<&[u8]> = Vec::with_capacity(5);
    let mut start = 0;
    for place in fields {
        parts.push(&text[start..place]);
        start = place + marks.field.len();
    }
    parts.push(&text[start..]);
    let [partition, offset, headers, key, value] = parts[..] else {
        bail!(
            "a record of it has {} parts, not 5: {:?}",
            parts.len(),
            String::from_utf8_lossy(&text[..text.len().min(200)])
        );
    };
    let or_null = |part: &'_ [u8]| (part != marks.null.as_bytes()).then(|| part.to_vec());
    let mut found = Vec::new();
    let mut start = 0;
    let ends = memchr::memmem::find_iter(headers, &marks.header).chain([headers.len()]);
    for place in ends {
        let pair = &headers[start..place];
        if let Some(colon) = memchr::memchr(b':', pair) {
            found.push(Header { key: &pair[..colon], value: Some(&pair[colon + 1..]) });
        }
        start = place + marks.header.len();
    }
    Ok(Stored {
        topic,
        partition: number(partition, "Partition:")? as i32,
        offset: number(offset, "Offset:")?,
        stamp: Stamp::read(found.into_iter()),
        checksum: checksum(or_null(key).as_deref(), or_null(value).as_deref()),
    })
}

fn number(part: &[u8], label: &str) -> Result<i64> {
    let text = std::str::from_utf8(part).unwrap_or_default();
    let number = text.strip_prefix(label);
    ensure!(number.is_some(), "it printed {text:?} where {label} should stand");
    Ok(number.unwrap_or_default().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Marks {
        Marks {
            field: "<f>".to_owned(),
            header: "<h>".to_owned(),
            end: "<e>".to_owned(),
            null: "<n>".to_owned(),
        }
    }

    #[test]
    fn a_record_is_read_with_whatever_stands_in_it() {
        let stamp = "other:a:b,c<h>kp-run:00000000000000ff<h>kp-seq:7<h>kp-crc:0000002a";
        let text = format!("Partition:2<f>Offset:1234<f>{stamp}<f><n><f>a\nb\tc: null");
        let record = read_record(text.as_bytes(), &marks(), "orders").unwrap();
        assert_eq!((record.partition, record.offset), (2, 1234));
        let stamp = record.stamp.unwrap();
        assert_eq!((stamp.sequence, stamp.checksum), (7, 42));
        assert_eq!(record.checksum, checksum(None, Some(b"a\nb\tc: null")));
    }

    #[test]
    fn a_record_without_headers_has_no_stamp() {
        let text = b"Partition:0<f>Offset:0<f>NO_HEADERS<f>k<f><n>";
        let record = read_record(text, &marks(), "orders").unwrap();
        assert_eq!(record.stamp, None);
        assert_eq!(record.checksum, checksum(Some(b"k"), None));
    }

    #[test]
    fn a_remark_before_the_first_record_is_passed_over() {
        let text = b"Option --property is deprecated.\nPartition:0<f>Offset:0";
        assert_eq!(without_remarks(text), b"Partition:0<f>Offset:0");
        assert_eq!(without_remarks(b"Partition:0"), b"Partition:0");
    }

    #[test]
    fn something_else_is_an_error_that_shows_it() {
        let error = read_record(b"usage: ...", &marks(), "orders").unwrap_err();
        assert!(error.to_string().contains("usage: ..."), "{error}");
    }
}
