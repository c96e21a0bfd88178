//! The file that says how topics and ACLs should be.
//!
//! ```toml
//! [topics.orders]
//! partitions = 6
//! replication_factor = 3
//! configs = { "retention.ms" = 259200000 }
//!
//! [[acls]]
//! principal = "User:alice"
//! allow = ["read", "describe"]
//! topic = "orders"
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use kp_cli::{Exit, Stop};
use kp_client::admin::{Acl, AclOperation, AclPattern, AclPermission, AclResource};
use serde::Deserialize;

use super::state::{Actual, Desired, WantedTopic};
use crate::acls::{check_operation, operation_name, operation_of, principal};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    topics: Option<BTreeMap<TopicName, TopicEntry>>,
    acls: Option<Vec<AclEntry>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct TopicName(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicEntry {
    partitions: Option<Partitions>,
    replication_factor: Option<ReplicationFactor>,
    #[serde(default)]
    configs: BTreeMap<String, ConfigValue>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
struct Partitions(u32);

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
struct ReplicationFactor(u16);

#[derive(Deserialize)]
#[serde(try_from = "toml::Value")]
struct ConfigValue(String);

/// One or several ACLs of one principal on one thing.
#[derive(Deserialize)]
#[serde(try_from = "RawAcl")]
struct AclEntry(Vec<Acl>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAcl {
    principal: String,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    topic: Option<String>,
    group: Option<String>,
    transactional_id: Option<String>,
    #[serde(default)]
    cluster: bool,
    #[serde(default)]
    prefixed: bool,
    #[serde(default = "any_host")]
    host: String,
}

fn any_host() -> String {
    "*".to_owned()
}

impl TryFrom<String> for TopicName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        kp_settings::check_topic_name(&name).map(|()| Self(name))
    }
}

impl TryFrom<i64> for Partitions {
    type Error = String;

    fn try_from(count: i64) -> Result<Self, String> {
        let count = u32::try_from(count).ok().filter(|count| (1..=100_000).contains(count));
        count.map(Self).ok_or_else(|| "a topic has 1 to 100000 partitions".to_owned())
    }
}

impl TryFrom<i64> for ReplicationFactor {
    type Error = String;

    fn try_from(factor: i64) -> Result<Self, String> {
        let factor = u16::try_from(factor).ok().filter(|factor| (1..=32_767).contains(factor));
        factor.map(Self).ok_or_else(|| "a replication factor is 1 to 32767".to_owned())
    }
}

impl TryFrom<toml::Value> for ConfigValue {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(text) => Ok(Self(text)),
            toml::Value::Integer(number) => Ok(Self(number.to_string())),
            toml::Value::Float(number) => Ok(Self(number.to_string())),
            toml::Value::Boolean(yes) => Ok(Self(yes.to_string())),
            _ => Err("a config's value is a text, a number, true or false; \
                      its name stands in quotes: \"retention.ms\" = 60000"
                .to_owned()),
        }
    }
}

impl TryFrom<RawAcl> for AclEntry {
    type Error = String;

    fn try_from(raw: RawAcl) -> Result<Self, String> {
        let principal = principal(&raw.principal)?;
        let named = [
            (AclResource::Topic, raw.topic),
            (AclResource::Group, raw.group),
            (AclResource::TransactionalId, raw.transactional_id),
            (AclResource::Cluster, raw.cluster.then(|| Acl::CLUSTER.to_owned())),
        ];
        let mut named = named.into_iter().filter_map(|(kind, name)| Some((kind, name?)));
        let (Some((resource, name)), None) = (named.next(), named.next()) else {
            return Err("an ACL is about one of topic, group, transactional_id, or cluster = true"
                .to_owned());
        };
        if name.is_empty() || (raw.prefixed && (name == "*" || resource == AclResource::Cluster)) {
            return Err("prefixed takes the beginning of a name; \"*\" alone is all".to_owned());
        }
        let operations = |names: Vec<String>, permission| {
            names.into_iter().map(move |name| {
                let operation = operation_of(&name).map_err(|why| format!("{name}: {why}"))?;
                check_operation(resource, operation).map(|()| (operation, permission))
            })
        };
        let all: Vec<(AclOperation, AclPermission)> = operations(raw.allow, AclPermission::Allow)
            .chain(operations(raw.deny, AclPermission::Deny))
            .collect::<Result<_, String>>()?;
        if all.is_empty() {
            return Err(
                "an ACL has operations to allow or to deny, such as allow = [\"read\"]".to_owned()
            );
        }
        let pattern = if raw.prefixed { AclPattern::Prefixed } else { AclPattern::Literal };
        let acls = all.into_iter().map(|(operation, permission)| Acl {
            resource,
            name: name.clone(),
            pattern,
            principal: principal.clone(),
            host: raw.host.clone(),
            operation,
            permission,
        });
        Ok(Self(acls.collect()))
    }
}

