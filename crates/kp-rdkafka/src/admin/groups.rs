//! Consumer groups: list, describe, delete.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::fmt;
use std::time::Duration;

use rdkafka::bindings as sys;

use super::acls::{AclOperation, operations};
use super::cluster::Node;
use super::error::{self, AdminError, ItemError, Named, c_texts};
use super::request::{Kind, Request};
use crate::client::Client;
use crate::native::{self, array, partitions, text, topic_and_partition};

const LIST_GROUPS: Kind = Kind {
    name: "list groups",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS,
    answer: sys::RD_KAFKA_EVENT_LISTCONSUMERGROUPS_RESULT,
};
const DESCRIBE_GROUPS: Kind = Kind {
    name: "describe groups",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
    answer: sys::RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT,
};
const DELETE_GROUPS: Kind = Kind {
    name: "delete groups",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETEGROUPS,
    answer: sys::RD_KAFKA_EVENT_DELETEGROUPS_RESULT,
};

/// What a group is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// No members, but committed offsets.
    Empty,
    /// Waiting for members to join.
    PreparingRebalance,
    /// Waiting for the assignment.
    CompletingRebalance,
    /// Every member knows its partitions.
    Stable,
    /// Neither members nor offsets: there is no such group.
    Dead,
    /// A state that this version does not know.
    Unknown,
}

impl fmt::Display for GroupState {
    /// As Kafka's own tools print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Which protocol a group's members speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// The members assign the partitions among themselves.
    Classic,
    /// The broker assigns them (KIP-848).
    Consumer,
    /// Its members share messages, not partitions (KIP-932). librdkafka does not tell of such
    /// groups.
    Share,
    /// It is of Kafka Streams (KIP-1071). librdkafka does not tell of such groups.
    Streams,
    /// The broker did not say, as those before Kafka 3.8.
    Unknown,
}

impl fmt::Display for GroupKind {
    /// As Kafka's own tools print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A group among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    /// The group's id.
    pub id: String,
    /// What it is doing.
    pub state: GroupState,
    /// Its protocol.
    pub kind: GroupKind,
    /// Whether offsets were only ever committed to it, and nobody joined.
    pub is_simple: bool,
}

/// All groups, as far as brokers answered: each tells the groups that it coordinates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupList {
    /// The groups that were told, by id.
    pub groups: Vec<ListedGroup>,
    /// An error for each broker that did not answer; its groups are missing.
    pub errors: Vec<ItemError>,
}

/// A group in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is doing; [`GroupState::Dead`] for a group that does not exist.
    pub state: GroupState,
    /// Its protocol.
    pub kind: GroupKind,
    /// Whether offsets were only ever committed to it, and nobody joined.
    pub is_simple: bool,
    /// How partitions are assigned, such as `range`; empty without members.
    pub assignor: String,
    /// The broker that coordinates it.
    pub coordinator: Option<Node>,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The id that the coordinator gave to it.
    pub id: String,
    /// The `client.id` of its process.
    pub client_id: String,
    /// Where it connected from, as the broker saw it.
    pub host: String,
    /// Its `group.instance.id`, if it has one.
    pub instance_id: Option<String>,
    /// The partitions that it reads, as topic and number.
    pub assignment: Vec<(String, i32)>,
}

/// Lists all groups of all brokers.
///
/// # Errors
/// [`AdminError`] when no broker told any group, and at least one failed.
pub fn list_groups(client: &Client, timeout: Duration) -> Result<GroupList, AdminError> {
    let list = Request::new(client, LIST_GROUPS, timeout)?.run(
        // SAFETY: client, options and queue are alive.
        |client, options, queue| unsafe {
            sys::rd_kafka_ListConsumerGroups(client, options, queue)
        },
        // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
        |event| unsafe {
            let result = sys::rd_kafka_event_ListConsumerGroups_result(event);
            let mut groups: Vec<_> =
                array(|count| sys::rd_kafka_ListConsumerGroups_result_valid(result, count))
                    .into_iter()
                    .map(|group| read_listed(group))
                    .collect();
            groups.sort_by(|one, other| one.id.cmp(&other.id));
            let errors =
                array(|count| sys::rd_kafka_ListConsumerGroups_result_errors(result, count))
                    .into_iter()
                    .filter_map(|error| error::read(error))
                    .collect();
            GroupList { groups, errors }
        },
    )?;
    match list.errors.first() {
        Some(error) if list.groups.is_empty() => {
            Err(LIST_GROUPS.failed(Some(error.clone()), timeout))
        }
        _ => Ok(list),
    }
}

