//! Settings that are one word: where reading starts, what becomes of a bad message, the choices,
//! topics' names.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use kp_settings::{
    Acks, Compression, Delivery, Flush, OnBadMessage, Output, Partitioner, SaslMechanism,
    SecurityProtocol, StartAt, StdinFormat, check_topic_name,
};

pub(crate) const WORDS: &[&str] = &[
    "stored",
    "earliest",
    "latest",
    "@",
    "0",
    "9",
    "-",
    "+",
    ":",
    ".",
    "T",
    "Z",
    "2026-11-23T10:00:00Z",
    "1732300000000",
    "253402300800000",
    "9223372036854775807",
    "-009999-01-02T01:59:59Z",
    "9999-12-30T22:00:00.999999999Z",
    "[Asia/Seoul]",
    "W",
    "fail",
    "skip",
    "dead-letter:",
    "topic",
    "_",
    "..",
    "é",
    "\0",
    "all",
    "gzip",
    "PLAIN",
    "json",
    "at-least-once",
    "x",
    "xxxxxxxxxxxxxxxxxxxxxxxx",
];

pub(crate) fn check(word: &str) {
    reads_back::<StartAt>(word);
    reads_back::<OnBadMessage>(word);
    is_itself::<Acks>(word);
    is_itself::<Compression>(word);
    is_itself::<Delivery>(word);
    is_itself::<Flush>(word);
    is_itself::<Output>(word);
    is_itself::<Partitioner>(word);
    is_itself::<SaslMechanism>(word);
    is_itself::<SecurityProtocol>(word);
    is_itself::<StdinFormat>(word);
    if let Ok(StartAt::Offset(number) | StartAt::Time(number)) = word.parse() {
        assert!(number >= 0, "Kafka means something else by a negative number");
    }

    let topic = check_topic_name(word);
    let is_topic = (1..=249).contains(&word.len())
        && !matches!(word, "." | "..")
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    assert_eq!(topic.is_ok(), is_topic, "{topic:?}");
    if let Err(reason) = topic {
        assert!(!reason.contains(char::is_control), "{reason:?}");
    }
}

fn reads_back<T: FromStr<Err: Display> + Display + Debug + PartialEq>(word: &str) {
    match word.parse::<T>() {
        Ok(read) => assert_eq!(read.to_string().parse().ok(), Some(read)),
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

fn is_itself<T: FromStr<Err: Display> + Display>(word: &str) {
    match word.parse::<T>() {
        Ok(read) => assert_eq!(read.to_string(), word),
        Err(error) => assert!(error.to_string().starts_with("expected one of ")),
    }
}