/// Reads the file.
///
/// # Errors
/// It cannot be read, or says what cannot be; the message has the line and the key.
pub(super) fn read(path: &Path) -> Result<Desired, Stop> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Stop::new(Exit::Settings, format!("cannot read {}: {error}", path.display()))
    })?;
    parse(&text).map_err(|why| Stop::new(Exit::Settings, format!("{}:{why}", path.display())))
}

/// The error reads on after the file's name and a colon.
fn parse(text: &str) -> Result<Desired, String> {
    let syntax = |error: toml::de::Error| place(text, &error);
    let deserializer = toml::de::Deserializer::parse(text).map_err(syntax)?;
    let file: File = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let key = if path == "." { String::new() } else { format!("{path}: ") };
        let (line, message) = (line_of(text, error.inner()), error.inner().message());
        format!("{line} {key}{message}")
    })?;
    let topics = file.topics.map(|topics| {
        topics.into_iter().map(|(name, topic)| (name.0, WantedTopic::from(topic))).collect()
    });
    let acls = file.acls.map(|acls| acls.into_iter().flat_map(|entry| entry.0).collect());
    Ok(Desired { topics, acls })
}

fn place(text: &str, error: &toml::de::Error) -> String {
    format!("{} {}", line_of(text, error), error.message())
}

/// `12:`, or nothing where the place is not known.
fn line_of(text: &str, error: &toml::de::Error) -> String {
    error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or_else(String::new, |before| format!("{}:", before.matches('\n').count() + 1))
}

impl From<TopicEntry> for WantedTopic {
    fn from(entry: TopicEntry) -> Self {
        let configs = entry.configs.into_iter();
        Self {
            partitions: entry.partitions.map(|count| count.0),
            replication_factor: entry.replication_factor.map(|factor| factor.0),
            configs: configs.map(|(name, value)| (name, value.0)).collect(),
        }
    }
}

