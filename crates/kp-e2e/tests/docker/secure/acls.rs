//! The table of ACLs in docs/SECURITY.md: with its lines a program works, without each of them it
//! says what is missing.
//!
//! For each row there is a user with all of its lines, and one without each line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::thread;

use kp_e2e::{Call, Finished, Program};

use super::broker::{PASSWORD, SecureBroker, User};
use super::is_refused;
use crate::stack::Stack;

const DOCUMENT: &str = include_str!("../../../../../docs/SECURITY.md");

/// What the letters of the table stand for; all but the first topic begin so, and go on with the
/// user's name.
const NAMES: [(&str, &str); 7] = [
    ("T", "orders"),
    ("N", "new-"),
    ("C", "copy-"),
    ("D", "dead-"),
    ("G", "readers-"),
    ("ID", "id-"),
    // There is only one.
    ("kafka-cluster", ""),
];

/// How a row of the table is tried.
type Run = fn(&Try<'_>) -> Finished;

/// Each row of the table, by its first cell.
const MODES: [(&str, Run); 35] = [
    ("kp-producer --topic T", |it| {
        it.run(Program::Producer, &["--topic", "orders", "--count", "2"])
    }),
    ("kp-producer --topic N, which does not exist yet", |it| {
        let topic = it.own("new-");
        it.run(Program::Producer, &["--topic", &topic, "--count", "2"])
    }),
    ("kp-producer --topic T --transactional-id ID", |it| {
        let id = it.own("id-");
        it.run(Program::Producer, &["--topic", "orders", "--count", "2", "--transactional-id", &id])
    }),
    ("kp-consumer --topic T --group G", |it| {
        let group = it.own("readers-");
        it.run(Program::Consumer, &["--topic", "orders", "--group", &group])
    }),
    ("kp-consumer --topic T --no-group", |it| {
        it.run(Program::Consumer, &["--topic", "orders", "--no-group"])
    }),
    ("kp-consumer --topic T --group G --on-bad-message dead-letter:D", |it| {
        let (group, dead) = (it.own("readers-"), it.made("dead-"));
        let what = format!("dead-letter:{dead}");
        it.run(
            Program::Consumer,
            &["--topic", "orders-bad", "--group", &group, "--on-bad-message", &what],
        )
    }),
    ("kp-consumer --topic T --group G --copy-to C --transactional-id ID", |it| {
        let (group, copy, id) = (it.own("readers-"), it.made("copy-"), it.own("id-"));
        it.run(
            Program::Consumer,
            &[
                "--topic",
                "orders",
                "--group",
                &group,
                "--copy-to",
                &copy,
                "--transactional-id",
                &id,
            ],
        )
    }),
    ("kp-admin topics list, to see T", |it| it.run(Program::Admin, &["topics", "list"])),
    ("kp-admin topics describe T", |it| it.run(Program::Admin, &["topics", "describe", "orders"])),
    ("kp-admin topics create N", |it| {
        let topic = it.own("new-");
        it.run(Program::Admin, &["topics", "create", &topic])
    }),
    ("kp-admin topics delete N", |it| {
        let topic = it.made("new-");
        it.run(Program::Admin, &["topics", "delete", "--yes", &topic])
    }),
    ("kp-admin topics add-partitions N", |it| {
        let topic = it.made("new-");
        it.run(Program::Admin, &["topics", "add-partitions", &topic, "--partitions", "2"])
    }),
    ("kp-admin topics configs T", |it| it.run(Program::Admin, &["topics", "configs", "orders"])),
    ("kp-admin topics configs N --set CONFIG=VALUE", |it| {
        let topic = it.made("new-");
        let words = ["topics", "configs", &topic, "--set", "retention.ms=60000", "--yes"];
        it.run(Program::Admin, &words)
    }),
    ("kp-admin topics clone T N", |it| {
        let topic = it.own("new-");
        it.run(Program::Admin, &["topics", "clone", "orders", &topic])
    }),
    ("kp-admin topics offsets T", |it| it.run(Program::Admin, &["topics", "offsets", "orders"])),
    ("kp-admin topics health T", |it| it.run(Program::Admin, &["topics", "health", "orders"])),
    ("kp-admin topics trim N --before OFFSET", |it| {
        let topic = it.made("new-");
        it.run(Program::Admin, &["topics", "trim", &topic, "--before", "1", "--yes"])
    }),
    ("kp-admin groups list, to see G", |it| {
        it.group();
        it.run(Program::Admin, &["groups", "list"])
    }),
    ("kp-admin groups describe G, to see where it is in T", |it| {
        let group = it.group();
        it.run(Program::Admin, &["groups", "describe", &group])
    }),
    ("kp-admin groups members G", |it| {
        let group = it.group();
        it.run(Program::Admin, &["groups", "members", &group])
    }),
    ("kp-admin groups lag, to see G", |it| {
        it.group();
        it.run(Program::Admin, &["groups", "lag"])
    }),
    ("kp-admin groups watch G, to see where it is in T", |it| {
        let group = it.group();
        it.run(Program::Admin, &["groups", "watch", &group, "--count", "1"])
    }),
    ("kp-admin groups reset G --topic T --to PLACE", |it| {
        let group = it.group();
        let words = ["groups", "reset", &group, "--topic", "orders", "--to", "earliest", "--yes"];
        it.run(Program::Admin, &words)
    }),
    ("kp-admin groups delete-offsets G --topic T", |it| {
        let group = it.group();
        let words = ["groups", "delete-offsets", &group, "--topic", "orders", "--yes"];
        it.run(Program::Admin, &words)
    }),
    ("kp-admin groups delete G", |it| {
        let group = it.group();
        it.run(Program::Admin, &["groups", "delete", &group, "--yes"])
    }),
    ("kp-admin cluster configs BROKER", |it| it.run(Program::Admin, &["cluster", "configs", "1"])),
    ("kp-admin cluster configs BROKER --set CONFIG=VALUE", |it| {
        let words = ["cluster", "configs", "1", "--set", "log.cleaner.threads=2", "--yes"];
        it.run(Program::Admin, &words)
    }),
    ("kp-admin plan, of T and of ACLs", |it| {
        let call = it.call(Program::Admin, &["plan", "wanted.toml"]);
        call.file("wanted.toml", "acls = []\n[topics.orders]\n").run()
    }),
    ("kp-admin acls list", |it| it.run(Program::Admin, &["acls", "list"])),
    ("kp-admin acls add", |it| it.run(Program::Admin, &acl_words("add", &it.own("new-")))),
    ("kp-admin acls remove", |it| {
        let topic = it.own("new-");
        let add = it.broker.call_as(Program::Admin, User::ADMIN);
        add.args(acl_words("add", &topic)).run().exits(0);
        it.run(Program::Admin, &[&acl_words("remove", &topic)[..], &["--yes"]].concat())
    }),
    ("kp-admin users list", |it| it.run(Program::Admin, &["users", "list"])),
    ("kp-admin users set", |it| {
        let user = it.own("user-");
        let words = ["--mechanism", "SCRAM-SHA-256", "--password-file", "password"];
        it.call(Program::Admin, &["users", "set", &user])
            .secret_file("password", "of-a-new-user")
            .args(words)
            .run()
    }),
    ("kp-admin users delete", |it| {
        let user = it.own("user-");
        let set = ["users", "set", &user, "--mechanism", "SCRAM-SHA-256"];
        it.broker
            .call_as(Program::Admin, User::ADMIN)
            .secret_file("password", "of-a-new-user")
            .args(set)
            .args(["--password-file", "password"])
            .run()
            .exits(0);
        it.run(Program::Admin, &["users", "delete", &user, "--yes"])
    }),
];

fn acl_words<'a>(command: &'a str, topic: &'a str) -> [&'a str; 8] {
    ["acls", command, "--principal", "User:someone", "--allow", "read", "--topic", topic]
}

