//! One process's arguments, settings and input, all made from the seed and the process's number.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use fastrand::Rng;

/// What a process is given.
pub(super) struct Case {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(String, OsString)>,
    /// A settings file.
    pub(super) config: Option<Vec<u8>>,
    pub(super) input: Option<Vec<u8>>,
    pub(super) out: Out,
    pub(super) told_to_end_after: Option<Duration>,
}

/// Where it prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out {
    Read,
    /// Nobody reads.
    ClosedPipe,
    /// `/dev/full`: each write fails.
    FullDisk,
}

/// With few messages and short waits, so that a process that works ends soon.
const PRODUCER: [&str; 8] =
    ["--count", "20", "--delivery-timeout", "2s", "--shutdown-timeout", "1s", "--topic", "fuzzed"];
const CONSUMER: [&str; 8] = [
    "--max-messages",
    "30",
    "--idle-exit",
    "200ms",
    "--stall-timeout",
    "3s",
    "--shutdown-timeout",
    "1s",
];
const ADMIN: [&[&str]; 7] = [
    &["topics", "list"],
    &["topics", "describe", "fuzzed"],
    &["topics", "create", "fuzzed-too"],
    &["topics", "delete", "fuzzed-too", "--yes"],
    &["groups", "list"],
    &["groups", "describe", "test-group"],
    &["audit", "/dev/null"],
];

/// Flags, a right value, and the programs that have it, by their letter: kp-producer, -consumer,
/// -admin, -broker. None lets a process run for long.
const FLAGS: [(&str, &str, &str); 33] = [
    ("--stdin", "", "p"),
    ("--report", "json", "p"),
    ("--rate", "500", "p"),
    ("--key", "key", "p"),
    ("--header", "name=value", "p"),
    ("--partition", "0", "p"),
    ("--acks", "1", "p"),
    ("--compression", "zstd", "p"),
    ("--linger", "1ms", "p"),
    ("--flush", "each", "p"),
    ("--stdin-format", "json", "p"),
    ("--no-group", "", "c"),
    ("--until-end", "", "c"),
    ("--topic", "fuzzed", "pc"),
    ("--from", "earliest", "c"),
    ("--from", "@1732300000000", "c"),
    ("--format", "json", "c"),
    ("--format", "%k %s %h\\n", "c"),
    ("--format", "seed", "c"),
    ("--on-bad-message", "skip", "c"),
    ("--delivery", "at-most-once", "c"),
    ("--audit", "fuzzed.ledger", "pc"),
    ("--transactional-id", "fuzzed", "pc"),
    ("--per-transaction", "7", "p"),
    ("--copy-to", "fuzzed-copy", "c"),
    ("--output", "json", "a"),
    ("--timeout", "2s", "a"),
    ("--listen", "127.0.0.1:0", "b"),
    ("--brokers", "2", "b"),
    ("--show-config", "", "pca"),
    ("--version", "", "pcab"),
    ("-X", "linger.ms=5", "p"),
    ("-vv", "", "pcab"),
];

const VARIABLES: [&str; 8] = [
    "KP_PRODUCER__TOPIC",
    "KP_PRODUCER__COUNT",
    "KP_CONSUMER__TOPIC",
    "KP_CONSUMER__FORMAT",
    "KP_CONSUMER__GROUP_ID",
    "KP_KAFKA__CLIENT_ID",
    "KP_ADMIN__OUTPUT",
    "KP_NOBODY__KNOWS",
];

const CONFIGS: [&[u8]; 10] = [
    b"[producer]\ntopic = \"a\\u0000b\"\n",
    b"[consumer]\ntopic = [\"a\\u0000b\", \"c\"]\n",
    b"[consumer]\ngroup_id = \"g\\u0000\"\nformat = \"%s\\u0000\"\n",
    b"[producer]\nkey = \"\\u0000\"\nheaders = [\"a\\u0000=b\"]\n",
    b"[producer]\ncount = -1\n",
    b"[kafka]\nconnect_timeout = \"9999999999999h\"\n",
    b"[kafka.librdkafka]\n\"socket.keepalive.enable\" = [1, {a = 2}]\n",
    b"[kafka]\nbootstrap_servers = \"\\u0000\"\n",
    b"[[[",
    b"\xff\xfe\x00",
];

const INPUTS: [&[u8]; 12] = [
    b"",
    b"\n\n\n",
    b"plain\nlines\nwithout end",
    b"\x00\x01\xff\xfe\n\x80\n",
    b"{\"value\":\"x\",\"topic\":\"a\\u0000b\"}\n",
    b"{\"value\":\"x\",\"headers\":[{\"key\":\"\\u0000\",\"value\":null}]}\n",
    b"{\"key\":null,\"value\":null,\"partition\":-7}\n",
    b"{\"value\":\"x\",\"partition\":2147483648,\"timestamp\":-9223372036854775809}\n",
    b"{\"value\":{\"value\":{\"value\":[[[[[[1e999]]]]]]}}\n",
    b"{\"value\":\"\\ud800\"}\n",
    b"[]\nnull\n1\n\"\"\n{}\n",
    b"{\"topic\":\"..\",\"value\":\"x\"}\n{\"topic\":\"\",\"value\":\"x\"}\n",
];

/// Takes a flag and its value out where the other one is there, too.
fn without(arguments: &mut Vec<OsString>, flag: &str, other: &str) {
    let place = arguments.iter().position(|argument| argument == flag);
    if let Some(place) = place
        && arguments.iter().any(|argument| argument == other)
    {
        arguments.drain(place..arguments.len().min(place + 2));
    }
}

