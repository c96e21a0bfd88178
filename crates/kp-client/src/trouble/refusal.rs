//! What a broker that answers does not like, or what is not to be liked about it, and what to
//! change.

use kp_rdkafka::{Fault, Refused};

/// What is wrong with a broker's certificate, and what to change.
pub(crate) fn about_certificate(refused: &Refused) -> (String, &'static str) {
    let Refused { subject, issuer, .. } = refused;
    // It is the one with the fault: of the broker itself, or of an authority above it.
    let whose = match refused.depth {
        0 => "the broker's certificate",
        _ => "the certificate of the broker's authority",
    };
    match refused.fault {
        Fault::Expired => (
            format!("{whose} ({subject}) has expired"),
            "a new one is needed there, unless this machine's clock is wrong",
        ),
        Fault::NotYetValid => (
            format!("{whose} ({subject}) is not valid yet"),
            "see whether the clocks of both machines are right",
        ),
        Fault::Untrusted => (
            format!("{whose} ({subject}) is signed by {issuer}, which is not trusted here"),
            "set kafka.ca to the file with that authority's certificate (PEM)",
        ),
        Fault::OtherHost => (
            format!("the broker's certificate ({subject}) is not for this address"),
            "connect by a name that it is for, or have the broker's certificate name this one (subjectAltName)",
        ),
        Fault::Other(number) => (
            format!("{whose} ({subject}) cannot be verified (OpenSSL's X509 error {number})"),
            "see `openssl verify` for what the number means, and kafka.ca",
        ),
    }
}

/// What TLS came to nothing by, and what to change.
pub(crate) fn about_tls(reason: &str, shows_certificate: bool) -> (String, &'static str) {
    let alert =
        reason.rsplit_once("SSL alert number ").and_then(|(_, number)| number.trim().parse().ok());
    match alert {
        // Handshake failure; a bad, unsupported, revoked, expired or unknown certificate; an
        // unknown authority; certificate required. Which of them comes for what is up to the
        // broker's Java.
        Some(40 | 42..=46 | 48 | 116) if shows_certificate => (
            format!("the broker refuses the client's certificate ({})", alert_of(reason)),
            "see whether kafka.certificate has expired, and whether an authority that the broker trusts has signed it",
        ),
        Some(40 | 42..=46 | 48 | 116) => (
            format!("the broker wants a certificate of the client ({})", alert_of(reason)),
            "set kafka.certificate and kafka.key to files that an authority which the broker trusts has signed",
        ),
        _ => (
            format!("TLS failed: {reason}"),
            "check kafka.security_protocol, kafka.ca, and kafka.certificate with kafka.key",
        ),
    }
}

/// `alert certificate unknown` out of
/// `error:0A000416:SSL routines::ssl/tls alert certificate unknown: SSL alert number 46`.
fn alert_of(reason: &str) -> &str {
    let from = reason.find("alert ").unwrap_or(0);
    let words = &reason[from..];
    words.split_once(':').map_or(words, |(words, _)| words)
}

/// What the login came to nothing by, and what to change.
pub(crate) fn about_login(reason: &str) -> (String, &'static str) {
    let says = |words: &str| reason.contains(words);
    let advice = if says("gives no token") || says("OAUTHBEARER token") {
        "check sasl.oauthbearer.token.endpoint.url, sasl.oauthbearer.client.id and its secret"
    } else if says("not enabled") || says("mechanism not supported") {
        "set kafka.sasl_mechanism to one that this broker has"
    } else if says("SASL state") {
        "this port takes no login: set kafka.security_protocol to plaintext or ssl, or use the port with a login"
    } else if says("invalid credentials") || says("Invalid username or password") {
        "check kafka.sasl_username and the password (kafka.sasl_password_file); Kafka does not tell which of the two is wrong"
    } else {
        "check kafka.sasl_mechanism, kafka.sasl_username and the password"
    };
    (format!("the login was refused: {reason}"), advice)
}
