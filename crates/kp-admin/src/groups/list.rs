//! `groups list`.

use std::io::Write;

use kp_client::admin::Admin;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{self, Column};

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    group: &'a str,
    state: String,
    r#type: String,
}

pub(crate) fn run(admin: &Admin, form: Output, out: &mut dyn Write) -> anyhow::Result<()> {
    let (groups, missing) = admin.groups()?;
    if groups.is_empty() && missing.is_none() {
        tracing::warn!(
            "{} shows no group: there is none, or none that this user may see (ACL Describe on a group)",
            admin.broker()
        );
    }
    match form {
        Output::Json => answer::json(
            &Answer {
                schema: "kp.admin.groups.list/1",
                groups: groups
                    .iter()
                    .map(|group| Group {
                        group: &group.id,
                        state: group.state.to_string(),
                        r#type: group.kind.to_string(),
                    })
                    .collect(),
            },
            out,
        )?,
        Output::Table => {
            let columns = [
                Column::Left("GROUP"),
                Column::Left("STATE"),
                Column::Left("TYPE"),
            ];
            let rows = groups
                .into_iter()
                .map(|group| vec![group.id, group.state.to_string(), group.kind.to_string()]);
            answer::table(&columns, rows, out)?;
        }
    }
    missing.map_or(Ok(()), |error| Err(error.into()))
}
