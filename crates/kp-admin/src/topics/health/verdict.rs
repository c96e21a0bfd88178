//! What is wrong with a topic, or may be soon. Nobody is asked here.

use kp_client::admin::{Partition, TopicPartitions};
use serde::Serialize;

/// How many partitions are named.
const NAMED: usize = 4;

/// What may be found, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// No leader.
    Offline,
    /// Fewer in sync than `min.insync.replicas`.
    UnderMinInSync,
    /// Fewer in sync than there are replicas.
    UnderReplicated,
    /// As many in sync as `min.insync.replicas`.
    AtMinInSync,
    /// One replica.
    Alone,
    /// Led by another broker than the first of the replicas.
    LedByOthers,
}

impl Kind {
    /// Whether something is wrong now.
    pub(super) fn is_wrong(self) -> bool {
        self <= Self::UnderReplicated
    }
}

/// One finding about one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) topic: String,
    pub(super) kind: Kind,
    /// Where it is so.
    pub(super) partitions: Vec<i32>,
    /// How many partitions the topic has.
    of: usize,
    /// Of the first of them.
    in_sync: usize,
    replicas: usize,
    min: usize,
    /// Brokers that are not in sync there, or that keep it where nobody leads.
    missing: Vec<i32>,
}

/// Whether it is so with a partition.
type Rule<'r> = &'r dyn Fn(&Partition) -> bool;

/// All that is found about a topic in a cluster of so many brokers.
pub(super) fn of(topic: &TopicPartitions, min: usize, brokers: usize) -> Vec<Finding> {
    let find = |kind: Kind, is_so: Rule<'_>| {
        let found: Vec<&Partition> = topic.partitions.iter().filter(|one| is_so(one)).collect();
        let first = found.first()?;
        let mut missing: Vec<i32> = found
            .iter()
            .flat_map(|one| one.replicas.iter().filter(|id| !one.isr.contains(id)))
            .copied()
            .collect();
        if kind == Kind::Offline {
            missing = found.iter().flat_map(|one| one.replicas.iter().copied()).collect();
        }
        missing.sort_unstable();
        missing.dedup();
        Some(Finding {
            topic: topic.name.clone(),
            kind,
            partitions: found.iter().map(|one| one.id).collect(),
            of: topic.partitions.len(),
            in_sync: first.isr.len(),
            replicas: first.replicas.len(),
            min,
            missing,
        })
    };
    let has_leader = |one: &Partition| one.leader.is_some();
    let is_short = |one: &Partition| has_leader(one) && one.isr.len() < one.replicas.len();
    // Everything that one broker alone keeps, in a cluster of one, needs no words.
    let is_alone = |one: &Partition| brokers > 1 && one.replicas.len() == 1;
    // A broker counts no more than there are (`effectiveMinIsr` in Kafka's Partition).
    let needed = |one: &Partition| min.min(one.replicas.len());
    let at_min = |one: &Partition| has_leader(one) && min > 1 && one.isr.len() == min;
    let all: [(Kind, Rule<'_>); 6] = [
        (Kind::Offline, &|one| !has_leader(one)),
        (Kind::UnderMinInSync, &|one| has_leader(one) && one.isr.len() < needed(one)),
        (Kind::UnderReplicated, &is_short),
        (Kind::AtMinInSync, &at_min),
        (Kind::Alone, &is_alone),
        (Kind::LedByOthers, &|one| {
            let preferred = one.replicas.first();
            // Where that one is not in sync, leading elsewhere is as it should be.
            has_leader(one)
                && one.leader.as_ref() != preferred
                && preferred.is_some_and(|id| one.isr.contains(id))
        }),
    ];
    all.into_iter().filter_map(|(kind, is_so)| find(kind, is_so)).collect()
}

impl Finding {
    /// One sentence: what is so, where, and what follows.
    pub(super) fn words(&self) -> String {
        let Self { topic, in_sync, replicas, min, .. } = self;
        let partitions = self.named();
        let brokers = brokers(&self.missing);
        match self.kind {
            Kind::Offline => format!(
                "{topic}: {partitions} has no leader: nothing can be read or written there until \
                 {brokers} is back"
            ),
            Kind::UnderMinInSync => format!(
                "{topic}: writes with acks=all are refused: {partitions} has {in_sync} of {replicas} \
                 replicas in sync, min.insync.replicas is {min}; not in sync: {brokers}"
            ),
            Kind::UnderReplicated => format!(
                "{topic}: {partitions} has {in_sync} of {replicas} replicas in sync; not in sync: \
                 {brokers}"
            ),
            Kind::AtMinInSync => format!(
                "{topic}: one more broker lost and acks=all writes stop: {partitions} has {in_sync} \
                 of {replicas} replicas in sync, min.insync.replicas is {min}"
            ),
            Kind::Alone => format!(
                "{topic}: {partitions} has one replica: with its broker its messages are gone"
            ),
            Kind::LedByOthers => format!(
                "{topic}: {partitions} is not led by its preferred broker; `kp-admin topics \
                 elect-leaders {topic}` gives it back"
            ),
        }
    }

