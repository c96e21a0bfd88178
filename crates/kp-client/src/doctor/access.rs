//! What this user may do: the brokers tell it themselves.

use std::time::Duration;

use kp_rdkafka::Client;
use kp_rdkafka::admin::{self, AclOperation, AdminError, ItemError};

use super::step::{Finding, Outcome};
use crate::admin::again;
use crate::advice::Advice;
use crate::error::is_refusal;
use crate::words::said;

/// What is asked about beside the cluster.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) topic: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    /// Whether a record is to be written and read.
    pub(crate) probe: bool,
}

/// The first question about any group makes the topic that groups are kept in, and until that is
/// loaded there is no answer.
fn group_operations(client: &Client, group: &str, timeout: Duration) -> Answer {
    let asked = again::ask(timeout, |left| {
        let told = admin::group_operations(client, group, left)?;
        again::complete(vec![told], |one| one.as_ref().err())
    });
    let told = asked.answer?.pop();
    Ok(told.unwrap_or(Ok(Vec::new())))
}

type Answer = Result<Result<Vec<AclOperation>, ItemError>, AdminError>;

/// Asks about the cluster, the topic and the group at once.
pub(crate) fn ask(client: &Client, about: About<'_>, timeout: Duration) -> Finding {
    let (cluster, topic, group) = std::thread::scope(|scope| {
        let topic = about
            .topic
            .map(|name| scope.spawn(move || admin::topic_operations(client, name, timeout)));
        let group =
            about.group.map(|name| scope.spawn(move || group_operations(client, name, timeout)));
        let cluster: Answer = admin::cluster_operations(client, timeout).map(Ok);
        let ended = |one: std::thread::ScopedJoinHandle<'_, Answer>| one.join().ok();
        (cluster, topic.and_then(ended), group.and_then(ended))
    });
    let mut parts = Vec::new();
    if let (Some(name), Some(answer)) = (about.topic, topic) {
        parts.push(topic_part(name, answer, about));
    }
    if let (Some(name), Some(answer)) = (about.group, group) {
        parts.push(of(&Thing { kind: "group", name }, answer, &GROUP, &[AclOperation::Read]));
    }
    parts.push(of(&Thing { kind: "cluster", name: "" }, cluster, &CLUSTER, &[]));
    all_of(parts)
}

/// What could not be asked is no lack of an ACL, and hides none.
fn all_of(parts: Vec<Result<Vec<String>, Advice>>) -> Finding {
    let mut is_told = true;
    let parts = parts.into_iter().map(|part| match part {
        Err(Advice { cause, change }) if change.is_empty() => {
            is_told = false;
            Ok(vec![cause])
        }
        part => part,
    });
    let mut finding = Finding::all_of(parts.collect());
    if finding.outcome == Outcome::Right && !is_told {
        finding.outcome = Outcome::Untold;
    }
    finding
}

const TOPIC: [AclOperation; 3] = [AclOperation::Describe, AclOperation::Read, AclOperation::Write];
const GROUP: [AclOperation; 3] = [AclOperation::Describe, AclOperation::Read, AclOperation::Delete];
const CLUSTER: [AclOperation; 3] =
    [AclOperation::Describe, AclOperation::Create, AclOperation::Alter];

/// Something that is used.
struct Thing<'a> {
    kind: &'static str,
    name: &'a str,
}

impl Thing<'_> {
    /// As it stands in a sentence.
    fn words(&self) -> String {
        if self.name.is_empty() {
            format!("the {}", self.kind)
        } else {
            format!("{} {}", self.kind, self.name)
        }
    }
}

fn topic_part(name: &str, answer: Answer, about: About<'_>) -> Result<Vec<String>, Advice> {
    let thing = Thing { kind: "topic", name };
    let (read, write) = (AclOperation::Read, AclOperation::Write);
    let needed: &[AclOperation] = match about {
        About { probe: true, .. } => &[read, write],
        About { group: Some(_), .. } => &[read],
        _ => &[],
    };
    let may = allowed(&thing, answer)?;
    // Who only looks at a topic has no use for a client of it.
    if needed.is_empty() && !has(&may, read) && !has(&may, write) {
        return Err(lacks(&thing, read));
    }
    checked(&thing, &may, &TOPIC, needed)
}

fn of(
    thing: &Thing<'_>,
    answer: Answer,
    shown: &[AclOperation],
    needed: &[AclOperation],
) -> Result<Vec<String>, Advice> {
    checked(thing, &allowed(thing, answer)?, shown, needed)
}

fn allowed(thing: &Thing<'_>, answer: Answer) -> Result<Vec<AclOperation>, Advice> {
    match answer {
        Ok(Ok(may)) => Ok(may),
        Ok(Err(error)) if is_refusal(error.code) => Err(lacks(thing, AclOperation::Describe)),
        Ok(Err(error)) => {
            let why = said(error.code, &error.text);
            Err(Advice::new(format!("not told of {}: {why}", thing.words()), ""))
        }
        Err(error) => Err(Advice::new(format!("not told of {}: {error}", thing.words()), "")),
    }
}

