//! Records whose headers have keys that no client of ours would send: no UTF-8, zero bytes,
//! nothing.

use anyhow::Result;

use super::case::{Case, Out};
use super::process::{Total, run_one};
use crate::stage::Stage;
use kp_stack::kafka::record::{Header, append};

const HEADERS: [&[Header<'static>]; 5] = [
    &[(b"\xff\xfe", b"not UTF-8")],
    &[(b"a\0b", b"\0")],
    &[(b"", b"")],
    &[(b"kp-run", b"\xff"), (b"kp-seq", b"-1"), (b"kp-crc", b"")],
    &[(b"\n", b"\r\n"), (b"\"", b"\\"), (b"\"", b"again")],
];

/// Each of them is read in every way.
const READINGS: [&[&str]; 8] = [
    &["--format", "line"],
    &["--format", "seed"],
    &["--format", "json"],
    &["--format", "value"],
    &["--format", "%h %k %s\\n"],
    &["--format", "line", "--on-bad-message", "show"],
    &["--format", "seed", "--on-bad-message", "dead-letter:row-10-bad"],
    &["--copy-to", "row-10-copy", "--transactional-id", "row-10-copier"],
];

/// Writes the records and has them read.
///
/// # Errors
/// The records cannot be written, or a process cannot be started.
pub(super) fn read_all(stage: &Stage<'_>, total: &mut Total) -> Result<()> {
    let topic = stage.topic("headers", 1, &[])?;
    for name in ["bad", "copy"] {
        stage.topic(name, 1, &[])?;
    }
    let leader = stage.cluster.broker(stage.cluster.leader_of(&topic)?)?;
    for headers in HEADERS {
        append(&topic, 0, &leader.address(), b"{\"str\":\"x\"}", headers)?;
    }
    let bootstrap = stage.cluster.bootstrap();
    for (number, reading) in (0..).zip(READINGS) {
        let group = format!("{}-{number}", stage.name);
        let read = ["-b", &bootstrap, "--topic", &topic, "--until-end", "--group", &group];
        let case = Case {
            program: "kp-consumer",
            arguments: read.iter().chain(reading).map(Into::into).collect(),
            environment: Vec::new(),
            config: None,
            input: None,
            out: Out::Read,
            told_to_end_after: None,
        };
        let files = stage.file(&format!("headers-{number}"));
        total.add(&case, &run_one(&case, stage.program(case.program)?, &files)?);
    }
    Ok(())
}