    /// `partition 3`, `each of 4 partitions`, `each of partitions 0, 1, 2, 3 and 5 more`.
    fn named(&self) -> String {
        let numbers = |all: &[i32]| all.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
        match self.partitions.as_slice() {
            [one] => format!("partition {one}"),
            all if all.len() == self.of => format!("each of {} partitions", all.len()),
            all if all.len() <= NAMED => format!("each of partitions {}", numbers(all)),
            all => {
                let (first, more) = all.split_at(NAMED);
                format!("each of partitions {} and {} more", numbers(first), more.len())
            }
        }
    }
}

fn brokers(ids: &[i32]) -> String {
    match ids {
        [] => "a broker".to_owned(),
        [one] => format!("broker {one}"),
        several => {
            let numbers: Vec<_> = several.iter().map(i32::to_string).collect();
            format!("one of brokers {}", numbers.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(id: i32, leader: Option<i32>, replicas: &[i32], isr: &[i32]) -> Partition {
        Partition { id, leader, replicas: replicas.to_vec(), isr: isr.to_vec() }
    }

    fn found(partitions: Vec<Partition>, min: usize) -> Vec<(Kind, String)> {
        let topic = TopicPartitions { name: "orders".to_owned(), partitions, is_internal: false };
        of(&topic, min, 3).iter().map(|one| (one.kind, one.words())).collect()
    }

    #[test]
    fn a_topic_with_all_replicas_in_sync_and_one_to_spare_is_healthy() {
        let partitions = vec![partition(0, Some(1), &[1, 2, 3], &[1, 2, 3])];
        assert_eq!(found(partitions.clone(), 2), []);
        assert_eq!(found(partitions, 1), []);
    }

    #[test]
    fn what_stops_with_one_more_broker_is_told() {
        let lost = found(vec![partition(0, Some(1), &[1, 2, 3], &[1, 2])], 2);
        assert_eq!(
            lost,
            [
                (
                    Kind::UnderReplicated,
                    "orders: partition 0 has 2 of 3 replicas in sync; not in sync: broker 3"
                        .to_owned()
                ),
                (
                    Kind::AtMinInSync,
                    "orders: one more broker lost and acks=all writes stop: partition 0 has 2 of 3 \
                     replicas in sync, min.insync.replicas is 2"
                        .to_owned()
                ),
            ]
        );
        let none_to_spare = found(vec![partition(0, Some(1), &[1, 2], &[1, 2])], 2);
        assert_eq!(none_to_spare.len(), 1);
        assert_eq!(none_to_spare[0].0, Kind::AtMinInSync);
    }

    #[test]
    fn what_is_wrong_now_is_told_with_what_follows() {
        let refused = found(vec![partition(0, Some(1), &[1, 2, 3], &[1])], 2);
        assert_eq!(refused[0].0, Kind::UnderMinInSync);
        assert!(refused[0].1.contains("acks=all are refused") && refused[0].1.contains("2, 3"));
        let offline =
            found(vec![partition(0, Some(1), &[1], &[1]), partition(1, None, &[2], &[2])], 1);
        assert_eq!(
            offline[0],
            (
                Kind::Offline,
                "orders: partition 1 has no leader: nothing can be read or written there until \
                 broker 2 is back"
                    .to_owned()
            )
        );
        assert_eq!(offline[1].0, Kind::Alone);
        let alone = found(vec![partition(0, Some(1), &[1], &[1])], 2);
        assert_eq!(alone[0].0, Kind::Alone, "it needs no more replicas than there are: {alone:?}");
        assert!(Kind::UnderReplicated.is_wrong() && !Kind::AtMinInSync.is_wrong());
    }

    #[test]
    fn a_preferred_broker_that_is_in_sync_and_does_not_lead_is_told() {
        let elsewhere = found(vec![partition(0, Some(2), &[1, 2, 3], &[1, 2, 3])], 1);
        assert_eq!(elsewhere[0].0, Kind::LedByOthers);
        let away = found(vec![partition(0, Some(2), &[1, 2, 3], &[2, 3])], 1);
        assert!(away.iter().all(|(kind, _)| *kind != Kind::LedByOthers), "{away:?}");
    }

    #[test]
    fn many_partitions_are_told_by_the_first() {
        let all: Vec<_> = (0..9).map(|id| partition(id, None, &[1], &[])).collect();
        assert!(found(all, 1)[0].1.contains("each of 9 partitions has no leader"));
        let mut some: Vec<_> = (0..9).map(|id| partition(id, None, &[1], &[])).collect();
        some.push(partition(9, Some(1), &[1], &[1]));
        let words = &found(some, 1)[0].1;
        assert!(words.contains("each of partitions 0, 1, 2, 3 and 5 more has"), "{words}");
    }
}
