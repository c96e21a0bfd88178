//! What can be typed.

use std::net::SocketAddr;

use clap::{ArgAction, Command, CommandFactory, Parser};
use kp_cli::{Example, Examples, with_examples};

/// Commands to begin with. A test runs each.
const EXAMPLES: &[Examples] = &[(
    &[],
    &[
        Example {
            says: "Three brokers on any free port, with a topic of 6 partitions",
            typed: "kp-broker --listen 127.0.0.1:0 --brokers 3 --topic orders:6",
        },
        Example {
            says: "In the background, for as long as a test takes",
            typed: "kp-broker --listen 127.0.0.1:0 >broker.log & broker=$!; sleep 1; kill $broker",
        },
    ],
)];

/// A Kafka broker for learning and tests, inside one process.
///
/// Real clients in any process of this machine can use it, Kafka's own and Python's too: producers,
/// consumers, groups. It keeps the newest 5 MB (or 100,000 batches) of each partition, in memory,
/// and nothing once it ends. It cannot create topics on request (they appear on first use), list
/// groups, find messages by time, or abort transactions. A Kafka in a container can (`cargo xtask
/// up`).
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "kp-broker", version)]
pub struct Args {
    /// Where clients connect; with port 0 a free one is chosen and shown
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9092", value_parser = listen_address)]
    pub listen: SocketAddr,

    /// Where clients are told to connect, when a relay or a forwarded port stands in front; only
    /// with one broker [default: the address of --listen]
    #[arg(long, value_name = "ADDR:PORT", value_parser = advertised_address)]
    pub advertised: Option<SocketAddr>,

    /// How many brokers the cluster has
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=9))]
    pub brokers: u16,

    /// A topic to create, with 1 partition unless stated; repeatable
    #[arg(long = "topic", value_name = "NAME[:PARTITIONS]", default_value = "topic1:1", value_parser = topic)]
    pub topics: Vec<NewTopic>,

    /// Say more on stderr: each client that connects
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing on stderr but errors: no warnings
    #[arg(short, long)]
    pub quiet: bool,
}

/// The whole command line, for parsing and `--help`.
pub fn command() -> Command {
    with_examples(Args::command().version(kp_cli::version()), EXAMPLES)
}

/// A topic that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// By Kafka's rule: 1 to 249 of `a-z A-Z 0-9 . _ -`, neither `.` nor `..`.
    pub name: String,
    /// 1 to [`NewTopic::MAX_PARTITIONS`].
    pub partitions: u32,
}

impl NewTopic {
    /// The most partitions that one topic may have here. A broker inside one process has one thread
    /// to serve them.
    pub const MAX_PARTITIONS: u32 = 1000;
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "expected an IP address and a port, such as 127.0.0.1:9092 or [::1]:9092".to_owned()
    })
}

/// An address that a client can connect to.
fn advertised_address(text: &str) -> Result<SocketAddr, String> {
    let address = listen_address(text)?;
    if address.port() == 0 {
        return Err("no client can connect to port 0: name the port that leads here".to_owned());
    }
    if address.ip().is_unspecified() {
        return Err(format!(
            "no client can connect to {}, which stands for all addresses: name one of them",
            address.ip()
        ));
    }
    Ok(address)
}

fn topic(text: &str) -> Result<NewTopic, String> {
    let (name, partitions) = match text.rsplit_once(':') {
        Some((name, count)) => (name, partition_count(count)?),
        None => (text, 1),
    };
    kp_settings::check_topic_name(name)?;
    Ok(NewTopic { name: name.to_owned(), partitions })
}

fn partition_count(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|count| (1..=NewTopic::MAX_PARTITIONS).contains(count)).ok_or_else(
        || format!("the number of partitions after `:` must be 1 to {}", NewTopic::MAX_PARTITIONS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_table_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn nothing_typed_is_the_originals_address_and_topic() {
        let args = Args::parse_from(["kp-broker"]);
        assert_eq!(args.listen.to_string(), "127.0.0.1:9092");
        assert_eq!(args.brokers, 1);
        assert_eq!(args.topics, [NewTopic { name: "topic1".to_owned(), partitions: 1 }]);
    }

    #[test]
    fn a_topic_is_a_name_and_perhaps_its_partitions() {
        assert_eq!(topic("a.b_c-9"), Ok(NewTopic { name: "a.b_c-9".to_owned(), partitions: 1 }));
        assert_eq!(topic("a:1000"), Ok(NewTopic { name: "a".to_owned(), partitions: 1000 }));
        assert!(topic(&"x".repeat(249)).is_ok());
    }

    #[test]
    fn what_kafka_would_not_take_is_refused_in_words() {
        let too_long = "x".repeat(250);
        for (typed, words) in [
            ("", "empty"),
            (":3", "empty"),
            (".", "`..`"),
            ("..", "`..`"),
            ("a b", "' '"),
            ("a\0b", r"'\0'"),
            ("주제", "'주'"),
            ("a:b:1", "':'"),
            (too_long.as_str(), "250 bytes"),
            ("a:0", "1 to 1000"),
            ("a:1001", "1 to 1000"),
            ("a:-1", "1 to 1000"),
            ("a:99999999999", "1 to 1000"),
            ("a:", "1 to 1000"),
        ] {
            let refusal = topic(typed).expect_err(typed);
            assert!(refusal.contains(words), "{typed:?}: {refusal}");
        }
    }

    #[test]
    fn an_address_is_never_half_understood() {
        assert!(listen_address("[::1]:0").is_ok());
        for typed in ["9092", "localhost:9092", "127.0.0.1", "127.0.0.1:99999", ""] {
            assert!(listen_address(typed).is_err(), "{typed:?}");
            assert!(advertised_address(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn clients_are_told_an_address_that_can_be_connected_to() {
        assert!(advertised_address("[::1]:9092").is_ok());
        for (typed, words) in [
            ("127.0.0.1:0", "port 0"),
            ("0.0.0.0:9092", "to 0.0.0.0, which"),
            ("[::]:9092", "to ::, which"),
        ] {
            let refusal = advertised_address(typed).expect_err(typed);
            assert!(refusal.contains(words), "{typed:?}: {refusal}");
        }
    }
}
