//! From what is and what should be to what has to change. Pure: it asks nobody.

use kp_client::admin::{Acl, AclOperation, AclPattern, AclPermission, AclResource};

use super::state::{Actual, Desired, Topic, WantedTopic};

/// Whether what the file does not name is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// It stays as it is.
    Left,
    /// It goes, of each kind of thing that the file names at all.
    Pruned,
}

/// One thing that has to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    CreateTopic {
        topic: String,
        wanted: WantedTopic,
    },
    AddPartitions {
        topic: String,
        from: u32,
        to: u32,
    },
    SetConfig {
        topic: String,
        config: String,
        from: Option<String>,
        to: String,
    },
    UnsetConfig {
        topic: String,
        config: String,
        from: String,
    },
    AddAcl(Acl),
    RemoveAcl(Acl),
    DeleteTopic {
        topic: String,
    },
    /// What nobody can do, or kp does not.
    Impossible(Impossible),
}

/// What should be and cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Impossible {
    FewerPartitions { topic: String, from: u32, to: u32 },
    ReplicationFactor { topic: String, from: u16, to: u16 },
}

/// What has to change, in the order in which it is done: what is added comes before what is taken
/// away, so that nobody is locked out in between. ACLs go last: one of them may be what lets this
/// user take a topic away.
pub(super) fn changes(desired: &Desired, actual: &Actual, unnamed: Unnamed) -> Vec<Change> {
    let mut changes = Vec::new();
    let wanted = desired.topics.iter().flatten();
    for (name, wanted) in wanted.clone() {
        if !actual.topics.contains_key(name) {
            let (topic, wanted) = (name.clone(), wanted.clone());
            changes.push(Change::CreateTopic { topic, wanted });
        }
    }
    let both =
        || wanted.clone().filter_map(|(name, one)| Some((name, one, actual.topics.get(name)?)));
    for (name, wanted, is) in both() {
        changes.extend(shape(name, wanted, is));
    }
    for (name, wanted, is) in both() {
        changes.extend(configs(name, wanted, is, unnamed));
    }
    if let Some(acls) = &desired.acls {
        changes.extend(acls.difference(&actual.acls).cloned().map(Change::AddAcl));
    }
    if unnamed == Unnamed::Left {
        return changes;
    }
    if let Some(topics) = &desired.topics {
        let others = actual.topics.iter();
        let others = others.filter(|(name, is)| !topics.contains_key(*name) && !is.is_internal);
        let others = others.filter(|(name, _)| !is_of_a_tool(name));
        changes.extend(others.map(|(name, _)| Change::DeleteTopic { topic: name.clone() }));
    }
    if let Some(acls) = &desired.acls {
        let others = actual.acls.difference(acls).filter(|acl| is_known(acl));
        changes.extend(others.cloned().map(Change::RemoveAcl));
    }
    changes
}

/// Tools keep their state in topics that are named so: `_schemas` has all schemas of a registry.
fn is_of_a_tool(topic: &str) -> bool {
    topic.starts_with('_')
}

fn shape(name: &str, wanted: &WantedTopic, is: &Topic) -> Vec<Change> {
    let topic = || name.to_owned();
    let mut changes = Vec::new();
    match wanted.partitions {
        Some(to) if to > is.partitions => {
            changes.push(Change::AddPartitions { topic: topic(), from: is.partitions, to });
        }
        Some(to) if to < is.partitions => {
            changes.push(Change::Impossible(Impossible::FewerPartitions {
                topic: topic(),
                from: is.partitions,
                to,
            }))
        }
        _ => {}
    }
    if let Some(to) = wanted.replication_factor.filter(|to| *to != is.replication_factor) {
        changes.push(Change::Impossible(Impossible::ReplicationFactor {
            topic: topic(),
            from: is.replication_factor,
            to,
        }));
    }
    changes
}

fn configs(name: &str, wanted: &WantedTopic, is: &Topic, unnamed: Unnamed) -> Vec<Change> {
    let mut changes = Vec::new();
    for (config, to) in &wanted.configs {
        let now = is.configs.get(config);
        if !now.is_some_and(|now| now.is_set && is_same(&now.value, to)) {
            changes.push(Change::SetConfig {
                topic: name.to_owned(),
                config: config.clone(),
                from: now.map(|now| now.value.clone()),
                to: to.clone(),
            });
        }
    }
    if unnamed == Unnamed::Pruned {
        let set = is.configs.iter().filter(|(_, now)| now.is_set);
        let others = set.filter(|(config, _)| !wanted.configs.contains_key(*config));
        changes.extend(others.map(|(config, now)| Change::UnsetConfig {
            topic: name.to_owned(),
            config: config.clone(),
            from: now.value.clone(),
        }));
    }
    changes
}

