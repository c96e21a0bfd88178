//! Bytes that are no requests: the connection ends, and nothing else.

use std::io::Write;
use std::net::Shutdown;

use kafka_protocol::messages::{
    ApiVersionsRequest, ConsumerGroupHeartbeatRequest, FetchRequest, FindCoordinatorRequest,
    HeartbeatRequest, JoinGroupRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest,
    OffsetFetchRequest, SyncGroupRequest,
};

use super::{Wire, frame, produce};
use crate::running::Running;

/// A client in order is still served.
fn still_serves(broker: &Running) {
    let metadata = Wire::to(broker.address).ask(12, &MetadataRequest::default());
    assert_eq!(metadata.brokers.len(), 1);
}

fn hello() -> Vec<u8> {
    let mut hello = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    hello.extend([0xab; 512]);
    hello
}

#[test]
fn who_speaks_something_else_is_cut_off() {
    let broker = Running::start(&[]);
    let mut largest = i32::MAX.to_be_bytes().to_vec();
    largest.extend([0, 3, 0, 8, 0, 0, 0, 1]);
    let mut negative = (-1_i32).to_be_bytes().to_vec();
    negative.extend([0, 3, 0, 8, 0, 0, 0, 1]);
    // SyncGroup 4 and LeaveGroup 3 are not offered, kind 999 is none, and -1 is no version.
    let head = |key: i16, version: i16| {
        let mut head = vec![0, 0, 0, 10];
        head.extend(key.to_be_bytes());
        head.extend(version.to_be_bytes());
        head.extend([0, 0, 0, 1, 0xff, 0xff]);
        head
    };
    for bytes in [
        hello(),
        b"GET / HTTP/1.1\r\nHost: localhost:9092\r\n\r\n".to_vec(),
        b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
        largest,
        negative,
        vec![0; 100],
        vec![0xff; 100],
        head(14, 4),
        head(13, 3),
        head(999, 0),
        head(18, -1),
        head(71, 0),
    ] {
        let mut wire = Wire::to(broker.address);
        // What comes after the first bytes may find the connection closed already.
        let _ = wire.stream.write_all(&bytes);
        assert!(wire.is_cut(), "{bytes:?}");
        still_serves(&broker);
    }
}

#[test]
fn half_a_frame_keeps_nobody_waiting() {
    let broker = Running::start(&[]);
    let whole = frame(12, 1, &MetadataRequest::default());
    let halves: Vec<_> = (1..whole.len())
        .map(|end| {
            let mut wire = Wire::to(broker.address);
            wire.stream.write_all(&whole[..end]).unwrap();
            wire
        })
        .collect();
    still_serves(&broker);
    for mut wire in halves {
        wire.stream.shutdown(Shutdown::Write).unwrap();
        assert!(wire.is_cut());
    }
    // And a frame that comes byte by byte is one.
    let mut wire = Wire::to(broker.address);
    wire.stream.set_nodelay(true).unwrap();
    for byte in &whole {
        wire.stream.write_all(&[*byte]).unwrap();
    }
    assert!(!wire.frame().is_empty());
}

/// A row of numbers that looks random and is always the same.
struct Row(u64);

impl Row {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

#[test]
fn requests_with_wrong_bytes_end_no_broker() {
    let broker = Running::start(&[]);
    let frames = [
        frame(3, 1, &ApiVersionsRequest::default()),
        frame(9, 1, &produce(0)),
        frame(3, 1, &produce(-1)),
        frame(12, 1, &FetchRequest::default()),
        frame(7, 1, &ListOffsetsRequest::default()),
        frame(12, 1, &MetadataRequest::default()),
        frame(3, 1, &FindCoordinatorRequest::default()),
        frame(5, 1, &JoinGroupRequest::default()),
        frame(5, 1, &super::groups::join("group", &["range"])),
        frame(3, 1, &SyncGroupRequest::default()),
        frame(4, 1, &HeartbeatRequest::default()),
        frame(8, 1, &OffsetCommitRequest::default()),
        frame(6, 1, &OffsetFetchRequest::default()),
        frame(1, 1, &ConsumerGroupHeartbeatRequest::default()),
    ];
    let mut row = Row(1);
    for _ in 0..1000 {
        let mut bytes = frames[row.next(frames.len())].clone();
        for _ in 0..=row.next(4) {
            let at = row.next(bytes.len() - 8) + 8;
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff][row.next(5)];
        }
        let mut wire = Wire::to(broker.address);
        let _ = wire.stream.write_all(&bytes);
        let _ = wire.stream.shutdown(Shutdown::Write);
    }
    still_serves(&broker);
}
