//! An ACL in words.

use kp_client::admin::{Acl, AclOperation, AclPattern, AclPermission, AclResource};
use serde::Serialize;

/// What each operation is called on the command line and in files.
const OPERATIONS: [(&str, AclOperation); 11] = [
    ("all", AclOperation::All),
    ("read", AclOperation::Read),
    ("write", AclOperation::Write),
    ("create", AclOperation::Create),
    ("delete", AclOperation::Delete),
    ("alter", AclOperation::Alter),
    ("describe", AclOperation::Describe),
    ("cluster-action", AclOperation::ClusterAction),
    ("describe-configs", AclOperation::DescribeConfigs),
    ("alter-configs", AclOperation::AlterConfigs),
    ("idempotent-write", AclOperation::IdempotentWrite),
];

/// An ACL for programs.
#[derive(Serialize)]
pub(crate) struct AclJson<'a> {
    principal: &'a str,
    permission: &'static str,
    operation: &'static str,
    resource: &'static str,
    name: &'a str,
    pattern: &'static str,
    host: &'a str,
    sentence: String,
}

impl<'a> AclJson<'a> {
    pub(crate) fn new(acl: &'a Acl) -> Self {
        Self {
            principal: &acl.principal,
            permission: match acl.permission {
                AclPermission::Allow => "allow",
                AclPermission::Deny => "deny",
                AclPermission::Other => "unknown",
            },
            operation: operation_name(acl.operation),
            resource: resource_name(acl.resource),
            name: &acl.name,
            pattern: match acl.pattern {
                AclPattern::Literal => "literal",
                AclPattern::Prefixed => "prefixed",
                AclPattern::Other => "unknown",
            },
            host: &acl.host,
            sentence: sentence(acl),
        }
    }
}

pub(crate) fn operation_name(operation: AclOperation) -> &'static str {
    OPERATIONS.iter().find(|(_, one)| *one == operation).map_or("unknown", |(name, _)| name)
}

/// # Errors
/// There is no such operation.
pub(crate) fn operation_of(name: &str) -> Result<AclOperation, String> {
    // Kafka's own tools write DescribeConfigs.
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    OPERATIONS.iter().find(|(one, _)| plain(one) == plain(name)).map(|(_, one)| *one).ok_or_else(
        || {
            let names: Vec<_> = OPERATIONS.iter().map(|(name, _)| *name).collect();
            format!("no operation of Kafka's; there are {}", names.join(", "))
        },
    )
}

pub(crate) fn resource_name(resource: AclResource) -> &'static str {
    match resource {
        AclResource::Topic => "topic",
        AclResource::Group => "group",
        AclResource::Cluster => "cluster",
        AclResource::TransactionalId => "transactional-id",
        AclResource::Other => "unknown",
    }
}

/// Such as `User:alice may read topic orders from any host`.
pub(crate) fn sentence(acl: &Acl) -> String {
    let who = match acl.principal.as_str() {
        "User:*" => "everybody",
        principal => principal,
    };
    let may = match acl.permission {
        AclPermission::Allow => "may",
        AclPermission::Deny => "may not",
        AclPermission::Other => "may or may not (kp cannot tell)",
    };
    let does = match acl.operation {
        AclOperation::All => "do anything with",
        AclOperation::Read => "read",
        AclOperation::Write => "write",
        AclOperation::Create => "create",
        AclOperation::Delete => "delete",
        AclOperation::Alter => "alter",
        AclOperation::Describe => "describe",
        AclOperation::ClusterAction => "act as a broker of",
        AclOperation::DescribeConfigs => "describe the configs of",
        AclOperation::AlterConfigs => "alter the configs of",
        AclOperation::IdempotentWrite => "write with idempotence to",
        AclOperation::Other => "do something that kp does not know with",
    };
    let from = match acl.host.as_str() {
        "*" => "any host".to_owned(),
        host => format!("host {host}"),
    };
    format!("{who} {may} {does} {} from {from}", thing(acl))
}

fn thing(acl: &Acl) -> String {
    let (one, all) = match acl.resource {
        // What is created in the cluster are topics.
        AclResource::Cluster if acl.operation == AclOperation::Create => {
            return "any topic of the cluster".to_owned();
        }
        AclResource::Cluster => return "the cluster".to_owned(),
        AclResource::Topic => ("topic", "topics"),
        AclResource::Group => ("group", "groups"),
        AclResource::TransactionalId => ("transactional id", "transactional ids"),
        AclResource::Other => ("something that kp does not know,", "things that kp does not know"),
    };
    let name = &acl.name;
    match acl.pattern {
        AclPattern::Literal if name == "*" => format!("all {all}"),
        AclPattern::Literal => format!("{one} {name}"),
        AclPattern::Prefixed => format!("{all} that begin with {name}"),
        AclPattern::Other => format!("{all} named in a way that kp does not know by {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(resource: AclResource, name: &str, operation: AclOperation) -> Acl {
        Acl {
            resource,
            name: name.to_owned(),
            pattern: AclPattern::Literal,
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation,
            permission: AclPermission::Allow,
        }
    }

    #[test]
    fn an_acl_is_a_sentence() {
        let read = acl(AclResource::Topic, "orders", AclOperation::Read);
        assert_eq!(sentence(&read), "User:alice may read topic orders from any host");
        let prefixed = Acl {
            permission: AclPermission::Deny,
            pattern: AclPattern::Prefixed,
            host: "10.0.0.7".to_owned(),
            ..acl(AclResource::Topic, "pay-", AclOperation::Write)
        };
        assert_eq!(
            sentence(&prefixed),
            "User:alice may not write topics that begin with pay- from host 10.0.0.7"
        );
        let everybody = Acl {
            principal: "User:*".to_owned(),
            ..acl(AclResource::Group, "*", AclOperation::All)
        };
        assert_eq!(sentence(&everybody), "everybody may do anything with all groups from any host");
        let alter = acl(AclResource::Cluster, Acl::CLUSTER, AclOperation::Alter);
        assert_eq!(sentence(&alter), "User:alice may alter the cluster from any host");
    }

    #[test]
    fn each_operation_has_one_name_and_kafkas_is_taken_too() {
        for (name, operation) in OPERATIONS {
            assert_eq!(operation_of(name), Ok(operation));
            assert_eq!(operation_name(operation), name);
        }
        assert_eq!(operation_of("DescribeConfigs"), Ok(AclOperation::DescribeConfigs));
        assert_eq!(operation_of("ALTER_CONFIGS"), Ok(AclOperation::AlterConfigs));
        assert!(operation_of("reed").unwrap_err().contains("read, write"));
    }
}
