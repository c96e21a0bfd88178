//! One connection's two directions, frame by frame.
//!
//! ```text
//!   client -- requests --> mock broker       a request notes how its answer is to be passed on
//!   client <-- answers --- mock broker       answers come in the order of their requests
//! ```
//! Only heads are read, and what is between the batches of a produce request. The rest is passed on
//! in pieces as it comes, so that a large frame takes no more memory than a small one.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::thread;

use anyhow::{Context, bail, ensure};
use kafka_protocol::messages::ApiKey;

use crate::body::Body;
use crate::members::Members;
use crate::pipe::Pipe;
use crate::protocol::{self, Join, Request};

/// How many requests of a client may wait for their answers before its next request has to wait.
pub(crate) const OPEN_ANSWERS: usize = 1000;

/// What becomes of an answer of the mock broker.
#[derive(Debug)]
pub(crate) struct Answer {
    correlation: i32,
    way: Way,
}

#[derive(Debug)]
enum Way {
    PassOn,
    /// Its last byte is one too many: the mock cluster ends these answers twice.
    Shorten,
    /// The client does not wait for one.
    Swallow,
    /// This one goes to the client instead.
    Replace(Vec<u8>),
}

/// Passes requests on until the client ends its side.
///
/// # Errors
/// A connection failed, or the client sent a request that it is not offered.
pub(crate) fn requests(
    client: &TcpStream,
    broker: &TcpStream,
    answers: &SyncSender<Answer>,
    members: &Members,
) -> anyhow::Result<()> {
    let mut pipe = Pipe::new(client, broker);
    while let Some(head) = pipe.head::<{ Request::HEAD }>()? {
        let request = Request::parse(head)?;
        let noted = |pipe: &mut Pipe<'_>, way| note(answers, pipe, request, way);
        match request.key {
            ApiKey::ApiVersions => {
                noted(&mut pipe, Way::Replace(protocol::versions(request)?))?;
                pipe.skip(request.rest)?;
                pipe.to.write_all(&protocol::placeholder(request.correlation))?;
            }
            ApiKey::Produce => {
                let mut body = Body::new(&mut pipe, request, head);
                let way = match body.acks()? {
                    0 => Way::Swallow,
                    _ => Way::PassOn,
                };
                noted(body.pipe(), way)?;
                body.pass_batches()?;
            }
            ApiKey::JoinGroup => {
                ensure!(
                    request.rest <= protocol::LONGEST_JOIN,
                    "it sent a request of {} bytes to join a group",
                    request.rest
                );
                let mut bytes = head.to_vec();
                pipe.read(request.rest, &mut bytes)?;
                match protocol::join(&bytes[4..], request, |join, client| {
                    members.join(join, client)
                })? {
                    Join::PassOn(frame, delay) => {
                        pipe.to.flush()?;
                        thread::sleep(delay);
                        noted(&mut pipe, Way::PassOn)?;
                        pipe.to.write_all(&frame)?;
                    }
                    Join::Answer(frame) => {
                        noted(&mut pipe, Way::Replace(frame))?;
                        pipe.to.write_all(&protocol::placeholder(request.correlation))?;
                    }
                }
            }
            ApiKey::Metadata if request.version >= 9 => {
                noted(&mut pipe, Way::Shorten)?;
                pipe.to.write_all(&head)?;
                pipe.pass(request.rest)?;
            }
            ApiKey::ConsumerGroupHeartbeat
            | ApiKey::Heartbeat
            | ApiKey::LeaveGroup
            | ApiKey::OffsetCommit
            | ApiKey::OffsetFetch
            | ApiKey::SyncGroup => {
                noted(&mut pipe, Way::PassOn)?;
                Body::new(&mut pipe, request, head).pass_group()?;
            }
            _ => {
                noted(&mut pipe, Way::PassOn)?;
                pipe.to.write_all(&head)?;
                pipe.pass(request.rest)?;
            }
        }
    }
    Ok(())
}

/// Notes what becomes of a request's answer, before the request is passed on: its answer may be
/// faster.
fn note(
    answers: &SyncSender<Answer>,
    pipe: &mut Pipe<'_>,
    request: Request,
    way: Way,
) -> anyhow::Result<()> {
    const GONE: &str = "the answers have ended";
    let answer = Answer { correlation: request.correlation, way };
    match answers.try_send(answer) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full(answer)) => {
            pipe.to.flush()?;
            answers.send(answer).context(GONE)
        }
        Err(TrySendError::Disconnected(_)) => bail!(GONE),
    }
}

/// Passes answers on until the broker ends its side.
///
/// # Errors
/// A connection failed, or the broker answered what it was not asked.
pub(crate) fn answers(
    broker: &TcpStream,
    client: &TcpStream,
    open: &Receiver<Answer>,
) -> anyhow::Result<()> {
    const HEAD: usize = 8;
    let mut pipe = Pipe::new(broker, client);
    while let Some(head) = pipe.head::<HEAD>()? {
        let [l0, l1, l2, l3, c0, c1, c2, c3] = head;
        let rest = usize::try_from(i32::from_be_bytes([l0, l1, l2, l3]))?
            .checked_sub(HEAD - 4)
            .context("the broker sent an answer without a number")?;
        let answer = open.recv().context("the broker answered what nobody asked")?;
        ensure!(
            answer.correlation == i32::from_be_bytes([c0, c1, c2, c3]),
            "the broker changed the order of its answers"
        );
        match answer.way {
            Way::PassOn => {
                pipe.to.write_all(&head)?;
                pipe.pass(rest)?;
            }
            Way::Shorten => {
                let length = i32::try_from(rest + HEAD - 5)?;
                pipe.to.write_all(&length.to_be_bytes())?;
                pipe.to.write_all(&head[4..])?;
                pipe.pass(rest.saturating_sub(1))?;
                pipe.skip(1)?;
            }
            Way::Swallow => pipe.skip(rest)?,
            Way::Replace(frame) => {
                pipe.skip(rest)?;
                pipe.to.write_all(&frame)?;
            }
        }
    }
    Ok(())
}