/// The same for the same seed and number, on whatever address the broker is.
pub(super) fn of(seed: u64, number: u64, broker: SocketAddr) -> Case {
    let mut random = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let random = &mut random;
    let program = ["kp-producer", "kp-consumer", "kp-admin", "kp-broker"][match random.u8(0..20) {
        0..8 => 0,
        8..15 => 1,
        15..19 => 2,
        _ => 3,
    }];
    let mut arguments: Vec<OsString> = Vec::new();
    if program != "kp-broker" {
        arguments.extend(["-b".into(), address(random, broker)]);
    }
    match program {
        "kp-producer" => arguments.extend(PRODUCER.map(OsString::from)),
        "kp-consumer" => {
            arguments.extend(CONSUMER.map(OsString::from));
            // In a group with others it would rightly wait for a partition to become free.
            arguments.extend(["--group".into(), format!("fuzzed-{number}").into()]);
        }
        "kp-admin" => {
            let words = ADMIN[random.usize(0..ADMIN.len())];
            arguments.extend(words.iter().map(OsString::from));
        }
        _ => arguments.extend(["--listen", "127.0.0.1:0"].map(OsString::from)),
    }
    for _ in 0..random.usize(0..4) {
        // One flag in eight is one that the program does not have.
        let known = random.u8(0..8) > 0;
        let letter = &program["kp-".len()..="kp-".len()];
        let fitting = FLAGS.iter().filter(|(_, _, programs)| !known || programs.contains(letter));
        let fitting: Vec<_> = fitting.collect();
        let (flag, value, _) = fitting[random.usize(0..fitting.len())];
        arguments.push(flag.into());
        if !value.is_empty() {
            let strange = random.u8(0..4) == 0;
            arguments.push(if strange { word(random) } else { (*value).into() });
        }
    }
    // Together they would be refused, and the rest of the command line would not be tried.
    without(&mut arguments, "--group", "--no-group");
    without(&mut arguments, "--idle-exit", "--until-end");
    if random.u8(0..16) == 0 {
        let place = random.usize(0..=arguments.len());
        arguments.insert(place, word(random));
    }
    Case {
        program,
        arguments,
        environment: environment(random),
        config: (random.u8(0..8) == 0).then(|| CONFIGS[random.usize(0..CONFIGS.len())].to_vec()),
        input: random.bool().then(|| input(random)),
        out: match random.u8(0..6) {
            0 => Out::ClosedPipe,
            1 => Out::FullDisk,
            _ => Out::Read,
        },
        told_to_end_after: (program == "kp-broker" || random.u8(0..8) == 0)
            .then(|| Duration::from_millis(random.u64(0..800))),
    }
}

fn address(random: &mut Rng, broker: SocketAddr) -> OsString {
    match random.u8(0..20) {
        0..17 => broker.to_string().into(),
        // Nobody listens there.
        17..19 => "127.0.0.1:1".into(),
        _ => word(random),
    }
}

fn environment(random: &mut Rng) -> Vec<(String, OsString)> {
    // A dead address need not be waited for longer.
    let mut environment = vec![("KP_KAFKA__CONNECT_TIMEOUT".to_owned(), OsString::from("1s"))];
    if random.u8(0..8) == 0 {
        let variable = VARIABLES[random.usize(0..VARIABLES.len())];
        environment.push((variable.to_owned(), word(random)));
    }
    environment
}

/// A word that nobody would type, without a zero byte, which no argument can hold.
fn word(random: &mut Rng) -> OsString {
    const WORDS: [&str; 16] = [
        "",
        "-1",
        "0",
        "99999999999999999999",
        "1e400",
        "NaN",
        "=",
        "a=",
        "--",
        "../../..",
        "%",
        "%s%n%h\\",
        "\u{1f980}\u{202e}",
        "\n",
        "[::1]:1",
        "9999999999h",
    ];
    if random.bool() {
        return WORDS[random.usize(0..WORDS.len())].into();
    }
    let length = random.usize(0..=40) * if random.u8(0..10) == 0 { 100 } else { 1 };
    let bytes = (0..length).map(|_| random.u8(1..=255)).collect();
    OsString::from_vec(bytes)
}

fn input(random: &mut Rng) -> Vec<u8> {
    if random.bool() {
        return INPUTS[random.usize(0..INPUTS.len())].to_vec();
    }
    match random.u8(0..3) {
        0 => vec![b'['; 100_000],
        1 => vec![b'x'; 3_000_000],
        _ => (0..random.usize(0..5_000)).map(|_| random.u8(..)).collect(),
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.program, self.arguments)?;
        write!(f, ", environment {:?}", self.environment)?;
        if let Some(config) = &self.config {
            write!(f, ", settings file {:?}", config.escape_ascii().to_string())?;
        }
        if let Some(input) = &self.input {
            let start = &input[..input.len().min(100)];
            write!(f, ", {} bytes of input: {}", input.len(), start.escape_ascii())?;
        }
        write!(f, ", {:?}", self.out)?;
        if let Some(after) = self.told_to_end_after {
            write!(f, ", SIGTERM after {} ms", after.as_millis())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_follows_from_seed_and_number() {
        let broker = SocketAddr::from(([127, 0, 0, 1], 9092));
        let words = |seed, number| of(seed, number, broker).to_string();
        assert_eq!(words(1, 17), words(1, 17));
        assert_ne!(words(1, 17), words(2, 17));
        assert_ne!(words(1, 17), words(1, 18));
    }

    #[test]
    fn no_argument_holds_a_zero_byte() {
        let broker = SocketAddr::from(([127, 0, 0, 1], 9092));
        for number in 0..1_000 {
            let case = of(1, number, broker);
            let words =
                case.arguments.iter().chain(case.environment.iter().map(|(_, value)| value));
            assert!(words.into_iter().all(|word| !word.as_encoded_bytes().contains(&0)), "{case}");
        }
    }
}
