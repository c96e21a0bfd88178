//! A group's whole life, in every version.

use std::time::Instant;

use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, OffsetCommitRequest,
    OffsetFetchRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::StrBytes;

use super::versions::versions;
use super::{Wire, name};
use crate::running::{DEADLINE, Running};

fn group(text: &str) -> GroupId {
    GroupId(text.to_owned().into())
}

fn text(text: &str) -> StrBytes {
    text.to_owned().into()
}

pub(super) fn join(name: &str, assignors: &[&str]) -> JoinGroupRequest {
    let protocols = assignors
        .iter()
        .map(|assignor| {
            JoinGroupRequestProtocol::default()
                .with_name(text(assignor))
                .with_metadata(vec![1].into())
        })
        .collect();
    JoinGroupRequest::default()
        .with_group_id(group(name))
        .with_session_timeout_ms(45_000)
        .with_protocol_type(text("consumer"))
        .with_protocols(protocols)
}

#[test]
fn a_member_joins_commits_and_leaves_in_every_version() {
    let broker = Running::start(&[]);
    let mut wire = Wire::to(broker.address);
    for version in versions::<JoinGroupRequest>(&broker) {
        let id = group(&format!("group{version}"));
        let request = join(&format!("group{version}"), &["range"]);
        let request =
            if version == 0 { request } else { request.with_rebalance_timeout_ms(60_000) };
        let joined = wire.ask(version, &request);
        assert_eq!(joined.error_code, 0);
        assert_eq!(joined.leader, joined.member_id);
        assert_eq!(joined.members[0].metadata[..], [1]);
        let (generation, member) = (joined.generation_id, joined.member_id);

        let sync_version = version.min(*versions::<SyncGroupRequest>(&broker).end());
        let assignment = SyncGroupRequestAssignment::default()
            .with_member_id(member.clone())
            .with_assignment(vec![7; 10].into());
        let request = SyncGroupRequest::default()
            .with_group_id(id.clone())
            .with_generation_id(generation)
            .with_member_id(member.clone())
            .with_assignments(vec![assignment]);
        let synced = wire.ask(sync_version, &request);
        assert_eq!((synced.error_code, &synced.assignment[..]), (0, &[7; 10][..]));

        for version in versions::<HeartbeatRequest>(&broker) {
            let request = HeartbeatRequest::default()
                .with_group_id(id.clone())
                .with_generation_id(generation)
                .with_member_id(member.clone());
            assert_eq!(wire.ask(version, &request).error_code, 0);
        }
        for version in versions::<OffsetCommitRequest>(&broker) {
            let partition = OffsetCommitRequestPartition::default()
                .with_committed_offset(i64::from(version))
                .with_committed_metadata(Some(text("m")));
            let topic = OffsetCommitRequestTopic::default()
                .with_name(name("topic1"))
                .with_partitions(vec![partition]);
            let request = OffsetCommitRequest::default()
                .with_group_id(id.clone())
                .with_generation_id_or_member_epoch(generation)
                .with_member_id(member.clone())
                .with_topics(vec![topic]);
            let answer = wire.ask(version, &request);
            assert_eq!(answer.topics[0].partitions[0].error_code, 0);
        }
        for version in versions::<OffsetFetchRequest>(&broker) {
            let topic = OffsetFetchRequestTopic::default()
                .with_name(name("topic1"))
                .with_partition_indexes(vec![0]);
            let request = OffsetFetchRequest::default()
                .with_group_id(id.clone())
                .with_topics(Some(vec![topic]));
            let answer = wire.ask(version, &request);
            let last = versions::<OffsetCommitRequest>(&broker);
            let partition = &answer.topics[0].partitions[0];
            assert_eq!(partition.committed_offset, i64::from(*last.end()));
        }
        let version = version.min(*versions::<LeaveGroupRequest>(&broker).end());
        let request = LeaveGroupRequest::default().with_group_id(id).with_member_id(member);
        assert_eq!(wire.ask(version, &request).error_code, 0);
    }
}

#[test]
fn who_left_without_a_word_is_waited_for_no_longer_than_who_took_leave() {
    let broker = Running::start(&[]);
    let started = Instant::now();
    for _ in 0..3 {
        // It goes while it waits to be let in, or does not come back for its share.
        let mut wire = Wire::to(broker.address);
        wire.send(5, &join("group", &["range"]));
    }
    // On a busy machine the broker may hear of the next one before it sees that the last has gone.
    loop {
        let mut wire = Wire::to(broker.address);
        let joined = wire.ask(5, &join("group", &["range"]));
        assert_eq!(joined.error_code, 0);
        assert!(started.elapsed() < DEADLINE / 2, "{:?}", started.elapsed());
        if joined.members.len() == 1 {
            break;
        }
    }
}

#[test]
fn a_member_that_cannot_agree_with_the_others_is_refused() {
    let broker = Running::start(&[]);
    let mut first = Wire::to(broker.address);
    assert_eq!(first.ask(5, &join("group", &["range", "b"])).error_code, 0);
    let mut second = Wire::to(broker.address);
    let refused = second.ask(5, &join("group", &["roundrobin"]));
    assert_eq!(refused.error_code, 23);
    let refused = second.ask(5, &join("other", &[]));
    assert_eq!(refused.error_code, 23);
    // One that knows the others' way as its second goes along with them.
    second.send(5, &join("group", &["roundrobin", "range"]));
    let again = join("group", &["range", "b"]);
    first.send(5, &again.with_member_id(first_member(&broker)));
    assert_eq!(second.receive::<JoinGroupRequest>(5).error_code, 0);
}

/// The relay numbers members as they come.
fn first_member(_: &Running) -> StrBytes {
    text("wire-2")
}
