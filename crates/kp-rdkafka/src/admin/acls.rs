//! Access control lists: who may do what with what.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::ffi::{c_char, c_int};
use std::time::Duration;

use rdkafka::bindings as sys;
use sys::rd_kafka_AclOperation_t as RawOperation;
use sys::rd_kafka_AclPermissionType_t as RawPermission;
use sys::rd_kafka_ResourcePatternType_t as RawPattern;
use sys::rd_kafka_ResourceType_t as RawResource;

use super::error::{self, AdminError, ItemError, c_text};
use super::request::{Kind, Pending, Request, Whom};
use crate::client::Client;
use crate::native::{self, Owned, Reason, array, text};

const DESCRIBE_ACLS: Kind = Kind {
    name: "list ACLs",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBEACLS,
    answer: sys::RD_KAFKA_EVENT_DESCRIBEACLS_RESULT,
};
const CREATE_ACLS: Kind = Kind {
    name: "add ACLs",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATEACLS,
    answer: sys::RD_KAFKA_EVENT_CREATEACLS_RESULT,
};
const DELETE_ACLS: Kind = Kind {
    name: "remove ACLs",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETEACLS,
    answer: sys::RD_KAFKA_EVENT_DELETEACLS_RESULT,
};

/// What kind of thing an ACL is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclResource {
    /// The cluster as a whole, whose name is [`Acl::CLUSTER`].
    Cluster,
    /// Topics.
    Topic,
    /// Groups.
    Group,
    /// Transactional ids.
    TransactionalId,
    /// A kind that librdkafka does not know, such as delegation tokens.
    Other,
}

/// How an ACL names its things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclPattern {
    /// The one of this name; `*` is all.
    Literal,
    /// All that begin so.
    Prefixed,
    /// A way that librdkafka does not know.
    Other,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclOperation {
    /// Whatever there is.
    All,
    /// Read messages, or read in a group.
    Read,
    /// Write messages, or use a transactional id.
    Write,
    /// Create it.
    Create,
    /// Delete it.
    Delete,
    /// Change it; of the cluster: its ACLs and users as well.
    Alter,
    /// See it.
    Describe,
    /// What brokers do among themselves.
    ClusterAction,
    /// See its configs.
    DescribeConfigs,
    /// Change its configs.
    AlterConfigs,
    /// Write with idempotence; brokers since Kafka 3.0 need it no more.
    IdempotentWrite,
    /// One that librdkafka does not know.
    Other,
}

/// Whether an ACL allows or denies. What denies is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclPermission {
    /// It may.
    Allow,
    /// It may not.
    Deny,
    /// Something that librdkafka does not know.
    Other,
}

/// One access control list, which is one sentence: who may do what with what, from where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acl {
    /// The kind of thing.
    pub resource: AclResource,
    /// Its name, or how its name begins.
    pub name: String,
    /// Which of the two it is.
    pub pattern: AclPattern,
    /// Who, such as `User:alice`; `User:*` is everybody.
    pub principal: String,
    /// From which address; `*` is any.
    pub host: String,
    /// What.
    pub operation: AclOperation,
    /// Whether it may.
    pub permission: AclPermission,
}

impl Acl {
    /// The name of the only thing of its kind.
    pub const CLUSTER: &'static str = "kafka-cluster";
}

impl AclResource {
    fn raw(self) -> RawResource {
        match self {
            Self::Topic => RawResource::RD_KAFKA_RESOURCE_TOPIC,
            Self::Group => RawResource::RD_KAFKA_RESOURCE_GROUP,
            // The protocol has one number for a broker's configs and for the cluster's ACLs.
            Self::Cluster => RawResource::RD_KAFKA_RESOURCE_BROKER,
            Self::TransactionalId => RawResource::RD_KAFKA_RESOURCE_TRANSACTIONAL_ID,
            Self::Other => RawResource::RD_KAFKA_RESOURCE_UNKNOWN,
        }
    }

