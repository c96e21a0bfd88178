//! The programs end while librdkafka's threads still use OpenSSL.

use kp_e2e::Program;

use super::User;
use super::broker::{Listener, SecureBroker};

/// It crashed in one of about 20 ends.
const TIMES: usize = 40;

#[test]
fn no_end_is_a_crash() {
    let broker = SecureBroker::shared();
    for number in 0..TIMES {
        let program = [Program::Producer, Program::Consumer][number % 2];
        broker
            .call(program, Listener::Login)
            .env("KP_KAFKA__SECURITY_PROTOCOL", "ssl")
            .env("KP_KAFKA__LIBRDKAFKA__RECONNECT_BACKOFF_MS", "0")
            .run()
            .exits(4);
        broker.call_as(Program::Admin, User::ADMIN).args(["topics", "list"]).run().exits(0);
    }
}
