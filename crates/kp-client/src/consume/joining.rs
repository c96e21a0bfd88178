//! What keeps a consumer from getting partitions of its group, where that can be told.

use std::time::{Duration, Instant};

use kp_rdkafka::{Failure, admin};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::{Consumer, Membership};
use crate::error::Error;
use crate::other_groups::other_groups;
use crate::replicas::{OFFSETS, coordinator_shortage, leaderless};

/// How long nothing goes forward before kp looks why.
const LOOK: Duration = Duration::from_secs(2);
/// How long one question about it may take.
const ASK: Duration = Duration::from_secs(1);

impl Consumer {
    /// Why reading cannot go on after a failure, if it cannot.
    pub(super) fn deadly(&self, failure: &Failure) -> Option<Error> {
        let code = failure.code;
        let refused = |what: String| {
            let acl = format!("Read on {what}");
            Some(Error::at(what, code).needs(acl))
        };
        match code {
            Code::TopicAuthorizationFailed | Code::InvalidTopic => {
                refused(format!("topic {}", self.asked_for))
            }
            // Alone, the group is never used; librdkafka asks for its coordinator all the same.
            _ if self.membership == Membership::Alone => None,
            Code::GroupAuthorizationFailed => refused(format!("group {}", self.group)),
            Code::InconsistentGroupProtocol => {
                Some(self.other_type().unwrap_or_else(|| self.other_way()))
            }
            Code::InvalidGroupId
            | Code::InvalidSessionTimeout
            | Code::GroupMaxSizeReached
            | Code::UnsupportedAssignor => {
                Some(Error::at(format!("cannot join group {}", self.group), code))
            }
            _ => None,
        }
    }

    /// The group is one that consumers cannot join.
    fn other_type(&self) -> Option<Error> {
        let groups = other_groups(&self.connection, Some(&self.group), ASK);
        let group = groups.iter().find(|group| group.id == self.group)?;
        Some(Error::OtherType(format!(
            "group {} on {} is {}, which no consumer can join; choose another --group",
            self.group,
            self.connection.broker,
            group.is_what()
        )))
    }

    /// The group's members share out its partitions in a way that this one does not know.
    fn other_way(&self) -> Error {
        let client = &self.connection.client;
        let described = admin::describe_groups(client, &[&self.group], ASK).unwrap_or_default();
        let assignor = described
            .into_iter()
            .find_map(|group| group.result.ok())
            .map(|group| group.assignor)
            .filter(|name| !name.is_empty());
        match assignor {
            Some(name) => Error::OtherType(format!(
                "group {} shares out its partitions by {name}, and this consumer is not to; -X partition.assignment.strategy={name} makes \
                 it, or choose another --group",
                self.group
            )),
            None => Error::at(
                format!("cannot join group {}", self.group),
                Code::InconsistentGroupProtocol,
            ),
        }
    }

    /// Looks, once after something last went forward, what keeps it from going on.
    pub(super) fn look_why(&mut self) -> Result<(), Error> {
        if !self.progress.is_to_be_looked_at(Instant::now(), LOOK) {
            return Ok(());
        }
        let client = &self.connection.client;
        let obstacle = if !self.assignment.is_empty() {
            leaderless(client, &self.partitions())
        } else if self.membership != Membership::Alone && !self.connection.is_embedded() {
            if let Some(error) = self.other_type() {
                return Err(error);
            }
            coordinator_shortage(client, OFFSETS, &self.group).map(|cause| {
                format!("the coordinator of group {} cannot work: {cause}", self.group)
            })
        } else {
            None
        };
        if let Some(obstacle) = &obstacle {
            tracing::warn!("{obstacle}");
        }
        self.progress.found(obstacle);
        Ok(())
    }
}
