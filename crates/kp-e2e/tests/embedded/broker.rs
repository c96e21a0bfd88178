//! `kp-broker`, and what it cannot do.

use std::net::TcpListener;
use std::time::Duration;

use kp_e2e::{Call, EmbeddedBroker, Program, Signal};

use crate::Stage;

#[test]
fn either_signal_ends_it_cleanly_although_clients_are_connected() {
    for signal in [Signal::TERM, Signal::INT] {
        let stage = Stage::new();
        stage.produce(1);
        let reader = stage.reader().args(["--no-group", "--idle-exit", "never"]).start();
        reader.wait_for_lines(1);
        let broker = stage.broker.into_process();
        broker.signal(signal);
        broker.finish().exits(0).is_quiet();
    }
}

#[test]
fn a_taken_port_is_named_with_who_may_hold_it() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let ended = Call::new(Program::Broker).args(["--listen", &address]).run().exits(1);
    let ended = ended.says(&[&address]);
    assert!(ended.text().is_empty(), "{ended}");
}

#[test]
fn reading_by_time_is_refused_at_once() {
    let stage = Stage::new();
    stage.produce(3);
    for from in ["@2026-01-01T00:00:00Z", "@1732300000000"] {
        let refused = stage
            .consumer()
            .args(["--from", from])
            .run()
            .exits(4)
            .says(&["embedded broker", "cargo xtask up"]);
        assert!(refused.elapsed < Duration::from_secs(3), "{refused}");
        assert!(refused.messages().is_empty(), "{refused}");
    }
}

#[test]
fn what_the_administrator_cannot_do_there_is_refused_at_once() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    for arguments in [
        vec!["topics", "create", "another", "--partitions", "1", "--replication-factor", "1"],
        vec!["topics", "delete", "topic1", "--yes"],
        vec!["topics", "add-partitions", "topic1", "--partitions", "3"],
        vec!["groups", "list"],
    ] {
        let refused = kp_e2e::Cluster::admin(&broker)
            .args(&arguments)
            .run()
            .exits(4)
            .says(&["cargo xtask up"]);
        assert!(refused.elapsed < Duration::from_secs(3), "{refused}");
    }
}
