//! kp-broker: a Kafka broker for learning and tests, inside one process.
//!
//! librdkafka's mock cluster behind relays, on ports that clients know beforehand, in a protocol
//! that they all speak.
#![forbid(unsafe_code)]

mod body;
mod cli;
mod frames;
mod members;
mod pipe;
mod protocol;
mod relay;

use std::collections::HashSet;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context;
use kp_cli::{Exit, Stop, StopSignal};
use kp_rdkafka::mock::MockCluster;
use tracing::warn;

use relay::Seat;

pub use cli::{Args, NewTopic, command};

/// Serves until `stop` is asked for. `out` gets the ready lines, flushed, once clients can connect.
///
/// # Errors
/// Exit code 2 when a topic is named twice, or one address is to stand for several brokers. 1 when
/// the address cannot be listened on, or the cluster does not start.
pub fn run(args: &Args, stop: &StopSignal, out: &mut dyn Write) -> anyhow::Result<Exit> {
    refuse_repeated_topics(&args.topics)?;
    refuse_one_address_for_several(args)?;
    // The address comes first: it fails most often, and then nothing else was started.
    let listener =
        TcpListener::bind(args.listen).map_err(|error| cannot_listen(args.listen, &error))?;
    let address = listener.local_addr().context("the listening address is unknown")?;
    let cluster = start_cluster(args)?;
    let seats = seats(&cluster, listener, address, args.advertised)?;
    if !address.ip().is_loopback() {
        warn!(
            "anyone who reaches {address} over the network can read and write here: there is no login"
        );
    }
    if address.ip().is_unspecified() && args.advertised.is_none() {
        warn!(
            "clients on other machines get no further than that address, since the brokers name themselves {}",
            reachable(address.ip())
        );
    }
    write!(out, "{}", ready(address, args))?;
    out.flush()?;
    relay::serve(&seats, &|| stop.requested())
        .with_context(|| format!("failed to serve clients on {address}"))?;
    Ok(Exit::Done)
}

fn refuse_repeated_topics(topics: &[NewTopic]) -> Result<(), Stop> {
    let mut seen = HashSet::new();
    match topics.iter().find(|topic| !seen.insert(&topic.name)) {
        Some(topic) => Err(Stop::new(
            Exit::Usage,
            format!("--topic names `{}` twice: name it once", topic.name),
        )),
        None => Ok(()),
    }
}

/// Each broker needs an address of its own, or clients cannot tell them apart.
fn refuse_one_address_for_several(args: &Args) -> Result<(), Stop> {
    match args.advertised {
        Some(address) if args.brokers > 1 => Err(Stop::new(
            Exit::Usage,
            format!(
                "--advertised {address} is the address of one broker, and --brokers {} makes more: leave one of them out",
                args.brokers
            ),
        )),
        _ => Ok(()),
    }
}

fn start_cluster(args: &Args) -> anyhow::Result<MockCluster> {
    let cluster = MockCluster::new(args.brokers)?;
    // Kafka waits for more members to join a new group. Here that would be 3 seconds of nothing
    // before the first message.
    cluster.set_group_rebalance_delay(Duration::ZERO);
    for topic in &args.topics {
        cluster.create_topic(&topic.name, topic.partitions, args.brokers.min(3))?;
    }
    Ok(cluster)
}

/// A listener for each broker, the first on the address that was asked for, the others on free
/// ports. From then on the brokers name these to their clients, or what is to be advertised.
fn seats(
    cluster: &MockCluster,
    first: TcpListener,
    address: SocketAddr,
    advertised: Option<SocketAddr>,
) -> anyhow::Result<Vec<Seat>> {
    let mut first = Some(first);
    let mut seats = Vec::new();
    for (id, broker) in (1..).zip(cluster.broker_addresses()) {
        let listener = match first.take() {
            Some(listener) => listener,
            None => TcpListener::bind((address.ip(), 0))
                .with_context(|| format!("no free port for broker {id} on {}", address.ip()))?,
        };
        let own = listener.local_addr().context("a listening address is unknown")?;
        let told = advertised.unwrap_or_else(|| (reachable(own.ip()), own.port()).into());
        cluster.set_host_port(id, &told.ip().to_string(), told.port())?;
        seats.push(Seat { listener, broker });
    }
    Ok(seats)
}