    fn of(number: c_int) -> Self {
        match number {
            2 => Self::Topic,
            3 => Self::Group,
            4 => Self::Cluster,
            5 => Self::TransactionalId,
            _ => Self::Other,
        }
    }
}

impl AclPattern {
    fn raw(self) -> RawPattern {
        match self {
            Self::Literal => RawPattern::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
            Self::Prefixed => RawPattern::RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
            Self::Other => RawPattern::RD_KAFKA_RESOURCE_PATTERN_UNKNOWN,
        }
    }

    fn of(number: c_int) -> Self {
        match number {
            3 => Self::Literal,
            4 => Self::Prefixed,
            _ => Self::Other,
        }
    }
}

impl AclOperation {
    fn raw(self) -> RawOperation {
        match self {
            Self::All => RawOperation::RD_KAFKA_ACL_OPERATION_ALL,
            Self::Read => RawOperation::RD_KAFKA_ACL_OPERATION_READ,
            Self::Write => RawOperation::RD_KAFKA_ACL_OPERATION_WRITE,
            Self::Create => RawOperation::RD_KAFKA_ACL_OPERATION_CREATE,
            Self::Delete => RawOperation::RD_KAFKA_ACL_OPERATION_DELETE,
            Self::Alter => RawOperation::RD_KAFKA_ACL_OPERATION_ALTER,
            Self::Describe => RawOperation::RD_KAFKA_ACL_OPERATION_DESCRIBE,
            Self::ClusterAction => RawOperation::RD_KAFKA_ACL_OPERATION_CLUSTER_ACTION,
            Self::DescribeConfigs => RawOperation::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
            Self::AlterConfigs => RawOperation::RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS,
            Self::IdempotentWrite => RawOperation::RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE,
            Self::Other => RawOperation::RD_KAFKA_ACL_OPERATION_UNKNOWN,
        }
    }

    /// The protocol's numbers, which librdkafka passes on.
    pub(super) fn of(number: c_int) -> Self {
        match number {
            2 => Self::All,
            3 => Self::Read,
            4 => Self::Write,
            5 => Self::Create,
            6 => Self::Delete,
            7 => Self::Alter,
            8 => Self::Describe,
            9 => Self::ClusterAction,
            10 => Self::DescribeConfigs,
            11 => Self::AlterConfigs,
            12 => Self::IdempotentWrite,
            _ => Self::Other,
        }
    }
}

impl AclPermission {
    fn raw(self) -> RawPermission {
        match self {
            Self::Deny => RawPermission::RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
            Self::Allow => RawPermission::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
            Self::Other => RawPermission::RD_KAFKA_ACL_PERMISSION_TYPE_UNKNOWN,
        }
    }

    fn of(number: c_int) -> Self {
        match number {
            2 => Self::Deny,
            3 => Self::Allow,
            _ => Self::Other,
        }
    }
}

/// The ACLs that count for one thing, those for all and for a beginning of its name included; or
/// all ACLs.
///
/// librdkafka 2.12.1 drops the broker's refusal, and so an **empty list may be one**: because there
/// is no authorizer, or because this user may not see ACLs.
///
/// # Errors
/// [`AdminError`].
pub fn describe_acls(
    client: &Client,
    about: Option<(AclResource, &str)>,
    timeout: Duration,
) -> Result<Vec<Acl>, AdminError> {
    ask_acls(client, Whom::Any, about, timeout)?.wait()
}

