//! What librdkafka said while a connection went wrong, and what it means for a person.

mod absence;
mod refusal;

use std::fmt::Write as _;
use std::time::Instant;

use kp_rdkafka::{Client, Event, Failure, Refused};
use rdkafka::error::RDKafkaErrorCode as Code;

use kp_settings::{Address, SecurityProtocol, Servers};

use crate::advice::Advice;
use crate::listener::Listener;
use absence::Absence;

pub(crate) use refusal::{about_certificate, about_login, about_tls};

/// How many different failures are kept; the screen shows fewer.
const KEPT: usize = 16;
/// Lines about single brokers in one explanation: with the first line and the advice it makes six.
const SHOWN: usize = 3;

/// Failures of brokers, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    failures: Vec<Failure>,
    /// The certificates that were refused; librdkafka logs them just before it tells of the
    /// failure.
    certificates: Vec<Refused>,
    /// Whether the client has a certificate of its own to show.
    shows_certificate: bool,
    /// While no broker is there.
    absence: Option<Absence>,
}

/// What is wrong with one broker, so far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Name,
    Refused,
    Login,
    Tls,
    NotKafka,
    Dropped,
    Silent,
    Other,
}

impl Trouble {
    /// For a client that has a certificate of its own to show, or none.
    pub(crate) fn of_client(shows_certificate: bool) -> Self {
        Self { shows_certificate, ..Self::default() }
    }