/// Kafka takes spaces after a list's commas, and does not keep them all.
fn is_same(one: &str, other: &str) -> bool {
    let parts = |text| str::split(text, ',').map(str::trim);
    parts(one).eq(parts(other))
}

/// Only what is known can be removed.
pub(super) fn is_known(acl: &Acl) -> bool {
    acl.resource != AclResource::Other
        && acl.pattern != AclPattern::Other
        && acl.operation != AclOperation::Other
        && acl.permission != AclPermission::Other
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::state::Config;
    use super::*;

    const DEFAULT: &str = "the default";

    /// Makes the changes on paper.
    fn apply(actual: &mut Actual, changes: &[Change]) {
        for change in changes {
            match change.clone() {
                Change::CreateTopic { topic, wanted } => {
                    let configs = wanted.configs.into_iter();
                    let topic_now = Topic {
                        partitions: wanted.partitions.unwrap_or(1),
                        replication_factor: wanted.replication_factor.unwrap_or(1),
                        is_internal: false,
                        configs: configs
                            .map(|(name, value)| (name, Config { value, is_set: true }))
                            .collect(),
                    };
                    assert!(actual.topics.insert(topic, topic_now).is_none());
                }
                Change::AddPartitions { topic, from, to } => {
                    let topic = actual.topics.get_mut(&topic).unwrap();
                    assert_eq!(topic.partitions, from);
                    topic.partitions = to;
                }
                Change::SetConfig { topic, config, to, .. } => {
                    let topic = actual.topics.get_mut(&topic).unwrap();
                    topic.configs.insert(config, Config { value: to, is_set: true });
                }
                Change::UnsetConfig { topic, config, .. } => {
                    let value = DEFAULT.to_owned();
                    let topic = actual.topics.get_mut(&topic).unwrap();
                    topic.configs.insert(config, Config { value, is_set: false });
                }
                Change::AddAcl(acl) => assert!(actual.acls.insert(acl)),
                Change::RemoveAcl(acl) => assert!(actual.acls.remove(&acl)),
                Change::DeleteTopic { topic } => assert!(actual.topics.remove(&topic).is_some()),
                Change::Impossible(_) => {}
            }
        }
    }

    fn acl() -> impl Strategy<Value = Acl> {
        let resource = prop_oneof![
            Just(AclResource::Topic),
            Just(AclResource::Group),
            Just(AclResource::Other)
        ];
        let operation = prop_oneof![Just(AclOperation::Read), Just(AclOperation::Describe)];
        (resource, operation, "[ab]").prop_map(|(resource, operation, name)| Acl {
            resource,
            name,
            pattern: AclPattern::Literal,
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation,
            permission: AclPermission::Allow,
        })
    }

    fn config() -> impl Strategy<Value = (String, String)> {
        ("[kl]", "[12]")
    }

    fn desired() -> impl Strategy<Value = Desired> {
        let topic = (
            proptest::option::of(1..4_u32),
            proptest::option::of(1..3_u16),
            proptest::collection::btree_map("[kl]", "[12]", 0..3),
        );
        let topic = topic.prop_map(|(partitions, replication_factor, configs)| WantedTopic {
            partitions,
            replication_factor,
            configs,
        });
        let topics = proptest::collection::btree_map("[abcd]|_s", topic, 0..4);
        // What is not known cannot be written into a file.
        let acls = proptest::collection::btree_set(acl().prop_filter("known", is_known), 0..4);
        (proptest::option::of(topics), proptest::option::of(acls))
            .prop_map(|(topics, acls)| Desired { topics, acls })
    }

    fn actual() -> impl Strategy<Value = Actual> {
        let configs = proptest::collection::vec((config(), any::<bool>()), 0..3);
        let topic = (1..4_u32, 1..3_u16, any::<bool>(), configs).prop_map(
            |(partitions, replication_factor, is_internal, configs)| Topic {
                partitions,
                replication_factor,
                is_internal,
                configs: configs
                    .into_iter()
                    .map(|((name, value), is_set)| (name, Config { value, is_set }))
                    .collect(),
            },
        );
        let topics = proptest::collection::btree_map("[abcd]|_s", topic, 0..4);
        (topics, proptest::collection::btree_set(acl(), 0..4))
            .prop_map(|(topics, acls)| Actual { topics, acls })
    }

    fn set(topic: &Topic) -> BTreeMap<&String, &String> {
        let configs = topic.configs.iter();
        configs.filter(|(_, one)| one.is_set).map(|(name, one)| (name, &one.value)).collect()
    }

    fn is_impossible(change: &Change) -> bool {
        matches!(change, Change::Impossible(_))
    }

    proptest! {
        #[test]
        fn what_was_applied_is_as_desired_and_nothing_is_left_to_do(
            desired in desired(),
            before in actual(),
            prunes in any::<bool>(),
        ) {
            let unnamed = if prunes { Unnamed::Pruned } else { Unnamed::Left };
            let plan = changes(&desired, &before, unnamed);
            let mut after = before.clone();
            apply(&mut after, &plan);
            let again = changes(&desired, &after, unnamed);
            prop_assert!(again.iter().all(is_impossible), "{again:?}");
            let kept = plan.into_iter().filter(is_impossible).collect::<Vec<_>>();
            prop_assert_eq!(&again, &kept);

            for (name, wanted) in desired.topics.iter().flatten() {
                let now = &after.topics[name];
                let impossible = |change: &&Change| match change {
                    Change::Impossible(
                        Impossible::FewerPartitions { topic, .. }
                        | Impossible::ReplicationFactor { topic, .. },
                    ) => topic == name,
                    _ => false,
                };
                if !kept.iter().any(|change| impossible(&change)) {
                    prop_assert!(wanted.partitions.is_none_or(|count| count == now.partitions));
                    let factor = wanted.replication_factor;
                    prop_assert!(factor.is_none_or(|factor| factor == now.replication_factor));
                }
                let wanted: BTreeMap<_, _> = wanted.configs.iter().collect();
                match unnamed {
                    Unnamed::Pruned => prop_assert_eq!(set(now), wanted),
                    Unnamed::Left => {
                        let set = set(now);
                        prop_assert!(wanted.iter().all(|(name, value)| set.get(*name) == Some(value)));
                    }
                }
            }
            // What the file does not name.
            for (name, was) in &before.topics {
                let is_named = desired.topics.as_ref().is_some_and(|topics| topics.contains_key(name));
                if is_named {
                    continue;
                }
                let stays = !prunes
                    || was.is_internal
                    || is_of_a_tool(name)
                    || desired.topics.is_none();
                prop_assert_eq!(after.topics.get(name), stays.then_some(was));
            }
            for acl in &before.acls {
                let is_named = desired.acls.as_ref().is_some_and(|acls| acls.contains(acl));
                let stays = is_named || !prunes || desired.acls.is_none() || !is_known(acl);
                prop_assert_eq!(after.acls.contains(acl), stays);
            }
            let named = desired.acls.iter().flatten();
            prop_assert!(named.clone().all(|acl| after.acls.contains(acl)));
        }
    }

    #[test]
    fn a_config_that_only_is_the_default_is_set_and_spaces_in_a_list_are_no_change() {
        let mut actual = Actual::default();
        let config = |value: &str, is_set| Config { value: value.to_owned(), is_set };
        let configs = BTreeMap::from([
            ("cleanup.policy".to_owned(), config("compact,delete", true)),
            ("retention.ms".to_owned(), config("1", false)),
        ]);
        let topic = Topic { partitions: 1, replication_factor: 1, is_internal: false, configs };
        actual.topics.insert("t".to_owned(), topic);
        let wanted = WantedTopic {
            configs: BTreeMap::from([
                ("cleanup.policy".to_owned(), "compact, delete".to_owned()),
                ("retention.ms".to_owned(), "1".to_owned()),
            ]),
            ..WantedTopic::default()
        };
        let topics = Some(BTreeMap::from([("t".to_owned(), wanted)]));
        let desired = Desired { topics, acls: None };
        let set = Change::SetConfig {
            topic: "t".to_owned(),
            config: "retention.ms".to_owned(),
            from: Some("1".to_owned()),
            to: "1".to_owned(),
        };
        assert_eq!(changes(&desired, &actual, Unnamed::Pruned), [set]);
    }
}