/// What the brokers call themselves. Nobody can connect to "all addresses", only to one.
fn reachable(listening: IpAddr) -> IpAddr {
    match listening {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Stop {
    let port = address.port();
    let stop = |message: String| Stop::new(Exit::Unexpected, message);
    match error.kind() {
        ErrorKind::AddrInUse => stop(format!(
            "port {port} is taken: cannot listen on {address}"
        ))
        .and(format!(
            "  another kp-broker may hold it, or a Kafka container: `cargo xtask ps` shows what is up, `cargo xtask down` ends it, and \
             `ss -tanp` (on macOS `lsof -iTCP:{port}`) names the process"
        ))
        .and("  or take a free port, which is then shown: `--listen 127.0.0.1:0`"),
        ErrorKind::PermissionDenied => stop(format!(
            "not allowed to listen on {address}: {error}; choose a port above 1023, such as `--listen 127.0.0.1:9092`"
        )),
        ErrorKind::AddrNotAvailable => stop(format!(
            "{} is not an address of this machine: choose `--listen 127.0.0.1:{port}`",
            address.ip()
        )),
        _ => stop(format!("cannot listen on {address}: {error}")),
    }
}

/// The first line has all that a script needs: that the broker is ready, where, and that it keeps
/// nothing.
fn ready(address: SocketAddr, args: &Args) -> String {
    let topics: Vec<String> = args
        .topics
        .iter()
        .map(|topic| format!("{} ({})", topic.name, count(topic.partitions, "partition")))
        .collect();
    let told = args.advertised.map_or_else(String::new, |address| {
        format!("clients are told to connect to {address}, which must lead here\n")
    });
    format!(
        "kp-broker ready on {address} (keeps 5 MB a partition, in memory)\n\
         {}, topics: {}; any other topic appears on first use, with 4 partitions\n\
         {told}\
         kept: the newest 5 MB or 100,000 batches of each partition, all gone at the end\n",
        count(u32::from(args.brokers), "broker"),
        topics.join(", "),
    )
}

fn count(number: u32, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn the_first_ready_line_is_whole_at_80_columns() {
        let args = Args::parse_from(["kp-broker", "--topic", "orders:3", "--topic", "topic1"]);
        let text = ready(args.listen, &args);
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("kp-broker ready on 127.0.0.1:9092 "), "{first}");
        assert!(first.contains("5 MB a partition") && first.len() <= 80, "{first}");
        assert!(text.contains("orders (3 partitions), topic1 (1 partition);"), "{text}");
        assert!(text.contains("100,000 batches") && text.lines().count() == 3, "{text}");
    }

    #[test]
    fn what_clients_are_told_stands_in_the_ready_lines() {
        let args = Args::parse_from(["kp-broker", "--advertised", "127.0.0.1:19092"]);
        let text = ready(args.listen, &args);
        assert!(text.starts_with("kp-broker ready on 127.0.0.1:9092 "), "{text}");
        assert!(text.contains("\nclients are told to connect to 127.0.0.1:19092, "), "{text}");
    }

    #[test]
    fn each_reason_not_to_listen_says_what_to_change() {
        let address = "192.0.2.1:80".parse().unwrap();
        for (kind, words) in [
            (ErrorKind::AddrInUse, ["port 80", "--listen 127.0.0.1:0"]),
            (ErrorKind::PermissionDenied, ["192.0.2.1:80", "above 1023"]),
            (ErrorKind::AddrNotAvailable, ["192.0.2.1", "--listen 127.0.0.1:80"]),
            (ErrorKind::OutOfMemory, ["192.0.2.1:80", "cannot listen"]),
        ] {
            let text = format!("{:?}", cannot_listen(address, &io::Error::from(kind)));
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
    }
}