    /// Takes note of an event: a failure is kept, a log line goes to `tracing`, anything else is
    /// passed over.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Error(failure) | Event::RebalanceFailed(failure) => self.note_failure(failure),
            Event::Log(line) => {
                log(line);
                let refused = Refused::of(line).filter(|_| self.certificates.len() < KEPT);
                self.certificates.extend(refused);
            }
            _ => {}
        }
    }

    fn note_failure(&mut self, failure: &Failure) {
        tracing::debug!(code = %failure.code, "{}", failure.text);
        if failure.code == Code::AllBrokersDown {
            self.absence.get_or_insert_with(|| Absence::new(Instant::now()));
            return;
        }
        let known = |kept: &Failure| Told::by(&kept.text) == Told::by(&failure.text);
        if self.failures.len() < KEPT && !self.failures.iter().any(known) {
            let mut failure = failure.clone();
            // An explanation has its own lines.
            failure.text = failure.text.replace(['\n', '\r'], " ");
            self.failures.push(failure);
        }
    }

    /// Forgets all: the brokers answered.
    pub(crate) fn clear(&mut self) {
        self.failures.clear();
        self.certificates.clear();
        self.absence = None;
    }

    /// Whether no broker is there, as far as is known: see [`Trouble::look_for_return`].
    pub(crate) fn is_away(&self) -> bool {
        self.absence.is_some()
    }

    /// Looks whether brokers that were all away are back; without waiting. What they have failed by
    /// stays known.
    pub(crate) fn look_for_return(&mut self, client: &Client) {
        if self.absence.as_mut().is_some_and(|absence| absence.is_over(client)) {
            tracing::info!("a broker answers again");
            self.absence = None;
        }
    }

    /// That a broker is there, or since when none is, and why, in words.
    pub(crate) fn check_present(&self) -> Result<(), String> {
        let Some(absence) = &self.absence else {
            return Ok(());
        };
        let seconds = absence.since.elapsed().as_secs();
        let cause = self.brief().map_or_else(String::new, |cause| format!(": {cause}"));
        Err(match seconds {
            0 => format!("no broker answers{cause}"),
            _ => format!("no broker has answered for {seconds} s{cause}"),
        })
    }

    /// Whether waiting longer cannot help: every broker is down for a reason that does not pass by
    /// itself.
    pub(crate) fn is_final(&self) -> bool {
        let lasting = |failure: &Failure| {
            matches!(cause(failure), Cause::Name | Cause::Refused | Cause::NotKafka)
        };
        self.failures.iter().any(is_refusal)
            || (self.is_away() && !self.failures.is_empty() && self.failures.iter().all(lasting))
    }

    /// What a broker that answers does not like, or what is not to be liked about it.
    pub(crate) fn refusal(&self) -> Option<Advice> {
        let failure = self.failures.iter().find(|failure| is_refusal(failure))?;
        let told = Told::by(&failure.text);
        let (broker, reason) = (told.name(), told.reason);
        // Where checks are off a certificate is found fault with, and taken all the same.
        let certificate = self.certificates.iter().find(|one| {
            told.broker.is_some()
                && node(&one.broker) == told.broker
                && reason.contains("certificate verify failed")
        });
        let (what, advice) = match (cause(failure), certificate) {
            (Cause::Tls, Some(refused)) => about_certificate(refused),
            (Cause::Tls, None) => about_tls(reason, self.shows_certificate),
            _ => about_login(reason),
        };
        Some(Advice::new(what, advice).about(broker))
    }

    /// Whether a broker drops connections, as it does when it is starting, and also when it expects
    /// something else.
    pub(crate) fn is_dropped(&self) -> bool {
        let dropped = |failure: &Failure| cause(failure) == Cause::Dropped;
        self.failures.iter().any(dropped)
    }

    /// Whether nobody has said anything so far.
    pub(crate) fn is_silent(&self) -> bool {
        self.failures.is_empty()
    }

    /// What is wrong between what was spoken and what is expected, if that can be told.
    pub(crate) fn mismatch(
        address: &Address,
        protocol: SecurityProtocol,
        listener: Listener,
    ) -> Option<String> {
        let what = match (protocol.uses_tls(), protocol.uses_sasl(), listener) {
            (false, _, Listener::Tls) => {
                "expects TLS, and was spoken to without; set kafka.security_protocol to ssl or sasl_ssl"
            }
            (true, _, Listener::Plain | Listener::Login) => {
                "speaks no TLS; set kafka.security_protocol to plaintext or sasl_plaintext, or use the port with TLS"
            }
            (false, false, Listener::Login) => {
                return Some(format!("{address}: the broker wants a login; {LOGIN_ADVICE}"));
            }
            _ => return None,
        };
        Some(format!("{address}: {what}"))
    }

    /// What may be wrong with an address that takes TLS, and then gives no answer.
    pub(crate) fn login_perhaps_wanted(address: &Address) -> String {
        format!(
            "{address}: takes TLS, and then gives no answer, as where the broker wants a login; if it does, {LOGIN_ADVICE}"
        )
    }

    /// A line for each broker that failed, and last what to do about it.
    pub(crate) fn explain(&self) -> String {
        let mut text = String::new();
        for failure in self.failures.iter().take(SHOWN) {
            let told = Told::by(&failure.text);
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {}", sentence(cause(failure), &told.name(), told.reason));
        }
        let hidden = self.failures.len().saturating_sub(SHOWN);
        if hidden > 0 {
            let _ = write!(text, "\n  and {hidden} more of the kind; -v shows all");
        }
        text
    }

    /// The most telling failure in a few words, for a sentence that goes on.
    pub(crate) fn brief(&self) -> Option<String> {
        let failure = self.failures.last()?;
        let told = Told::by(&failure.text);
        Some(sentence(cause(failure), &told.name(), told.reason))
    }

    /// Whether all failures are those of brokers that are not among these bootstrap addresses:
    /// somebody told of them.
    pub(crate) fn is_about_others(&self, bootstrap: &Servers) -> bool {
        let is_other = |failure: &Failure| {
            let broker = Told::by(&failure.text).broker;
            broker.is_some_and(|broker| !bootstrap.addresses().contains(&broker))
        };
        !self.failures.is_empty() && self.failures.iter().all(is_other)
    }

    /// What is wrong with an address that takes connections but never answers.
    pub(crate) fn mute(address: &Address) -> String {
        sentence(Cause::Dropped, &address.to_string(), "")
    }

    /// What to try for [`Trouble::mute`].
    pub(crate) const MUTE_ADVICE: &str = "check the port, and kafka.security_protocol; a broker that is just starting needs a few seconds, a slow one a longer kafka.connect_timeout";

    /// What to try, for the causes that were seen; none where a broker is needed.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        let mut causes: Vec<Cause> = self.failures.iter().map(cause).collect();
        causes.sort_by_key(|cause| *cause as u8);
        match causes.first() {
            Some(Cause::Name) => Some("check the spelling of the address: -b HOST:PORT"),
            Some(Cause::NotKafka | Cause::Dropped) => Some(Self::MUTE_ADVICE),
            _ => None,
        }
    }
}

