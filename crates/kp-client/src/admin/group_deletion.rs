//! Groups that are to be gone.

use kp_rdkafka::admin;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::groups::DescribedGroup;
use super::{Admin, each_once};
use crate::error::Error;

impl Admin {
    /// The groups that [`delete_groups`](Self::delete_groups) could delete, with what is lost with
    /// each. When one of them cannot be deleted, none is returned.
    ///
    /// # Errors
    /// The embedded broker; a group that does not exist, or that has members; a refusal; no answer
    /// in time.
    pub fn plan_delete_groups(&self, names: &[&str]) -> Result<Vec<DescribedGroup>, Error> {
        self.needs_kafka("delete groups (they end with it)")?;
        let described = self.described(names, "Delete")?;
        let mut failures = described.failures;
        let used = described.groups.iter().filter(|group| !group.members.is_empty());
        failures.extend(used.map(|group| self.in_use(&group.name, &group.members)));
        if failures.is_empty() { Ok(described.groups) } else { Err(Error::one_of(failures)) }
    }

    /// Deletes groups with what they committed. Returns those that are gone, and why others are
    /// not.
    ///
    /// # Errors
    /// No answer in time, or a refusal of the whole.
    pub fn delete_groups<'n>(
        &self,
        names: &[&'n str],
    ) -> Result<(Vec<&'n str>, Vec<Error>), Error> {
        let names = each_once(names);
        let asked = self.ask(|left| admin::delete_groups(self.client(), &names, left));
        let answers = asked.answer.map_err(|error| {
            self.failed(&format!("cannot delete group {}", names.join(", ")), error)
        })?;
        let mut failures = Vec::new();
        let is_told = |name: &&str| answers.iter().any(|answer| answer.name == **name);
        let (mut deleted, untold): (Vec<&str>, Vec<_>) = names.into_iter().partition(is_told);
        failures.extend(untold.into_iter().map(|name| {
            Error::Unsuited(format!(
                "{} left group {name} out of its answer, so that it is not known whether it was \
                 deleted; `kp-admin groups list` tells",
                self.broker()
            ))
        }));
        for answer in answers {
            let Err(error) = answer.result else { continue };
            // It was there: a try whose answer was lost has deleted it, or somebody else has.
            if error.code == Code::GroupIdNotFound {
                continue;
            }
            let name = &answer.name;
            deleted.retain(|deleted| deleted != name);
            failures.push(match error.code {
                Code::NonEmptyGroup => Error::InUse(vec![format!(
                    "cannot delete group {name} on {}: a member joined meanwhile; stop it, and try \
                     again",
                    self.broker()
                )]),
                _ => self
                    .refused(&format!("cannot delete group {name}"), error)
                    .needs(format!("Delete on group {name}")),
            });
        }
        Ok((deleted, failures))
    }
}