/// As [`describe_acls`], without waiting for the answer.
///
/// # Errors
/// [`AdminError`], when it cannot even be asked.
pub fn ask_acls(
    client: &Client,
    whom: Whom,
    about: Option<(AclResource, &str)>,
    timeout: Duration,
) -> Result<Pending<Vec<Acl>>, AdminError> {
    let name = about
        .map(|(_, name)| c_text(DESCRIBE_ACLS.name, "the name in an ACL", name))
        .transpose()?;
    let (resource, pattern) = match about {
        Some((resource, _)) => (resource.raw(), RawPattern::RD_KAFKA_RESOURCE_PATTERN_MATCH),
        None => (RawResource::RD_KAFKA_RESOURCE_ANY, RawPattern::RD_KAFKA_RESOURCE_PATTERN_ANY),
    };
    let mut reason = Reason::new();
    // SAFETY: texts are null or alive, and copied; the buffer's true length is given; what is made
    // is ours to free.
    let filter = unsafe {
        Owned::new(
            sys::rd_kafka_AclBindingFilter_new(
                resource,
                name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr()),
                pattern,
                std::ptr::null(),
                std::ptr::null(),
                RawOperation::RD_KAFKA_ACL_OPERATION_ANY,
                RawPermission::RD_KAFKA_ACL_PERMISSION_TYPE_ANY,
                reason.as_mut_ptr(),
                reason.len(),
            ),
            sys::rd_kafka_AclBinding_destroy,
        )
    };
    let filter = filter.ok_or_else(|| {
        DESCRIBE_ACLS.argument(
            "the name in an ACL",
            about.map_or("", |(_, name)| name),
            reason.to_string(),
        )
    })?;
    let request = Request::new(client, DESCRIBE_ACLS, timeout)?.of(whom)?;
    // SAFETY: all of it is alive, and the filter is copied.
    let sent = request.send(|client, options, queue| unsafe {
        sys::rd_kafka_DescribeAcls(client, filter.raw(), options, queue);
    });
    Ok(Pending::new(sent, read_acls))
}

fn read_acls(event: *mut sys::rd_kafka_event_t) -> Vec<Acl> {
    // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
    unsafe {
        let result = sys::rd_kafka_event_DescribeAcls_result(event);
        array(|count| sys::rd_kafka_DescribeAcls_result_acls(result, count))
            .into_iter()
            .map(|acl| read_acl(acl))
            .collect()
    }
}

