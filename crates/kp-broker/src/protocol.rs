//! What the relay knows of Kafka's protocol: the requests that the mock cluster answers as Kafka
//! would, and what must be changed in the others.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, GroupId, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    RequestHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

/// What clients are offered: the first and the last version of each request that the mock cluster
/// answers as Kafka would.
///
/// The mock cluster claims more. It uses older forms for JoinGroup 6, SyncGroup 4, LeaveGroup 3 and
/// 4, so that clients lose the connection to their coordinator. There is no Heartbeat 5. Telemetry
/// is offered only where a collector is set up.
pub(crate) const OFFERED: [(ApiKey, i16, i16); 19] = [
    (ApiKey::Produce, 0, 10),
    (ApiKey::Fetch, 0, 16),
    (ApiKey::ListOffsets, 0, 7),
    (ApiKey::Metadata, 0, 12),
    (ApiKey::OffsetCommit, 1, 9),
    (ApiKey::OffsetFetch, 0, 6),
    (ApiKey::FindCoordinator, 0, 3),
    (ApiKey::JoinGroup, 0, 5),
    (ApiKey::Heartbeat, 0, 4),
    (ApiKey::LeaveGroup, 0, 2),
    (ApiKey::SyncGroup, 0, 3),
    (ApiKey::ApiVersions, 0, LAST_API_VERSIONS),
    (ApiKey::InitProducerId, 0, 4),
    (ApiKey::OffsetForLeaderEpoch, 2, 2),
    (ApiKey::AddPartitionsToTxn, 0, 1),
    (ApiKey::AddOffsetsToTxn, 0, 1),
    (ApiKey::EndTxn, 0, 1),
    (ApiKey::TxnOffsetCommit, 0, 3),
    (ApiKey::ConsumerGroupHeartbeat, 1, 1),
];

/// A newer version is refused in the form of version 0, as Kafka does. Clients then ask again in an
/// older form.
const LAST_API_VERSIONS: i16 = 2;

/// The longest request that the mock cluster takes, which is librdkafka's
/// `receive.message.max.bytes`.
const LONGEST_REQUEST: usize = 100_000_000;

/// Far more than any subscription needs.
pub(crate) const LONGEST_JOIN: usize = 1024 * 1024;

/// The longest session that a member may ask for, in milliseconds.
///
/// After a member joins or leaves, the mock cluster lets the others wait for the session timeout
/// less a second. Most clients have 45 s. With this limit it is 3.5 s, which is enough for a client
/// that sends a heartbeat each 3 s, as most do.
const LONGEST_SESSION_MS: i32 = 4500;

/// How long a request to join is kept back when it comes from a client that is made for Kafka.
///
/// Kafka waits for more members, and kafka-python relies on that: it joins first and asks for the
/// topic's partitions 100 ms later. Without them it assigns none and joins once more.
const JOIN_DELAY: Duration = Duration::from_millis(200);

/// The first bytes of a request, which are the same in every version of every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    /// Which kind it is.
    pub(crate) key: ApiKey,
    /// In which of its forms.
    pub(crate) version: i16,
    /// The client's number for it, which the answer repeats.
    pub(crate) correlation: i32,
    /// How many bytes follow after the head.
    pub(crate) rest: usize,
}

impl Request {
    /// The bytes of a head: length, key, version, correlation id.
    pub(crate) const HEAD: usize = 12;

    /// Reads a head.
    ///
    /// # Errors
    /// These bytes do not begin a request, or one that clients are not offered here.
    pub(crate) fn parse(head: [u8; Self::HEAD]) -> anyhow::Result<Self> {
        let [l0, l1, l2, l3, k0, k1, v0, v1, c0, c1, c2, c3] = head;
        let length = i32::from_be_bytes([l0, l1, l2, l3]);
        let rest = usize::try_from(length)
            .ok()
            .filter(|length| *length <= LONGEST_REQUEST)
            .and_then(|length| (length + 4).checked_sub(Self::HEAD))
            .with_context(|| {
                format!("it does not speak Kafka's protocol: a request of {length} bytes")
            })?;
        let number = i16::from_be_bytes([k0, k1]);
        let version = i16::from_be_bytes([v0, v1]);
        let Ok(key) = ApiKey::try_from(number) else {
            bail!("it does not speak Kafka's protocol: a request of kind {number}");
        };
        // A client that asks for the versions does not know them yet.
        let offered = key == ApiKey::ApiVersions && version >= 0
            || OFFERED.iter().any(|(offered, first, last)| {
                *offered == key && (*first..=*last).contains(&version)
            });
        ensure!(
            offered,
            "it sent a {key:?} request of version {version}, which is not offered here"
        );
        Ok(Self { key, version, correlation: i32::from_be_bytes([c0, c1, c2, c3]), rest })
    }
}

