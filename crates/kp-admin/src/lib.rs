//! kp-admin: asks about a cluster, its topics, groups, ACLs and users, changes them, and audits
//! what was sent.
//!
//! ```text
//!  cli.rs (what was typed)
//!    -> cluster.rs, topics/*.rs, groups/*.rs, acls/*.rs, users/*.rs, plan/*.rs: one file
//!       a command -> kp-client's Admin -> answer.rs
//!    -> profile/*.rs: the user's own settings, without a cluster
//!    -> doctor.rs: settings -> kp-client's doctor -> a line or an object a step
//!    -> audit.rs: ledger, stored records, lists of delivered ones -> kp-audit -> audit/show.rs
//! ```
#![forbid(unsafe_code)]

mod acls;
mod answer;
mod audit;
mod cli;
mod cluster;
mod config_names;
mod consent;
mod doctor;
mod groups;
mod plan;
mod profile;
mod session;
mod topics;
mod units;
mod users;

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use kp_cli::{Exit, Screen, Stop};
use kp_client::admin::Admin;
use kp_settings::Role;

use cli::{Ask, Call};
use session::Session;

pub use cli::command;

/// Runs the program as it was called.
///
/// # Errors
/// Settings that are wrong, a broker that cannot be reached or refuses, a topic or group that is
/// not there.
pub fn run() -> anyhow::Result<Exit> {
    let call = cli::parse()?;
    kp_cli::start_talking("kp-admin", call.common.verbose);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = answer(call, &mut Screen::stdout(&mut out), &mut io::stderr());
    // What was found is shown, also when something else was not.
    let flushed = out.flush().map_err(anyhow::Error::from);
    match result.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) => Ok(exit),
        Err(error) => match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            // A reader that closes the pipe early, as `head` does, is no failure.
            Some(io::ErrorKind::BrokenPipe) => Ok(Exit::Done),
            Some(_) => Err(error.context("cannot write the answer")),
            None => Err(error),
        },
    }
}

fn answer(call: Call, out: &mut Screen<'_>, talk: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(Ask::Profile(profile)) = &call.ask
        && !call.common.show_config
    {
        return profile.run(&call.common, call.flags, out);
    }
    let settings = kp_cli::load(&call.common, call.flags)?;
    let roles: &[Role] = match call.ask {
        Some(Ask::Audit(_) | Ask::Doctor(_)) => &[Role::Admin, Role::Consumer],
        _ => &[Role::Admin],
    };
    kp_cli::refuse_idle_property(&settings, roles)?;
    if call.common.show_config {
        kp_cli::show_config(&settings, Role::Admin, out)?;
        return Ok(Exit::Done);
    }
    let Some(ask) = call.ask else {
        return Err(Stop::new(Exit::Usage, "no command given; --help lists them").into());
    };
    if let Some(change) = ask.change() {
        kp_cli::refuse_write(&settings, &call.common, change, None)?;
    }
    if let Ask::Audit(audit) = &ask {
        let is_kept = audit::run(audit, &settings, settings.admin.output, out)?;
        return Ok(if is_kept { Exit::Done } else { Exit::Messages });
    }
    // It tells itself what is wrong with the connection.
    if let Ask::Doctor(doctor) = &ask {
        return doctor.run(&settings, out);
    }
    ask.check()?;
    let admin = Arc::new(Admin::connect(&settings)?);
    let profile = settings.profile().map(|chosen| chosen.name.as_str());
    ask.run(&mut Session { admin: &admin, profile, form: settings.admin.output, out, talk })
}

impl Ask {
    fn check(&self) -> anyhow::Result<()> {
        match self {
            Self::Topics(topics) => topics.check().map_err(Into::into),
            Self::Groups(groups) => groups.check().map_err(Into::into),
            Self::Cluster(cluster) => cluster.check().map_err(Into::into),
            Self::Acls(acls) => acls.check().map_err(Into::into),
            Self::Users(users) => users.check(),
            Self::Plan(plan) => plan.check().map_err(Into::into),
            Self::Apply(apply) => apply.check().map_err(Into::into),
            Self::Export(export) => export.check().map_err(Into::into),
            Self::Audit(_) | Self::Doctor(_) | Self::Profile(_) => Ok(()),
        }
    }

    /// What does not happen where the settings are read only; none where it only looks.
    fn change(&self) -> Option<&'static str> {
        match self {
            Self::Topics(topics) => topics.change(),
            Self::Groups(groups) => groups.change(),
            Self::Cluster(cluster) => cluster.change(),
            Self::Acls(acls) => acls.change(),
            Self::Users(users) => users.change(),
            Self::Apply(_) => Some("nothing is applied"),
            Self::Doctor(doctor) => doctor.change(),
            // A profile is the user's own, and no part of the cluster.
            Self::Plan(_) | Self::Export(_) | Self::Audit(_) | Self::Profile(_) => None,
        }
    }

    fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::Topics(topics) => topics.run(session),
            Self::Groups(groups) => groups.run(session),
            Self::Cluster(cluster) => cluster.run(session),
            Self::Acls(acls) => acls.run(session),
            Self::Users(users) => users.run(session),
            Self::Plan(plan) => plan.run(session),
            Self::Apply(apply) => apply.run(session),
            Self::Export(export) => export.run(session),
            // They need no admin connection.
            Self::Audit(_) | Self::Doctor(_) | Self::Profile(_) => Ok(Exit::Done),
        }
    }
}