/// A line of the table: `Write` on topic `T`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Acl {
    operation: String,
    /// `topic`, `group` or `transactional-id`, as the flag of Kafka's tool is called.
    kind: String,
    /// A letter of the table.
    name: String,
}

/// What each row of the table asks for.
static TABLE: LazyLock<Vec<(String, Vec<Acl>)>> = LazyLock::new(|| {
    DOCUMENT
        .lines()
        .skip_while(|line| !line.contains("<!-- acls -->"))
        .take_while(|line| !line.contains("<!-- end of acls -->"))
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let cells: Vec<_> = row.split(" | ").collect();
            let title = cells[0].replace('`', "");
            let acls = cells[1].split("; ").map(acl).collect();
            (title, acls)
        })
        .collect()
});

fn acl(line: &str) -> Acl {
    let words: Vec<_> = line.split('`').map(str::trim).collect();
    let [_, operation, on, name, _] = words[..] else {
        panic!("not an ACL: {line}");
    };
    Acl {
        operation: operation.to_owned(),
        kind: on.strip_prefix("on ").unwrap().replace(' ', "-"),
        name: name.to_owned(),
    }
}

/// A user of a row: with all its lines, or without one.
fn user(row: usize, without: Option<usize>) -> String {
    match without {
        None => format!("row{row}"),
        Some(line) => format!("row{row}-without{line}"),
    }
}

/// Each user of a row, and which line it lacks.
fn users_of(row: usize) -> impl Iterator<Item = Option<usize>> {
    (0..TABLE[row].1.len()).map(Some).chain([None])
}

