//! `users list`.

use clap::Args;
use kp_cli::Column;
use kp_client::admin::{Purpose, ScramUser};
use kp_settings::Output;
use serde::Serialize;

use crate::session::Session;

/// Lists the users that have a SCRAM password
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct List {}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    users: Vec<User<'a>>,
}

#[derive(Serialize)]
struct User<'a> {
    user: &'a str,
    credentials: Vec<Credential>,
}

#[derive(Serialize)]
struct Credential {
    mechanism: String,
    iterations: i32,
}

impl List {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let users = session.admin.scram_users(Purpose::Look)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.users.list/1",
                users: users.iter().map(User::new).collect(),
            })?,
            Output::Table => {
                let columns =
                    [Column::Left("USER"), Column::Left("MECHANISM"), Column::Right("ITERATIONS")];
                let rows = users.iter().flat_map(|user| {
                    user.credentials.iter().map(|credential| {
                        vec![
                            user.name.clone(),
                            credential.mechanism.to_string(),
                            credential.iterations.to_string(),
                        ]
                    })
                });
                session.out.table(&columns, rows)?;
            }
        }
        Ok(())
    }
}

impl<'a> User<'a> {
    fn new(user: &'a ScramUser) -> Self {
        let credentials = user.credentials.iter().map(|credential| Credential {
            mechanism: credential.mechanism.to_string(),
            iterations: credential.iterations,
        });
        Self { user: &user.name, credentials: credentials.collect() }
    }
}