fn checked(
    thing: &Thing<'_>,
    may: &[AclOperation],
    shown: &[AclOperation],
    needed: &[AclOperation],
) -> Result<Vec<String>, Advice> {
    match needed.iter().find(|one| !has(may, **one)) {
        Some(lacking) => Err(lacks(thing, *lacking)),
        None => Ok(vec![words(thing, may, shown)]),
    }
}

fn has(may: &[AclOperation], operation: AclOperation) -> bool {
    may.contains(&operation) || may.contains(&AclOperation::All)
}

/// `topic orders: this user may describe and read, not write`.
fn words(thing: &Thing<'_>, may: &[AclOperation], shown: &[AclOperation]) -> String {
    let list = |allowed: bool| {
        let words = shown.iter().filter(|one| has(may, **one) == allowed).map(|one| verb(*one));
        words.collect::<Vec<_>>()
    };
    let (yes, no) = (joined(&list(true), "and"), joined(&list(false), "or"));
    let thing = thing.words();
    match (yes.as_str(), no.as_str()) {
        (yes, "") => format!("{thing}: this user may {yes}"),
        ("", no) => format!("{thing}: this user may not {no}"),
        (yes, no) => format!("{thing}: this user may {yes}, not {no}"),
    }
}

fn joined(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [several @ .., end] => format!("{} {last} {end}", several.join(", ")),
    }
}

fn verb(operation: AclOperation) -> String {
    format!("{operation:?}").to_lowercase()
}

fn lacks(thing: &Thing<'_>, operation: AclOperation) -> Advice {
    let Thing { kind, name } = thing;
    let verb = verb(operation);
    Advice::new(
        format!("this user may not {verb} {kind} {name}"),
        format!(
            "ask for the ACL {operation:?} on {kind} {name}: `kp-admin acls add --principal User:NAME --allow {verb} --{kind} {name}`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use rdkafka::error::RDKafkaErrorCode as Code;

    use super::*;

    const ORDERS: Thing<'_> = Thing { kind: "topic", name: "orders" };
    const ABOUT: About<'_> = About { topic: Some("orders"), group: None, probe: false };

    fn told(operations: &[AclOperation]) -> Answer {
        Ok(Ok(operations.to_vec()))
    }

    fn refused(code: Code) -> Answer {
        Ok(Err(ItemError { code, text: String::new() }))
    }

    fn topic(answer: Answer, about: About<'_>) -> Result<Vec<String>, Advice> {
        topic_part("orders", answer, about)
    }

    #[test]
    fn what_a_user_may_do_is_told_with_what_it_may_not() {
        let [describe, read, write] = TOPIC;
        let said = |may: &[AclOperation]| words(&ORDERS, may, &TOPIC);
        assert_eq!(
            said(&[describe, read]),
            "topic orders: this user may describe and read, not write"
        );
        assert_eq!(
            said(&[AclOperation::All]),
            "topic orders: this user may describe, read and write"
        );
        assert_eq!(said(&[]), "topic orders: this user may not describe, read or write");
        let cluster = Thing { kind: "cluster", name: "" };
        assert_eq!(
            words(&cluster, &[describe, write], &CLUSTER),
            "the cluster: this user may describe, not create or alter"
        );
    }

    #[test]
    fn what_is_wanted_decides_on_what_is_missing() {
        let [describe, read, write] = TOPIC;
        assert!(topic(told(&[describe, read]), ABOUT).is_ok());
        assert!(topic(told(&[describe, write]), ABOUT).is_ok());
        let cause = |answer, about| topic(answer, about).unwrap_err().cause;
        assert_eq!(cause(told(&[describe]), ABOUT), "this user may not read topic orders");
        let group = About { group: Some("g"), ..ABOUT };
        assert_eq!(cause(told(&[describe, write]), group), "this user may not read topic orders");
        let probe = About { probe: true, ..ABOUT };
        assert_eq!(cause(told(&[describe, read]), probe), "this user may not write topic orders");
        let hidden = refused(Code::TopicAuthorizationFailed);
        assert_eq!(cause(hidden, ABOUT), "this user may not describe topic orders");
        // What cannot be told has nothing to change.
        let silent = topic(refused(Code::NotController), ABOUT).unwrap_err();
        assert_eq!(silent.change, "", "{silent}");
    }

    #[test]
    fn what_cannot_be_told_hides_no_missing_acl() {
        let silent = || Err(Advice::new("not told of topic orders", ""));
        let lacking = || Err(lacks(&ORDERS, AclOperation::Read));
        let right = || Ok(vec!["the cluster".to_owned()]);
        let finding = all_of(vec![silent(), lacking(), right()]);
        assert_eq!(finding.outcome, Outcome::Failed(lacks(&ORDERS, AclOperation::Read)));
        assert_eq!(finding.found, ["not told of topic orders", "the cluster"]);
        let finding = all_of(vec![silent(), right()]);
        assert_eq!(finding.outcome, Outcome::Untold);
        assert_eq!(finding.found, ["not told of topic orders", "the cluster"]);
        assert_eq!(all_of(vec![right()]).outcome, Outcome::Right);
    }

    #[test]
    fn the_missing_acl_is_named_as_it_is_added() {
        let advice = lacks(&ORDERS, AclOperation::Read);
        assert_eq!(
            advice.change,
            "ask for the ACL Read on topic orders: `kp-admin acls add --principal User:NAME --allow read --topic orders`"
        );
    }
}
