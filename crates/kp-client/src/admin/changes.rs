//! Topics as they are to be.

use kp_rdkafka::admin::{self, ItemError, Named, NewTopic};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::topics::{SHARES, TIERED, replication_factor};
use super::{Admin, each_once, partition_count};
use crate::connect;
use crate::error::Error;
use crate::replicas::{OFFSETS, TRANSACTIONS};

/// So many groups are named.
const NAMED: usize = 5;

/// A topic that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// How many partitions it got.
    pub partitions: usize,
    /// On how many brokers each is held.
    pub replication_factor: usize,
}

/// A topic that got more partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enlarged {
    /// How many it had.
    pub before: usize,
    /// How many it has.
    pub now: usize,
}

impl Admin {
    /// Creates a topic and waits until it can be used. `None` when it was made, and is not to be
    /// seen within the time of a request, or not by this user at all.
    ///
    /// # Errors
    /// The embedded broker; a topic that exists; what the broker refuses; no answer in time.
    pub fn create_topic(&self, topic: &NewTopic<'_>) -> Result<Option<Created>, Error> {
        self.needs_kafka(
            "create topics on request (it makes one on first use, or by `kp-broker --topic`)",
        )?;
        let name = topic.name;
        let what = format!("cannot create topic {name}");
        let topics = std::slice::from_ref(topic);
        let asked = self.ask(|left| admin::create_topics(self.client(), topics, left));
        let answers = asked.answer.map_err(|error| self.failed(&what, error))?;
        // One that was not there is ours, made by the try whose answer was lost.
        let is_ours = asked.again && partition_count(&self.metadata, name).is_none();
        match failures(answers).next() {
            Some((_, error)) if error.code != Code::TopicAlreadyExists => {
                let acl = format!("Create on topic {name}");
                return Err(self.refused(&what, error).needs(acl));
            }
            Some(_) if !is_ours => {
                return Err(Error::Unsuited(format!(
                    "topic {name} exists already on {}; `kp-admin topics describe {name}` shows it",
                    self.broker()
                )));
            }
            _ => {}
        }
        if self.why_hidden(&[name]).first().is_some_and(Option::is_some) {
            tracing::warn!(
                "this user may make topic {name}, and not see it (ACL Describe on topic {name})"
            );
            return Ok(None);
        }
        let created = self.wait_for(|metadata| {
            let topic = connect::topic(metadata, name)?;
            let mut partitions = topic.partitions().iter();
            partitions.all(|partition| partition.leader() >= 0).then(|| Created {
                partitions: topic.partitions().len(),
                replication_factor: replication_factor(topic),
            })
        });
        if let Some(created) = &created {
            self.until_all_know_topics(&[(name, Some(created.partitions))]);
        }
        Ok(created)
    }

    /// Deletes topics with all their messages, and waits until they are gone. When one of them does
    /// not exist, none is deleted.
    ///
    /// # Errors
    /// The embedded broker; an absent topic; what the broker refuses; no answer in time.
    pub fn delete_topics(&self, names: &[&str]) -> Result<(), Error> {
        let names = each_once(names);
        self.check_deletable(&names)?;
        let asked = self.ask(|left| admin::delete_topics(self.client(), &names, left));
        let answers = asked.answer.map_err(|error| {
            self.failed(&format!("cannot delete topic {}", names.join(", ")), error)
        })?;
        let failures: Vec<_> = failures(answers)
            // It was there: a try whose answer was lost has deleted it.
            .filter(|(_, error)| !(asked.again && error.code == Code::UnknownTopicOrPartition))
            .map(|(name, error)| match error.code {
                // They were there when this program looked.
                Code::UnknownTopicId | Code::UnknownTopicOrPartition => Error::Unsuited(format!(
                    "topic {name} on {} was deleted meanwhile by somebody else",
                    self.broker()
                )),
                _ => self
                    .refused(&format!("cannot delete topic {name}"), error)
                    .needs(format!("Delete on topic {name}")),
            })
            .collect();
        if !failures.is_empty() {
            return Err(Error::Several(failures));
        }
        let gone = self.wait_for(|metadata| {
            let mut names = names.iter();
            names.all(|name| partition_count(metadata, name).is_none()).then_some(())
        });
        if gone.is_none() {
            return Err(Error::Stalled(format!(
                "{} took the request to delete topic {}, but still shows it after {:?} (admin.timeout); \
                 `kp-admin topics list` tells when it is gone",
                self.broker(),
                names.join(", "),
                self.timeout
            )));
        }
        let gone: Vec<_> = names.iter().map(|name| (*name, None)).collect();
        self.until_all_know_topics(&gone);
        Ok(())
    }