/// Describes groups, each by its coordinator. A group that does not exist is one whose state is
/// [`GroupState::Dead`].
///
/// # Errors
/// [`AdminError`]; what fails for one group is an error of its own in the answer.
pub fn describe_groups(
    client: &Client,
    groups: &[&str],
    timeout: Duration,
) -> Result<Vec<Named<Group>>, AdminError> {
    let request = Request::new(client, DESCRIBE_GROUPS, timeout)?;
    // SAFETY: what is read is a description that lives during the call.
    described(request, groups, |group| unsafe { read_group(group) })
}

/// What this user may do with a group, also with one that does not exist. Without an authorizer
/// that is everything.
///
/// # Errors
/// [`AdminError`]; a group that this user may not see is an error of its own in the answer.
pub fn group_operations(
    client: &Client,
    group: &str,
    timeout: Duration,
) -> Result<Result<Vec<AclOperation>, ItemError>, AdminError> {
    let request = Request::new(client, DESCRIBE_GROUPS, timeout)?.with_authorized_operations()?;
    // SAFETY: what is read is a description that lives during the call, and so do its numbers.
    let mut answers = described(request, &[group], |group| unsafe {
        match error::read(sys::rd_kafka_ConsumerGroupDescription_error(group)) {
            Some(error) => Err(error),
            None => Ok(operations(|count| {
                native::rd_kafka_ConsumerGroupDescription_authorized_operations(group, count)
            })),
        }
    })?;
    answers.pop().ok_or_else(|| DESCRIBE_GROUPS.failed(None, timeout))
}

/// What `read` makes of each of these groups. It gets a description that lives during that call.
fn described<T>(
    request: Request,
    groups: &[&str],
    read: impl Fn(*const sys::rd_kafka_ConsumerGroupDescription_t) -> T,
) -> Result<Vec<T>, AdminError> {
    let names = c_texts(DESCRIBE_GROUPS.name, "group", groups)?;
    let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    if pointers.is_empty() {
        return Ok(Vec::new());
    }
    request.run(
        // SAFETY: all of it is alive, and the names are copied.
        |client, options, queue| unsafe {
            sys::rd_kafka_DescribeConsumerGroups(
                client,
                pointers.as_mut_ptr(),
                pointers.len(),
                options,
                queue,
            );
        },
        // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
        |event| unsafe {
            let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event);
            array(|count| sys::rd_kafka_DescribeConsumerGroups_result_groups(result, count))
                .into_iter()
                .map(read)
                .collect()
        },
    )
}