/// The file of a cluster as it is; without ACLs where there is no authorizer.
pub(super) fn written(actual: &Actual, acls: Option<&BTreeSet<Acl>>) -> String {
    let mut file = String::new();
    for (name, topic) in actual.topics.iter().filter(|(_, topic)| !topic.is_internal) {
        let _ = writeln!(file, "[topics.{}]", quoted(name));
        let _ = writeln!(file, "partitions = {}", topic.partitions);
        let _ = writeln!(file, "replication_factor = {}", topic.replication_factor);
        let mut set = topic.configs.iter().filter(|(_, config)| config.is_set).peekable();
        if set.peek().is_some() {
            let _ = writeln!(file, "[topics.{}.configs]", quoted(name));
        }
        for (config, now) in set {
            let _ = writeln!(file, "{} = {}", quoted(config), quoted(&now.value));
        }
        file.push('\n');
    }
    let Some(acls) = acls else {
        return file;
    };
    // Of one principal on one thing, in one permission.
    let mut entries: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for acl in acls {
        let thing = (acl.resource, &acl.name, acl.pattern);
        let entry = (thing, &acl.principal, &acl.host, acl.permission);
        entries.entry(entry).or_default().push(operation_name(acl.operation));
    }
    for (((resource, name, pattern), principal, host, permission), operations) in entries {
        let operations: Vec<_> = operations.into_iter().map(quoted).collect();
        let verb = if permission == AclPermission::Deny { "deny" } else { "allow" };
        let _ = writeln!(file, "[[acls]]\nprincipal = {}", quoted(principal));
        let _ = writeln!(file, "{verb} = [{}]", operations.join(", "));
        let _ = match resource {
            AclResource::Cluster => writeln!(file, "cluster = true"),
            AclResource::Group => writeln!(file, "group = {}", quoted(name)),
            AclResource::TransactionalId => writeln!(file, "transactional_id = {}", quoted(name)),
            _ => writeln!(file, "topic = {}", quoted(name)),
        };
        if pattern == AclPattern::Prefixed {
            file.push_str("prefixed = true\n");
        }
        if host != "*" {
            let _ = writeln!(file, "host = {}", quoted(host));
        }
        file.push('\n');
    }
    file
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::changes::{Unnamed, changes};
    use super::super::state::{Config, Topic};
    use super::*;

    #[test]
    fn a_file_is_read() {
        let text = "[topics.orders]\npartitions = 6\nconfigs = { \"retention.ms\" = 60000 }\n\
                    [[acls]]\nprincipal = \"User:alice\"\nallow = [\"read\", \"describe\"]\n\
                    topic = \"pay-\"\nprefixed = true\n";
        let desired = parse(text).unwrap();
        let topic = &desired.topics.unwrap()["orders"];
        assert_eq!((topic.partitions, topic.replication_factor), (Some(6), None));
        assert_eq!(topic.configs["retention.ms"], "60000");
        let acls = desired.acls.unwrap();
        assert_eq!(acls.len(), 2);
        assert!(acls.iter().all(|acl| acl.pattern == AclPattern::Prefixed && acl.host == "*"));
        assert_eq!(parse("").unwrap(), Desired::default());
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_its_key() {
        for (text, said) in [
            ("[topics.orders]\npartitons = 6\n", "2: topics.orders.partitons: unknown field"),
            ("[topics.orders]\n\npartitions = 0\n", "3: topics.orders.partitions: a topic has 1"),
            ("[topics.orders]\npartitions = \"6\"\n", "2: topics.orders.partitions: invalid type"),
            ("[topics.\"a b\"]\npartitions = 1\n", "a b"),
            ("[topics.t.configs]\nretention.ms = 1\n", "stands in quotes"),
            ("topics = \n", "1: "),
            ("[[acls]]\nprincipal = \"alice\"\nallow = [\"read\"]\ntopic = \"t\"\n", "User:alice"),
            (
                "[[acls]]\nprincipal = \"User:a\"\nallow = [\"reed\"]\ntopic = \"t\"\n",
                "reed: no op",
            ),
            (
                "[[acls]]\nprincipal = \"User:a\"\nallow = [\"write\"]\ngroup = \"g\"\n",
                "nothing for a group",
            ),
            (
                "[[acls]]\nprincipal = \"User:a\"\nallow = [\"read\"]\n",
                "1: acls[0]: an ACL is about one",
            ),
            ("[[acls]]\nprincipal = \"User:a\"\ntopic = \"t\"\n", "allow = [\"read\"]"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
            assert!(error.lines().count() == 1, "{error}");
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        proptest::string::string_regex("(?s).{1,6}").unwrap()
    }

    proptest! {
        #[test]
        fn what_is_exported_needs_no_change(
            topics in proptest::collection::btree_map("[a-c._-][a-z0-9]{1,3}", (1..9_u32, 1..4_u16,
                proptest::collection::btree_map("[a-z. ]{1,6}", (texts(), any::<bool>()), 0..3)), 0..3),
            principals in proptest::collection::vec((texts(), texts(), any::<bool>()), 0..3),
        ) {
            let topics = topics.into_iter().map(|(name, (partitions, replication_factor, configs))| {
                let configs = configs.into_iter();
                let configs = configs.map(|(name, (value, is_set))| (name, Config { value, is_set }));
                let configs = configs.collect();
                (name, Topic { partitions, replication_factor, is_internal: false, configs })
            });
            let acls: BTreeSet<Acl> = principals.into_iter().map(|(name, host, is_prefixed)| Acl {
                resource: AclResource::Topic,
                pattern: if is_prefixed { AclPattern::Prefixed } else { AclPattern::Literal },
                principal: format!("User:{name}"),
                name: format!("t{name}"),
                host,
                operation: AclOperation::Read,
                permission: AclPermission::Deny,
            }).collect();
            let actual = Actual { topics: topics.collect(), acls: acls.clone() };
            let file = written(&actual, Some(&acls));
            let desired = parse(&file).unwrap();
            let left = changes(&desired, &actual, Unnamed::Pruned);
            prop_assert!(left.is_empty(), "{left:?}\n{file}");
        }

        #[test]
        fn no_file_is_more_than_an_error(text in "(?s).{0,60}") {
            let _ = parse(&text);
        }
    }
}
