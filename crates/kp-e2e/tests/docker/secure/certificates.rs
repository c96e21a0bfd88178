//! TLS connections that fail, and the reason that is given.

use kp_e2e::{Call, Program};

use super::broker::{Listener, SecureBroker, log_in};
use super::keys::{Authority, Pair, Valid};
use super::{User, is_refused};

const PROGRAMS: [Program; 3] = [Program::Producer, Program::Consumer, Program::Admin];

/// What each program does that reaches the broker.
fn working(program: Program, call: Call) -> Call {
    match program {
        Program::Producer => call.args(["--topic", "orders", "--count", "1"]),
        Program::Consumer => call.args(["--topic", "orders", "--no-group"]),
        _ => call.args(["topics", "list"]),
    }
}

fn with_certificate(call: Call, pair: &Pair) -> Call {
    call.file("client.pem", &pair.certificate)
        .secret_file("client.key", &pair.key)
        .env("KP_KAFKA__CERTIFICATE", "client.pem")
        .env("KP_KAFKA__KEY", "client.key")
}

#[test]
fn a_client_with_a_certificate_of_the_authority_gets_in() {
    let broker = SecureBroker::shared();
    let call = broker.call_in_protocol(Program::Admin, Listener::Mutual);
    with_certificate(call, &broker.client).args(["topics", "list"]).run().exits(0);
}

#[test]
fn each_program_says_what_is_wrong_with_the_brokers_certificate() {
    let broker = SecureBroker::shared();
    for program in PROGRAMS {
        for (listener, words) in
            [(Listener::Expired, "has expired"), (Listener::Elsewhere, "is not for this address")]
        {
            let call = broker.call_in_protocol(program, listener);
            let address = broker.address(listener);
            is_refused(working(program, call).run(), &[&address, "certificate", words]);
        }
        let foreign = Authority::new("a foreign authority");
        let call = broker.call_as(program, User::ALICE).file("ca.pem", &foreign.certificate);
        is_refused(working(program, call).run(), &["kp test authority", "not trusted", "kafka.ca"]);
        // Without any, the authorities of the system count.
        let call = log_in(broker.call(program, Listener::Login), User::ALICE)
            .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl");
        is_refused(working(program, call).run(), &["not trusted", "kafka.ca"]);
    }
}

#[test]
fn each_program_says_what_is_wrong_with_its_own_certificate() {
    let broker = SecureBroker::shared();
    let foreign = Authority::new("a foreign authority").sign("client", &[], Valid::Now);
    let expired = broker.authority.sign("client", &[], Valid::Formerly);
    for program in PROGRAMS {
        let call = || working(program, broker.call_in_protocol(program, Listener::Mutual));
        is_refused(call().run(), &["wants a certificate", "kafka.certificate", "kafka.key"]);
        for pair in [&foreign, &expired] {
            is_refused(
                with_certificate(call(), pair).run(),
                &["client's certificate", "kafka.certificate", "expired"],
            );
        }
    }
}

#[test]
fn tls_and_a_port_without_it_do_not_wait_for_each_other() {
    let broker = SecureBroker::shared();
    for program in PROGRAMS {
        let call = |listener, protocol: &str| {
            let call = broker.call(program, listener).env("KP_KAFKA__SECURITY_PROTOCOL", protocol);
            let call = match protocol {
                "sasl_ssl" | "sasl_plaintext" => log_in(call, User::ALICE),
                _ => call,
            };
            working(program, call).run()
        };
        for (listener, protocol) in [
            (Listener::Outside, "ssl"),
            (Listener::Outside, "sasl_ssl"),
            (Listener::ClearLogin, "ssl"),
        ] {
            is_refused(call(listener, protocol), &["speaks no TLS", "kafka.security_protocol"]);
        }
        for (listener, protocol) in [
            (Listener::Login, "plaintext"),
            (Listener::Mutual, "plaintext"),
            (Listener::Login, "sasl_plaintext"),
        ] {
            is_refused(call(listener, protocol), &["expects TLS", "kafka.security_protocol"]);
        }
    }
}

#[test]
fn a_check_that_is_off_is_said_on_every_run() {
    let broker = SecureBroker::shared();
    for program in PROGRAMS {
        for (listener, property, value) in [
            (Listener::Expired, "ENABLE_SSL_CERTIFICATE_VERIFICATION", "false"),
            (Listener::Elsewhere, "SSL_ENDPOINT_IDENTIFICATION_ALGORITHM", "none"),
        ] {
            let variable = format!("KP_KAFKA__LIBRDKAFKA__{property}");
            let call = || broker.call_in_protocol(program, listener).env(&variable, value);
            // A client without a login may do nothing on the topic. What counts is that it got so
            // far.
            working(program, call()).run().says(&["warning: ", "checked"]);
            call().args(["--show-config"]).run().exits(0).says(&["warning: ", "checked"]);
        }
    }
}

#[test]
fn a_key_that_does_not_fit_or_is_not_there_is_a_wrong_setting() {
    let broker = SecureBroker::shared();
    let other = broker.authority.sign("other", &[], Valid::Now);
    let call = || {
        let call = broker.call_in_protocol(Program::Admin, Listener::Mutual);
        with_certificate(call, &broker.client).args(["topics", "list"])
    };
    call().secret_file("client.key", &other.key).run().exits(3).says(&["key"]);
    call().env("KP_KAFKA__KEY", "nowhere.key").run().exits(3).says(&["ssl.key.location"]);
    call().env("KP_KAFKA__CA", "nowhere.pem").run().exits(3).says(&["ssl.ca.location"]);
}
