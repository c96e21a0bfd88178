//! The words by which ACLs are named on the command line.

use clap::Args;
use kp_cli::{Exit, Names, Stop};
use kp_client::admin::{Acl, AclOperation, AclPattern, AclPermission, AclResource};

use super::words::{operation_name, operation_of};

/// What ACLs are about.
#[derive(Debug, PartialEq, Eq, Args)]
pub(super) struct Thing {
    /// The topic; * is all topics
    #[arg(long, value_name = "TOPIC", group = "thing", add = Names::Topics)]
    topic: Option<String>,
    /// The group; * is all groups
    #[arg(long, value_name = "GROUP", group = "thing", add = Names::Groups)]
    group: Option<String>,
    /// The transactional id; * is all
    #[arg(long, value_name = "ID", group = "thing")]
    transactional_id: Option<String>,
    /// The cluster as a whole, with its ACLs and users
    #[arg(long, group = "thing")]
    cluster: bool,
    /// All that begin with that name
    #[arg(long, requires = "thing", conflicts_with = "cluster")]
    pub(super) prefixed: bool,
}

impl Thing {
    pub(super) fn named(&self) -> Option<(AclResource, &str)> {
        let named = [
            (AclResource::Topic, &self.topic),
            (AclResource::Group, &self.group),
            (AclResource::TransactionalId, &self.transactional_id),
        ];
        if self.cluster {
            return Some((AclResource::Cluster, Acl::CLUSTER));
        }
        named.into_iter().find_map(|(kind, name)| Some((kind, name.as_deref()?)))
    }

    pub(super) fn pattern(&self) -> AclPattern {
        if self.prefixed { AclPattern::Prefixed } else { AclPattern::Literal }
    }

    pub(super) fn check(&self) -> Result<(), Stop> {
        match self.named() {
            Some((_, "")) => Err(usage("an empty name; * stands for all".to_owned())),
            Some((_, "*")) if self.prefixed => {
                Err(usage("* stands for all; leave --prefixed out".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// ACLs in full.
#[derive(Debug, PartialEq, Eq, Args)]
pub(super) struct Named {
    /// Who, such as User:alice; User:* is everybody
    #[arg(long, value_name = "PRINCIPAL", required = true, value_parser = principal)]
    principal: String,
    /// What may be done, separated by commas: all, read, write, create, delete, alter, describe,
    /// describe-configs, alter-configs, idempotent-write, cluster-action
    #[arg(long, value_name = "OPERATIONS", value_delimiter = ',', value_parser = operation_of)]
    #[arg(required_unless_present = "deny")]
    allow: Vec<AclOperation>,
    /// What may not be done, whatever else is allowed
    #[arg(long, value_name = "OPERATIONS", value_delimiter = ',', value_parser = operation_of)]
    deny: Vec<AclOperation>,
    /// Only from this address
    #[arg(long, value_name = "ADDRESS", default_value = "*", hide_default_value = true)]
    host: String,
    #[command(flatten)]
    thing: Thing,
}

impl Named {
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.thing.check()?;
        let Some((resource, _)) = self.thing.named() else {
            let flags = "--topic, --group, --transactional-id or --cluster";
            return Err(usage(format!("{flags} says what the ACL is about")));
        };
        for operation in self.allow.iter().chain(&self.deny) {
            check_operation(resource, *operation).map_err(usage)?;
        }
        Ok(())
    }

    /// Each once.
    pub(super) fn acls(&self) -> Vec<Acl> {
        let Some((resource, name)) = self.thing.named() else {
            return Vec::new();
        };
        let allowed = self.allow.iter().map(|one| (*one, AclPermission::Allow));
        let denied = self.deny.iter().map(|one| (*one, AclPermission::Deny));
        let mut acls: Vec<_> = allowed
            .chain(denied)
            .map(|(operation, permission)| Acl {
                resource,
                name: name.to_owned(),
                pattern: self.thing.pattern(),
                principal: self.principal.clone(),
                host: self.host.clone(),
                operation,
                permission,
            })
            .collect();
        acls.sort();
        acls.dedup();
        acls
    }

    pub(super) fn about(&self) -> Option<(AclResource, &str)> {
        self.thing.named()
    }
}

pub(crate) fn principal(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("a principal has a type: User:{}", text.trim_matches(':'))),
    }
}

/// Kafka would keep an ACL that never counts.
///
/// # Errors
/// The operation is none of this kind of thing.
pub(crate) fn check_operation(
    resource: AclResource,
    operation: AclOperation,
) -> Result<(), String> {
    use AclOperation as O;
    let (what, takes): (_, &[O]) = match resource {
        AclResource::Topic => (
            "a topic",
            &[
                O::Read,
                O::Write,
                O::Create,
                O::Delete,
                O::Alter,
                O::Describe,
                O::DescribeConfigs,
                O::AlterConfigs,
            ],
        ),
        AclResource::Group => {
            ("a group", &[O::Read, O::Delete, O::Describe, O::DescribeConfigs, O::AlterConfigs])
        }
        AclResource::TransactionalId => ("a transactional id", &[O::Write, O::Describe]),
        AclResource::Cluster => (
            "the cluster",
            &[
                O::Create,
                O::Alter,
                O::Describe,
                O::ClusterAction,
                O::DescribeConfigs,
                O::AlterConfigs,
                O::IdempotentWrite,
            ],
        ),
        AclResource::Other => return Ok(()),
    };
    if operation == O::All || takes.contains(&operation) {
        return Ok(());
    }
    let names: Vec<_> = takes.iter().map(|one| operation_name(*one)).collect();
    Err(format!(
        "{} means nothing for {what}; it takes all, {}",
        operation_name(operation),
        names.join(", ")
    ))
}

fn usage(message: String) -> Stop {
    Stop::new(Exit::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_never_counts_is_refused() {
        assert!(check_operation(AclResource::Topic, AclOperation::Read).is_ok());
        assert!(check_operation(AclResource::Cluster, AclOperation::All).is_ok());
        let error = check_operation(AclResource::Group, AclOperation::Write).unwrap_err();
        assert!(
            error.starts_with("write means nothing for a group; it takes all, read"),
            "{error}"
        );
    }

    #[test]
    fn a_principal_has_a_type() {
        assert_eq!(principal("User:alice").unwrap(), "User:alice");
        assert_eq!(principal("User:CN=a:b").unwrap(), "User:CN=a:b");
        assert!(principal("alice").unwrap_err().ends_with("User:alice"));
        assert!(principal("User:").is_err() && principal(":alice").is_err());
    }
}