/// Deletes groups with their committed offsets. One that has members is not deleted.
///
/// # Errors
/// [`AdminError`]; what fails for one group is an error of its own in the answer.
pub fn delete_groups(
    client: &Client,
    groups: &[&str],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let (new, destroy) = (sys::rd_kafka_DeleteGroup_new, sys::rd_kafka_DeleteGroup_destroy);
    // SAFETY: both are librdkafka's for this thing.
    let groups =
        unsafe { error::by_name(DELETE_GROUPS.name, "group", groups, |name| new(name), destroy)? };
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let request = Request::new(client, DELETE_GROUPS, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    unsafe {
        request.send_all(sys::rd_kafka_DeleteGroups, &groups).wait(|event| {
            let result = sys::rd_kafka_event_DeleteGroups_result(event);
            array(|count| sys::rd_kafka_DeleteGroups_result_groups(result, count))
                .into_iter()
                .map(|group| Named {
                    name: text(sys::rd_kafka_group_result_name(group)).unwrap_or_default(),
                    result: error::read(sys::rd_kafka_group_result_error(group))
                        .map_or(Ok(()), Err),
                })
                .collect()
        })
    }
}

/// # Safety
/// `group` is a group among others that lives during this call.
unsafe fn read_listed(group: *const sys::rd_kafka_ConsumerGroupListing_t) -> ListedGroup {
    // SAFETY: by this function's contract.
    unsafe {
        ListedGroup {
            id: text(sys::rd_kafka_ConsumerGroupListing_group_id(group)).unwrap_or_default(),
            state: state(sys::rd_kafka_ConsumerGroupListing_state(group)),
            kind: kind(sys::rd_kafka_ConsumerGroupListing_type(group)),
            is_simple: sys::rd_kafka_ConsumerGroupListing_is_simple_consumer_group(group) != 0,
        }
    }
}

/// # Safety
/// `group` is a group description that lives during this call.
unsafe fn read_group(group: *const sys::rd_kafka_ConsumerGroupDescription_t) -> Named<Group> {
    // SAFETY: a description by this function's contract, and its parts live as long as it does.
    unsafe {
        let name = text(sys::rd_kafka_ConsumerGroupDescription_group_id(group)).unwrap_or_default();
        if let Some(error) = error::read(sys::rd_kafka_ConsumerGroupDescription_error(group)) {
            return Named { name, result: Err(error) };
        }
        let members = (0..sys::rd_kafka_ConsumerGroupDescription_member_count(group))
            .map(|index| sys::rd_kafka_ConsumerGroupDescription_member(group, index))
            .filter(|member| !member.is_null())
            .map(|member| read_member(member))
            .collect();
        let group = Group {
            state: state(sys::rd_kafka_ConsumerGroupDescription_state(group)),
            kind: kind(sys::rd_kafka_ConsumerGroupDescription_type(group)),
            is_simple: sys::rd_kafka_ConsumerGroupDescription_is_simple_consumer_group(group) != 0,
            assignor: text(sys::rd_kafka_ConsumerGroupDescription_partition_assignor(group))
                .unwrap_or_default(),
            coordinator: Node::read(sys::rd_kafka_ConsumerGroupDescription_coordinator(group)),
            members,
        };
        Named { name, result: Ok(group) }
    }
}

/// # Safety
/// `member` is a member description that lives during this call.
unsafe fn read_member(member: *const sys::rd_kafka_MemberDescription_t) -> Member {
    // SAFETY: a description by this function's contract, and its parts live as long as it does.
    unsafe {
        let assignment = sys::rd_kafka_MemberDescription_assignment(member);
        let assigned = if assignment.is_null() {
            std::ptr::null()
        } else {
            sys::rd_kafka_MemberAssignment_partitions(assignment)
        };
        Member {
            id: text(sys::rd_kafka_MemberDescription_consumer_id(member)).unwrap_or_default(),
            client_id: text(sys::rd_kafka_MemberDescription_client_id(member)).unwrap_or_default(),
            host: text(sys::rd_kafka_MemberDescription_host(member)).unwrap_or_default(),
            instance_id: text(sys::rd_kafka_MemberDescription_group_instance_id(member)),
            assignment: partitions(assigned).map(|entry| topic_and_partition(entry)).collect(),
        }
    }
}

fn state(state: sys::rd_kafka_consumer_group_state_t) -> GroupState {
    use sys::rd_kafka_consumer_group_state_t as Raw;
    match state {
        Raw::RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY => GroupState::Empty,
        Raw::RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE => GroupState::PreparingRebalance,
        Raw::RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE => GroupState::CompletingRebalance,
        Raw::RD_KAFKA_CONSUMER_GROUP_STATE_STABLE => GroupState::Stable,
        Raw::RD_KAFKA_CONSUMER_GROUP_STATE_DEAD => GroupState::Dead,
        _ => GroupState::Unknown,
    }
}

fn kind(kind: sys::rd_kafka_consumer_group_type_t) -> GroupKind {
    use sys::rd_kafka_consumer_group_type_t as Raw;
    match kind {
        Raw::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => GroupKind::Classic,
        Raw::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => GroupKind::Consumer,
        _ => GroupKind::Unknown,
    }
}