/// A request whose answer is short and always the same, and costs the mock cluster nothing. It
/// replaces one that the relay answers by itself, so that the answers keep their order.
pub(crate) fn placeholder(correlation: i32) -> [u8; 14] {
    let mut frame = [0, 0, 0, 10, 0, ApiKey::ApiVersions as u8, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    frame[8..12].copy_from_slice(&correlation.to_be_bytes());
    frame
}

/// The answer to a request for the versions, as a whole frame.
///
/// # Errors
/// It cannot be encoded, which does not happen.
pub(crate) fn versions(request: Request) -> anyhow::Result<Vec<u8>> {
    let too_new = request.version > LAST_API_VERSIONS;
    let version = if too_new { 0 } else { request.version };
    let answer = ApiVersionsResponse::default()
        .with_error_code(if too_new { ResponseError::UnsupportedVersion.code() } else { 0 })
        .with_api_keys(
            OFFERED
                .map(|(key, first, last)| {
                    ApiVersion::default()
                        .with_api_key(key as i16)
                        .with_min_version(first)
                        .with_max_version(last)
                })
                .to_vec(),
        );
    let mut frame = vec![0; 4];
    frame.extend(request.correlation.to_be_bytes());
    answer.encode(&mut frame, version)?;
    with_length(frame)
}

/// What becomes of a request to join a group. `bytes` is the client's, from the key on; `takes` may
/// change the request of a client by its id, or says that it is not to be taken.
///
/// # Errors
/// It cannot be understood.
pub(crate) fn join(
    mut bytes: &[u8],
    request: Request,
    takes: impl FnOnce(&mut JoinGroupRequest, &str) -> bool,
) -> anyhow::Result<Join> {
    let header_version = JoinGroupRequest::header_version(request.version);
    let header = RequestHeader::decode(&mut bytes, header_version)?;
    let mut join = read_join(&mut bytes, request.version)
        .context("it sent a request to join a group that cannot be understood")?;
    let mut frame = vec![0; 4];
    if !takes(&mut join, header.client_id.as_deref().unwrap_or("member")) {
        frame.extend(request.correlation.to_be_bytes());
        JoinGroupResponse::default()
            .with_error_code(ResponseError::InconsistentGroupProtocol.code())
            .encode(&mut frame, request.version)?;
        return Ok(Join::Answer(with_length(frame)?));
    }
    let hurried = join.session_timeout_ms <= LONGEST_SESSION_MS;
    join.session_timeout_ms = join.session_timeout_ms.clamp(1, LONGEST_SESSION_MS);
    header.encode(&mut frame, header_version)?;
    join.encode(&mut frame, request.version)?;
    let delay = if hurried { Duration::ZERO } else { JOIN_DELAY };
    Ok(Join::PassOn(with_length(frame)?, delay))
}

/// Reads the older forms, which are the ones that are offered. kafka-protocol would allocate as
/// many protocols as the bytes claim: 2^31 of them end the process.
fn read_join(bytes: &mut &[u8], version: i16) -> Option<JoinGroupRequest> {
    let mut join = JoinGroupRequest::default()
        .with_group_id(GroupId(text(bytes)?))
        .with_session_timeout_ms(number(bytes)?);
    if version >= 1 {
        join = join.with_rebalance_timeout_ms(number(bytes)?);
    }
    join = join.with_member_id(text(bytes)?);
    if version >= 5 {
        let instance = text(bytes)?;
        join = join.with_group_instance_id((!instance.is_empty()).then_some(instance));
    }
    join = join.with_protocol_type(text(bytes)?);
    for _ in 0..number(bytes)? {
        let protocol = JoinGroupRequestProtocol::default().with_name(text(bytes)?);
        let length = usize::try_from(number(bytes)?).ok()?;
        let metadata = Bytes::copy_from_slice(bytes.split_off(..length)?);
        join.protocols.push(protocol.with_metadata(metadata));
    }
    Some(join)
}

fn number(bytes: &mut &[u8]) -> Option<i32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(i32::from_be_bytes(*number))
}

/// A text, or an empty one for none.
fn text(bytes: &mut &[u8]) -> Option<StrBytes> {
    let (length, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    let length = usize::try_from(i16::from_be_bytes(*length)).unwrap_or(0);
    StrBytes::from_utf8(Bytes::copy_from_slice(bytes.split_off(..length)?)).ok()
}

/// What becomes of a request to join a group, as a whole frame.
pub(crate) enum Join {
    /// It goes to the broker, after a while.
    PassOn(Vec<u8>, Duration),
    /// It is answered by this.
    Answer(Vec<u8>),
}

/// A request to leave a group, as a whole frame.
///
/// # Errors
/// A name is longer than Kafka's protocol can carry.
pub(crate) fn leave(group: &GroupId, member: &StrBytes) -> anyhow::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    RequestHeader::default()
        .with_request_api_key(ApiKey::LeaveGroup as i16)
        .encode(&mut frame, LeaveGroupRequest::header_version(0))?;
    LeaveGroupRequest::default()
        .with_group_id(group.clone())
        .with_member_id(member.clone())
        .encode(&mut frame, 0)?;
    with_length(frame)
}

/// Writes the length of the rest into a frame's first four bytes.
fn with_length(mut frame: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let length = i32::try_from(frame.len() - 4)?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}
