//! Logins that are right, wrong, or for another port.

use kp_e2e::{Cluster, Program};

use super::broker::{Listener, SecureBroker, log_in};
use super::{User, is_refused};

#[test]
fn the_right_password_gets_in_by_either_mechanism() {
    let broker = SecureBroker::shared();
    for user in [User::ADMIN, User::ALICE] {
        broker.call_as(Program::Admin, user).args(["topics", "list"]).run().exits(0);
    }
    broker.make("logins");
    broker
        .call_as(Program::Producer, User::ADMIN)
        .args(["--topic", "logins", "--count", "100"])
        .run()
        .exits(0);
    let read = broker
        .call_as(Program::Consumer, User::ADMIN)
        .args(["--topic", "logins", "--no-group"])
        .run()
        .exits(0);
    assert_eq!(read.messages().len(), 100, "{read}");
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_in_the_same_words() {
    let broker = SecureBroker::shared();
    for user in [User::ADMIN, User::ALICE] {
        for wrong in [User { password: "wrong", ..user }, User { name: "nobody", ..user }] {
            for program in [Program::Producer, Program::Consumer] {
                let ended = broker.call_as(program, wrong).run();
                let address = broker.address(Listener::Login);
                is_refused(
                    ended,
                    &[
                        &address,
                        "login was refused",
                        "kafka.sasl_username",
                        "kafka.sasl_password_file",
                    ],
                );
            }
            let call = broker.call_as(Program::Admin, wrong);
            is_refused(call.args(["groups", "list"]).run(), &["login was refused"]);
        }
    }
}

#[test]
fn a_mechanism_that_the_broker_does_not_have_is_named() {
    let broker = SecureBroker::shared();
    let user = User { mechanism: "SCRAM-SHA-256", ..User::ALICE };
    is_refused(
        broker.call_as(Program::Producer, user).run(),
        &["SCRAM-SHA-512", "kafka.sasl_mechanism"],
    );
}

#[test]
fn a_login_where_none_is_taken_and_none_where_one_is_wanted() {
    let broker = SecureBroker::shared();
    let needless = log_in(
        broker
            .call(Program::Producer, Listener::Outside)
            .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_plaintext"),
        User::ALICE,
    );
    is_refused(needless.run(), &["no login", "kafka.security_protocol"]);
    for (listener, protocol) in [(Listener::ClearLogin, "plaintext"), (Listener::Login, "ssl")] {
        let missing =
            broker.call(Program::Producer, listener).env("KP_KAFKA__SECURITY_PROTOCOL", protocol);
        let missing = match protocol {
            "ssl" => missing.env("KP_KAFKA__CA", "ca.pem"),
            _ => missing,
        };
        is_refused(missing.run(), &["wants a login", "kafka.sasl_mechanism"]);
    }
}

#[test]
fn a_password_in_the_clear_is_warned_of() {
    let broker = SecureBroker::shared();
    let call = |user| {
        let call = broker.call_in_protocol(Program::Admin, Listener::ClearLogin);
        log_in(call, user).args(["topics", "list"]).run().exits(0)
    };
    call(User::ADMIN).says(&["warning: ", "in the clear"]);
    call(User::ALICE).is_quiet();
}

#[test]
fn without_tls_in_the_build_it_is_said_which_build_has_it() {
    let broker = SecureBroker::shared();
    let call = broker.stack.producer();
    log_in(call.env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl"), User::ALICE)
        .run()
        .exits(3)
        .says(&["--features tls"]);
}