/// Everybody.
pub(crate) fn users() -> impl Iterator<Item = String> {
    (0..TABLE.len()).flat_map(|row| users_of(row).map(move |without| user(row, without)))
}

/// Gives each user what it is to have.
pub(crate) fn grant(stack: &Stack) {
    let mut granted: BTreeMap<&Acl, BTreeSet<String>> = BTreeMap::new();
    for (row, (_, acls)) in TABLE.iter().enumerate() {
        for without in users_of(row) {
            for (line, acl) in acls.iter().enumerate() {
                if Some(line) != without {
                    granted.entry(acl).or_default().insert(user(row, without));
                }
            }
        }
    }
    // Each starts a JVM, so a few at a time are faster than one after the other.
    let granted: Vec<_> = granted.into_iter().collect();
    for some in granted.chunks(3) {
        thread::scope(|scope| {
            for (acl, users) in some {
                scope.spawn(move || add(stack, acl, users));
            }
        });
    }
}

fn add(stack: &Stack, acl: &Acl, users: &BTreeSet<String>) {
    let name = NAMES.iter().find(|(letter, _)| *letter == acl.name);
    let name = name.unwrap_or_else(|| panic!("no such name: {acl:?}")).1;
    let kind = format!("--{}", acl.kind);
    let principals: Vec<_> = users.iter().map(|user| format!("User:{user}")).collect();
    let mut words = vec!["--add", "--operation", &acl.operation, &kind];
    if !name.is_empty() {
        words.extend([name, "--resource-pattern-type", "prefixed"]);
    }
    for principal in &principals {
        words.extend(["--allow-principal", principal]);
    }
    stack.tool("kafka-acls", &words, "");
}

/// A user at a row.
struct Try<'b> {
    broker: &'b SecureBroker,
    user: String,
}

impl Try<'_> {
    fn run(&self, program: Program, arguments: &[&str]) -> Finished {
        self.call(program, arguments).run()
    }

    fn call(&self, program: Program, arguments: &[&str]) -> Call {
        let user = User { name: &self.user, password: PASSWORD, mechanism: "PLAIN" };
        self.broker
            .call_as(program, user)
            // Many topics are made here at once, some of them on first use.
            .env("KP_KAFKA__CONNECT_TIMEOUT", "20s")
            .args(arguments)
    }

    /// A name of this user's own.
    fn own(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.user)
    }

    /// A topic of this user's own, which exists.
    fn made(&self, prefix: &str) -> String {
        let topic = self.own(prefix);
        self.broker.make(&topic);
        topic
    }

    /// A group that has read the topic.
    fn group(&self) -> String {
        let group = self.own("readers-");
        self.broker
            .call_as(Program::Consumer, User::ADMIN)
            .args(["--topic", "orders", "--group", &group])
            .run()
            .exits(0);
        group
    }
}

#[test]
fn each_row_of_the_table_is_enough_and_nothing_of_it_too_much() {
    let titles: Vec<_> = TABLE.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, MODES.map(|(title, _)| title));
    let broker = SecureBroker::shared();
    for topic in ["orders", "orders-bad"] {
        broker.make(topic);
    }
    for (topic, line) in [("orders", "{\"a\": 1}\n"), ("orders-bad", "no JSON\n")] {
        broker
            .call_as(Program::Producer, User::ADMIN)
            .args(["--topic", topic, "--stdin"])
            .stdin(line)
            .run()
            .exits(0);
    }
    let rows: Vec<_> = MODES.iter().enumerate().collect();
    for some in rows.chunks(4) {
        thread::scope(|scope| {
            for (row, (title, run)) in some {
                let broker = &broker;
                scope.spawn(move || try_row(broker, *row, title, run));
            }
        });
    }
}

fn try_row(broker: &SecureBroker, row: usize, title: &str, run: &Run) {
    let attempt = |without| run(&Try { broker, user: user(row, without) });
    let whole = attempt(None).exits(0);
    assert!(!whole.stderr.contains("refuse"), "{title}: {whole}");
    for (line, acl) in TABLE[row].1.iter().enumerate() {
        let lacking = attempt(Some(line));
        if title.contains(", to see ") && lacking.code() == Some(0) {
            // Kafka leaves out what a user may not see, and refuses nothing.
            let hidden = lacking.says(&["this user may", &acl.operation]);
            let shown = hidden.text().contains("orders ") || hidden.lines().len() > 2;
            assert!(!shown, "{title} without {acl:?}: {hidden}");
        } else {
            let kind = acl.kind.replace('-', " ");
            let needed = format!(" {} on {kind} ", acl.operation);
            is_refused(lacking, &["ask for the ACL", &needed]);
        }
    }
}
