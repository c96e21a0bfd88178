//! `topics add-partitions`.

use std::io::Write;

use kp_cli::Screen;
use kp_client::admin::Admin;
use kp_settings::Output;
use serde::Serialize;

use crate::answer;

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topic: &'a str,
    partitions_before: usize,
    partitions: usize,
}

pub(crate) fn run(
    admin: &Admin,
    name: &str,
    total: u32,
    form: Output,
    out: &mut Screen<'_>,
    talk: &mut dyn Write,
) -> anyhow::Result<()> {
    let enlarged = admin.add_partitions(name, total)?;
    match form {
        Output::Json => answer::json(
            &Answer {
                schema: "kp.admin.topics.add_partitions/1",
                topic: name,
                partitions_before: enlarged.before,
                partitions: enlarged.now,
            },
            out,
        )?,
        Output::Table => out.line(format_args!(
            "Topic {name} has {} partitions, {} before",
            enlarged.now, enlarged.before
        ))?,
    }
    out.flush()?;
    writeln!(
        talk,
        "kp-admin: from now on a key may lead to another partition than before; messages already stored stay where they are"
    )?;
    Ok(())
}
