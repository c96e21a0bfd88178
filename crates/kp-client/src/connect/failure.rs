//! Why the first contact failed, and what to change.

use kp_settings::{Address, Origin};
use rdkafka::metadata::Metadata;

use super::Connection;
use crate::addresses::{Probe, address_of, probe};
use crate::error::Error;
use crate::listener::{self, Listener};
use crate::trouble::Trouble;

/// How many advertised addresses are shown.
const SHOWN: usize = 3;

/// How it is told that nobody said anything.
const NO_ANSWER: &str = "no answer";

/// Where each step of the way is made by itself, and so more can be told than here.
pub(crate) const MORE: &str = "; `kp-admin doctor` tells more";

impl Connection {
    /// Fails where a broker expects TLS, or none, or a login: waiting does not help. All addresses
    /// must be so, since one that answers is enough.
    pub(super) fn refuse_mismatch(&mut self) -> Result<(), Error> {
        self.listeners = listener::ask_all(self.servers.addresses());
        let mismatches: Option<Vec<String>> = self
            .listeners
            .iter()
            .zip(self.servers.addresses())
            .map(|(listener, address)| Trouble::mismatch(address, self.protocol, (*listener)?))
            .collect();
        let sentence = mismatches.unwrap_or_default().into_iter().next();
        sentence.map_or(Ok(()), |sentence| Err(self.told(&sentence)))
    }

    /// Whether an address speaks TLS and yet gives no answer to a client that has not logged in. It
    /// cannot be asked further from outside.
    fn wants_login(&self) -> Option<String> {
        if !self.protocol.uses_tls() || self.protocol.uses_sasl() {
            return None;
        }
        let mut listeners = self.listeners.iter().zip(self.servers.addresses());
        let (_, address) = listeners.find(|(one, _)| **one == Some(Listener::Tls))?;
        Some(Trouble::login_perhaps_wanted(address))
    }

    pub(super) fn unreachable(&self) -> Error {
        let Self { trouble, broker, servers, .. } = self;
        if let Some(advice) = trouble.refusal() {
            return self.told_more(&advice.to_string());
        }
        if trouble.is_about_others(servers)
            && let Some(answers) = probe(servers.addresses()).reached
        {
            return self.sent_elsewhere(&answers.to_string(), &trouble.explain());
        }
        let mut causes = trouble.explain();
        let mut advice = trouble.advice();
        // It does not always tell of a connection that was dropped.
        if (causes.is_empty() || trouble.is_dropped())
            && let Some(sentence) = self.wants_login()
        {
            return self.told_more(&sentence);
        }
        if causes.is_empty() {
            // librdkafka says nothing of a connection that is dropped or stays silent.
            if let Some(address) = probe(servers.addresses()).reached {
                causes = format!("\n  {}", Trouble::mute(&address));
                advice = Some(Trouble::MUTE_ADVICE);
            } else {
                causes = format!(
                    "\n  {NO_ANSWER} within {:?} (kafka.connect_timeout): wrong address, or a firewall that drops packets?",
                    self.patience
                );
            }
        }
        let set_by = self.who_set("set by");
        // What is silent, or answers in an odd way, is told apart there.
        let is_odd = advice == Some(Trouble::MUTE_ADVICE) || causes.contains(NO_ANSWER);
        let more = if is_odd { MORE } else { "" };
        let advice = advice.map_or_else(|| self.where_a_broker_is(), str::to_owned) + more;
        Error::Unreachable(format!("cannot reach Kafka at {broker}{set_by}{causes}\n  {advice}"))
    }

    /// How to get a broker. One on this machine can be started; any other address has been set
    /// somewhere.
    fn where_a_broker_is(&self) -> String {
        let here = ["localhost", "127.0.0.1"];
        let here: Vec<Address> =
            here.iter().filter_map(|host| Address::new(host, 9092).ok()).collect();
        let is_here = |address: &Address| here.contains(address);
        let Some(set_by) =
            self.set_by.as_ref().filter(|_| !self.servers.addresses().iter().any(is_here))
        else {
            return "start one with `cargo xtask up` (Docker) or `cargo xtask up --embedded`, or name another: -b HOST:PORT".to_owned();
        };
        let undo = set_by.undo();
        match listener::ask_all(&here[..1]).first() {
            Some(Some(_)) => {
                format!("a broker answers at localhost:9092, the default: to use it, {undo}")
            }
            _ if matches!(set_by.origin, Origin::Flag(_)) => {
                "is that broker up? To use another, name it: -b HOST:PORT".to_owned()
            }
            _ => format!("is that broker up? To use another, {undo}, or name it: -b HOST:PORT"),
        }
    }

    /// A sentence about one address, and who set it.
    fn told(&self, sentence: &str) -> Error {
        Error::Unreachable(format!("{sentence}{}", self.who_set("address set by")))
    }

    /// The same where the doctor knows more.
    fn told_more(&self, sentence: &str) -> Error {
        Error::Unreachable(format!("{sentence}{}{MORE}", self.who_set("address set by")))
    }

    /// Where the addresses were set, in brackets after these words; empty for the default.
    fn who_set(&self, words: &str) -> String {
        let set_by = self.set_by.as_ref();
        set_by.map_or_else(String::new, |set_by| format!(" ({words} {})", set_by.place))
    }

    /// A broker may answer on the bootstrap address and then send clients to an address that only
    /// it knows. That would show as a timeout much later.
    pub(super) fn check_advertised(&self, metadata: &Metadata) -> Result<(), Error> {
        let mut advertised = Vec::new();
        let mut reasons = Vec::new();
        for broker in metadata.brokers() {
            match address_of(broker) {
                Some(address) => advertised.push(address),
                None => reasons.push(format!(
                    "\n  {:?}, port {}: no address",
                    broker.host(),
                    broker.port()
                )),
            }
        }
        let is_bootstrap = |address: &Address| self.servers.addresses().contains(address);
        if metadata.brokers().is_empty() || advertised.iter().any(is_bootstrap) {
            return Ok(());
        }
        let Probe { reached, failures } = probe(&advertised);
        if reached.is_some() {
            return Ok(());
        }
        let failures = failures.iter().map(|(address, reason)| format!("\n  {address}: {reason}"));
        let reasons: String = failures.chain(reasons).take(SHOWN).collect();
        Err(self.sent_elsewhere(&self.broker, &reasons))
    }

    fn sent_elsewhere(&self, answers: &str, causes: &str) -> Error {
        self.told_more(&format!(
            "{answers} answers, but sends clients on to an address that cannot be reached from here{causes}\n  \
             change the broker's advertised.listeners, or make this address reachable"
        ))
    }
}