fn log(line: &kp_rdkafka::LogLine) {
    match line.level {
        0..=6 => tracing::debug!(target: "librdkafka", "{}: {}", line.facility, line.text),
        _ => tracing::trace!(target: "librdkafka", "{}: {}", line.facility, line.text),
    }
}

fn cause(failure: &Failure) -> Cause {
    let says = |words: &str| failure.text.contains(words);
    match failure.code {
        // A handshake that was cut off has the code of one that was refused.
        _ if says("Broker transport failure") || says("Disconnected") => Cause::Dropped,
        Code::Authentication if says("imed out") => Cause::Silent,
        Code::Resolve => Cause::Name,
        Code::Authentication | Code::SaslAuthenticationFailed => Cause::Login,
        Code::SSL => Cause::Tls,
        _ if says("SASL") && says("failed") => Cause::Login,
        _ if says("SSL alert") => Cause::Tls,
        _ if says("Connection refused") => Cause::Refused,
        _ if says("Failed to resolve") => Cause::Name,
        _ if says("Invalid response size") || says("Protocol parse failure") => Cause::NotKafka,
        _ if says("Connection reset") || says("Broken pipe") || says("ApiVersion") => {
            Cause::Dropped
        }
        _ if says("timed out") => Cause::Silent,
        _ => Cause::Other,
    }
}

fn sentence(cause: Cause, broker: &str, reason: &str) -> String {
    match cause {
        Cause::Name => format!("{broker}: the name does not resolve"),
        Cause::Refused => format!("{broker}: connection refused; nothing listens there"),
        Cause::Login => format!("{broker}: {}", about_login(reason).0),
        Cause::Tls => format!("{broker}: TLS failed: {reason}"),
        Cause::NotKafka => format!("{broker}: something answers, but it is no Kafka broker"),
        Cause::Dropped => format!(
            "{broker}: takes connections, but does not answer as Kafka does: still starting, TLS expected, or no Kafka at all"
        ),
        Cause::Silent => format!("{broker}: no answer"),
        Cause::Other => format!("{broker}: {reason}"),
    }
}

pub(crate) const LOGIN_ADVICE: &str = "set kafka.security_protocol to sasl_ssl or sasl_plaintext, and kafka.sasl_mechanism and kafka.sasl_username";

fn is_refusal(failure: &Failure) -> bool {
    matches!(cause(failure), Cause::Login | Cause::Tls)
}

/// What librdkafka said, in parts.
#[derive(PartialEq, Eq)]
struct Told<'t> {
    /// Which broker it is about, where that was said.
    broker: Option<Address>,
    /// Why, without what only librdkafka's authors need.
    reason: &'t str,
}

impl<'t> Told<'t> {
    /// Takes apart `sasl_ssl://127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed:
    /// Connection refused (after 0ms in state CONNECT)`; the scheme may be absent, and the role of
    /// the broker may stand before: `GroupCoordinator: 127.0.0.1:9092: ...`.
    fn by(text: &'t str) -> Self {
        let mut broker = None;
        let mut rest = text;
        for _ in 0..2 {
            if let (None, Some((name, reason))) = (&broker, rest.split_once(": ")) {
                broker = node(name);
                if broker.is_some() || !name.contains(' ') {
                    rest = reason;
                }
            }
        }
        let reason = if broker.is_some() { rest } else { text };
        let reason = reason.split_once(" (after ").map_or(reason, |(reason, _)| reason);
        Self { broker, reason }
    }

    fn name(&self) -> String {
        self.broker.as_ref().map_or_else(|| "the broker".to_owned(), Address::to_string)
    }
}

/// The address in librdkafka's name of a broker: `ssl://HOST:PORT/1`. It puts no brackets around
/// IPv6.
fn node(name: &str) -> Option<Address> {
    let name = name.split_once("://").map_or(name, |(_, node)| node);
    let name = name.split_once('/').map_or(name, |(node, _)| node);
    let (host, port) = name.rsplit_once(':')?;
    Address::new(host, port.parse().ok()?).ok()
}

#[cfg(test)]
mod tests;
