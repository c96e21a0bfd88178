//! `groups reset`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kp_cli::{Exit, Names, Stop};
use kp_client::admin::{Chosen, Place, ResetTo};
use kp_settings::{LocalZone, StartAt};

use super::change::Change;
use super::offsets_file::OffsetsFile;
use crate::cli::chosen;
use crate::consent::Consent;
use crate::session::Session;

/// Lets a group that rests go on elsewhere, and writes a file that undoes it
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Reset {
    /// The group
    #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
    #[arg(add = Names::Groups)]
    group: String,
    /// Where it goes on: earliest, latest, an offset, +N or -N from where it is, @TIME, or @-1h
    #[arg(
        long,
        value_name = "PLACE",
        value_parser = place,
        allow_negative_numbers = true,
        required_unless_present = "from_file",
        conflicts_with = "from_file"
    )]
    to: Option<ResetTo>,
    /// What stands in a file that an earlier reset wrote
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Only this topic, or only these of its partitions (orders:0,2-4); may be given several times.
    /// Without it, all that the group has committed
    #[arg(long = "topic", value_name = "TOPIC[:P,..]", value_parser = chosen, add = Names::Topics)]
    topics: Vec<Chosen>,
    /// Where to write what was before; no file is overwritten [default: kp-undo-GROUP-TIME.json]
    #[arg(long, value_name = "FILE")]
    undo_file: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
}

impl Reset {
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.consent.check("groups reset")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let plan = match (&self.to, &self.from_file) {
            (Some(to), _) => session.admin.plan_reset(&self.group, to, &self.topics)?,
            (None, Some(path)) => {
                let file = OffsetsFile::read(path)?;
                if file.group != self.group {
                    session.say(format_args!(
                        "{} is of group {}; group {} gets its offsets",
                        path.display(),
                        file.group,
                        self.group
                    ))?;
                }
                let to = ResetTo::These(self.within(&file)?);
                session.admin.plan_reset(&self.group, &to, &[])?
            }
            // clap has one of them.
            (None, None) => return Err(Stop::new(Exit::Usage, "--to is missing").into()),
        };
        let undo_file = self.undo_file.as_deref();
        let schema = "kp.admin.groups.reset/1";
        Change { schema, plan: &plan, consent: self.consent, undo_file }.run(session)
    }

    /// What a file says of the topics that were named.
    fn within(&self, file: &OffsetsFile) -> Result<BTreeMap<Place, Option<i64>>, Stop> {
        let mut places = file.places();
        if !self.topics.is_empty() {
            places.retain(|(topic, id), _| self.topics.iter().any(|one| one.has(topic, *id)));
        }
        if places.is_empty() {
            let what = "the file says nothing of the partitions that are to be reset";
            return Err(Stop::new(Exit::Usage, what));
        }
        Ok(places)
    }
}

/// Reads where a group is to go on.
fn place(text: &str) -> Result<ResetTo, String> {
    const EXPECTED: &str = "expected earliest, latest, an offset such as 42, +N or -N from where \
        the group is, @TIME such as @2026-11-23T10:00, or @-1h";
    let by = |digits: &str, sign: i64| {
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<i64>().ok().filter(|_| plain);
        number.map(|number| ResetTo::By(sign * number)).ok_or_else(|| EXPECTED.to_owned())
    };
    match text.as_bytes().first() {
        Some(b'+') => return by(&text[1..], 1),
        Some(b'-') => return by(&text[1..], -1),
        _ => {}
    }
    match StartAt::read(text, &LocalZone::System) {
        Ok(StartAt::Earliest) => Ok(ResetTo::Earliest),
        Ok(StartAt::Latest) => Ok(ResetTo::Latest),
        Ok(StartAt::Offset(offset)) => Ok(ResetTo::Offset(offset)),
        Ok(StartAt::Time(time)) => Ok(ResetTo::Time(time)),
        Ok(StartAt::Stored | StartAt::Last(_)) => Err(EXPECTED.to_owned()),
        Err(error) => Err(format!("{error}; {EXPECTED}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_name_an_offset_a_way_or_a_time() {
        assert_eq!(place("earliest"), Ok(ResetTo::Earliest));
        assert_eq!(place("latest"), Ok(ResetTo::Latest));
        assert_eq!(place("42"), Ok(ResetTo::Offset(42)));
        assert_eq!(place("+5"), Ok(ResetTo::By(5)));
        assert_eq!(place("-5"), Ok(ResetTo::By(-5)));
        assert_eq!(place("@2024-11-22T18:26:40Z"), Ok(ResetTo::Time(1_732_300_000_000)));
        assert!(matches!(place("@-1h"), Ok(ResetTo::Time(_))));
        for not in ["", "stored", "+", "-", "+-5", "--5", "1.5", "@yesterday", "é"] {
            assert!(place(not).unwrap_err().contains("expected earliest"), "{not}");
        }
    }
}