/// Adds ACLs. One that is there already is no error. The results are in the order of the ACLs.
///
/// # Errors
/// [`AdminError`].
pub fn create_acls(
    client: &Client,
    acls: &[Acl],
    timeout: Duration,
) -> Result<Vec<Result<(), ItemError>>, AdminError> {
    if acls.is_empty() {
        return Ok(Vec::new());
    }
    let acls = acls
        .iter()
        .map(|acl| raw_acl(CREATE_ACLS, acl, sys::rd_kafka_AclBinding_new))
        .collect::<Result<Vec<_>, _>>()?;
    let request = Request::new(client, CREATE_ACLS, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    unsafe {
        request.send_all(sys::rd_kafka_CreateAcls, &acls).wait(|event| {
            let result = sys::rd_kafka_event_CreateAcls_result(event);
            array(|count| sys::rd_kafka_CreateAcls_result_acls(result, count))
                .into_iter()
                .map(|acl| error::read(sys::rd_kafka_acl_result_error(acl)).map_or(Ok(()), Err))
                .collect()
        })
    }
}

/// Removes exactly these ACLs. One that is not there is no error. The results are in the order of
/// the ACLs.
///
/// # Errors
/// [`AdminError`].
pub fn delete_acls(
    client: &Client,
    acls: &[Acl],
    timeout: Duration,
) -> Result<Vec<Result<(), ItemError>>, AdminError> {
    if acls.is_empty() {
        return Ok(Vec::new());
    }
    let acls = acls
        .iter()
        .map(|acl| raw_acl(DELETE_ACLS, acl, sys::rd_kafka_AclBindingFilter_new))
        .collect::<Result<Vec<_>, _>>()?;
    let request = Request::new(client, DELETE_ACLS, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    unsafe {
        request.send_all(sys::rd_kafka_DeleteAcls, &acls).wait(|event| {
            let result = sys::rd_kafka_event_DeleteAcls_result(event);
            array(|count| sys::rd_kafka_DeleteAcls_result_responses(result, count))
                .into_iter()
                .map(|response| {
                    error::read(sys::rd_kafka_DeleteAcls_result_response_error(response))
                        .map_or(Ok(()), Err)
                })
                .collect()
        })
    }
}

/// librdkafka's functions that make an ACL, and a filter for one.
type NewAcl = unsafe extern "C" fn(
    RawResource,
    *const c_char,
    RawPattern,
    *const c_char,
    *const c_char,
    RawOperation,
    RawPermission,
    *mut c_char,
    usize,
) -> *mut sys::rd_kafka_AclBinding_t;

fn raw_acl(
    kind: Kind,
    acl: &Acl,
    new: NewAcl,
) -> Result<Owned<sys::rd_kafka_AclBinding_t>, AdminError> {
    let name = c_text(kind.name, "the name in an ACL", &acl.name)?;
    let principal = c_text(kind.name, "the principal of an ACL", &acl.principal)?;
    let host = c_text(kind.name, "the host of an ACL", &acl.host)?;
    let mut reason = Reason::new();
    // SAFETY: the texts are alive and copied, the buffer's true length is given, and what is made
    // is ours to free.
    unsafe {
        Owned::new(
            new(
                acl.resource.raw(),
                name.as_ptr(),
                acl.pattern.raw(),
                principal.as_ptr(),
                host.as_ptr(),
                acl.operation.raw(),
                acl.permission.raw(),
                reason.as_mut_ptr(),
                reason.len(),
            ),
            sys::rd_kafka_AclBinding_destroy,
        )
    }
    .ok_or_else(|| kind.argument("ACL for", &acl.principal, reason.to_string()))
}

/// What a user may do, as an answer tells it: a pointer to as many numbers as it counts.
///
/// # Safety
/// `get` returns null, or an array of so many numbers that lives during this call.
pub(super) unsafe fn operations(get: impl FnOnce(*mut usize) -> *const c_int) -> Vec<AclOperation> {
    let mut count = 0;
    let first = get(&raw mut count);
    if first.is_null() {
        return Vec::new();
    }
    // SAFETY: by this function's contract.
    let numbers = unsafe { std::slice::from_raw_parts(first, count) };
    numbers.iter().map(|number| AclOperation::of(*number)).collect()
}

/// # Safety
/// `acl` is an ACL that lives during this call.
unsafe fn read_acl(acl: *const sys::rd_kafka_AclBinding_t) -> Acl {
    // SAFETY: an ACL by this function's contract, whose texts live as long as it does.
    unsafe {
        Acl {
            resource: AclResource::of(native::rd_kafka_AclBinding_restype(acl)),
            name: text(sys::rd_kafka_AclBinding_name(acl)).unwrap_or_default(),
            pattern: AclPattern::of(native::rd_kafka_AclBinding_resource_pattern_type(acl)),
            principal: text(sys::rd_kafka_AclBinding_principal(acl)).unwrap_or_default(),
            host: text(sys::rd_kafka_AclBinding_host(acl)).unwrap_or_default(),
            operation: AclOperation::of(native::rd_kafka_AclBinding_operation(acl)),
            permission: AclPermission::of(native::rd_kafka_AclBinding_permission_type(acl)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        for number in 2..=12 {
            assert_eq!(AclOperation::of(number).raw() as c_int, number);
        }
        for number in 2..=5 {
            assert_eq!(AclResource::of(number).raw() as c_int, number);
        }
        for number in 3..=4 {
            assert_eq!(AclPattern::of(number).raw() as c_int, number);
        }
        for number in 2..=3 {
            assert_eq!(AclPermission::of(number).raw() as c_int, number);
        }
    }

    #[test]
    fn what_is_not_known_is_neither_sent_nor_taken_for_something_else() {
        let acl = Acl {
            resource: AclResource::of(6),
            name: "token".to_owned(),
            pattern: AclPattern::Literal,
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation: AclOperation::Describe,
            permission: AclPermission::Allow,
        };
        assert_eq!(acl.resource, AclResource::Other);
        assert_eq!(AclOperation::of(15), AclOperation::Other);
        let error = raw_acl(CREATE_ACLS, &acl, sys::rd_kafka_AclBinding_new).unwrap_err();
        assert!(error.to_string().contains("resource type"), "{error}");
    }
}