    /// What is lost with a topic of Kafka's own, in words; none for any other topic.
    pub fn lost_with(&self, name: &str) -> Option<String> {
        let what = match name {
            OFFSETS => {
                let groups = self.groups().map(|(groups, _)| groups).unwrap_or_default();
                let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
                let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
                let groups = match names.len() {
                    0 => "every group".to_owned(),
                    1 => format!("the group {named}"),
                    count if count <= NAMED => format!("all {count} groups ({named})"),
                    count => format!("all {count} groups ({named} and others)"),
                };
                format!("what {groups} committed: reading begins again where --from or auto.offset.reset says")
            }
            TRANSACTIONS => "what transactional producers are doing: transactions that are open are never ended, and hide the \
                             messages behind them"
                .to_owned(),
            TIERED => "where the segments in tiered storage are: they can be read no more".to_owned(),
            SHARES => "how far all share groups have read: each begins anew".to_owned(),
            _ => return None,
        };
        Some(format!("{name} keeps {what}"))
    }

    /// Whether [`delete_topics`](Self::delete_topics) could delete these. It is looked at before
    /// the user is asked to confirm.
    ///
    /// # Errors
    /// The embedded broker, an absent topic.
    pub fn check_deletable(&self, names: &[&str]) -> Result<(), Error> {
        self.needs_kafka("delete topics (they end with it)")?;
        let is_missing = |name: &&&str| partition_count(&self.metadata, name).is_none();
        let missing: Vec<&str> = names.iter().filter(is_missing).copied().collect();
        let missing = self.no_topics(&missing, "Delete");
        if missing.is_empty() { Ok(()) } else { Err(Error::Several(missing)) }
    }

    /// Makes a topic have `total` partitions, and waits until they can be used.
    ///
    /// # Errors
    /// The embedded broker; an absent topic, or one that has as many already; what the broker
    /// refuses; no answer in time.
    pub fn add_partitions(&self, name: &str, total: u32) -> Result<Enlarged, Error> {
        self.needs_kafka(
            "add partitions (`kp-broker --topic NAME:PARTITIONS` starts with as many as you like)",
        )?;
        let before =
            partition_count(&self.metadata, name).ok_or_else(|| self.no_topic(name, "Alter"))?;
        if total as usize <= before {
            return Err(Error::Unsuited(format!(
                "topic {name} on {} has {before} partitions already; name a larger total, for partitions can be added but \
                 never taken away",
                self.broker()
            )));
        }
        let what = format!("cannot add partitions to topic {name}");
        let asked =
            self.ask(|left| admin::create_partitions(self.client(), &[(name, total)], left));
        let answers = asked.answer.map_err(|error| self.failed(&what, error))?;
        // A try whose answer was lost may have added them: then there are as many already.
        let was_done = |error: &ItemError| asked.again && error.code == Code::InvalidPartitions;
        if let Some((_, error)) = failures(answers).find(|(_, error)| !was_done(error)) {
            return Err(self.refused(&what, error).needs(format!("Alter on topic {name}")));
        }
        let there = self.wait_for(|metadata| {
            partition_count(metadata, name).filter(|count| *count == total as usize)
        });
        let Some(now) = there else {
            return Err(Error::Stalled(format!(
                "{} took the request to add partitions to topic {name}, but does not show them after {:?} (admin.timeout); \
                 `kp-admin topics describe {name}` tells when they are there",
                self.broker(),
                self.timeout
            )));
        };
        self.until_all_know_topics(&[(name, Some(now))]);
        Ok(Enlarged { before, now })
    }
}

fn failures(answers: Vec<Named<()>>) -> impl Iterator<Item = (String, ItemError)> {
    answers.into_iter().filter_map(|answer| answer.result.err().map(|error| (answer.name, error)))
}
