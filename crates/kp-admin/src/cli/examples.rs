//! Commands to begin with, for `--help` and the man pages. A test runs each.

use kp_cli::{Example, Examples};

const fn example(says: &'static str, typed: &'static str) -> Example {
    Example { says, typed }
}

#[rustfmt::skip] // A row in a line or two reads as a table.
pub(super) const EXAMPLES: &[Examples] = &[
    (&[], &[
        example("Which topics there are, and how many messages each keeps", "kp-admin topics list --counts"),
        example("How far each group is behind", "kp-admin groups lag"),
        example("The same for a script", "kp-admin --output json groups lag | jq .schema"),
        example("Whether something is wrong on another cluster", "kp-admin -b localhost:9092 topics health"),
    ]),
    (&["topics", "describe"], &[
        example("Where its partitions are", "kp-admin topics describe orders"),
        example("Partitions of all topics that cannot be used", "kp-admin topics describe --unavailable"),
    ]),
    (&["topics", "create"], &[
        example("A topic that keeps its messages for a day",
            "kp-admin topics create new-topic --partitions 6 --config retention.ms=86400000"),
    ]),
    (&["topics", "delete"], &[
        example("It says how many messages are lost, and asks; with --yes it does not ask",
            "kp-admin topics delete orders --yes"),
    ]),
    (&["topics", "add-partitions"], &[
        example("A topic of 3 partitions has 6 afterwards", "kp-admin topics add-partitions orders --partitions 6"),
    ]),
    (&["topics", "configs"], &[
        example("What is set on it, and what each value means", "kp-admin topics configs orders"),
        example("Keep messages for a week", "kp-admin topics configs orders --set retention.ms=604800000 --yes"),
        example("As the broker has it", "kp-admin topics configs orders --unset retention.ms --yes"),
    ]),
    (&["topics", "offsets"], &[
        example("Where each partition stood an hour ago", "kp-admin topics offsets orders --at @-1h"),
    ]),
    (&["topics", "health"], &[
        example("Exit code 5 if something is wrong, for a script", "kp-admin --quiet topics health orders"),
    ]),
    (&["topics", "trim"], &[
        example("Delete what is older than a week, for ever", "kp-admin topics trim orders --before @-7d --yes"),
        example("Delete what stands before an offset of one partition",
            "kp-admin topics trim orders --before 2 --partition 0 --yes"),
    ]),
    (&["topics", "clone"], &[
        example("An empty topic like another", "kp-admin topics clone orders new-topic"),
    ]),
    (&["topics", "elect-leaders"], &[
        example("After a broker has come back", "kp-admin topics elect-leaders orders --yes"),
    ]),
    (&["groups", "describe"], &[
        example("Where it stands in each partition, and which member reads it", "kp-admin groups describe readers"),
    ]),
    (&["groups", "lag"], &[
        example("Exit code 5 if a group is far behind, for an alarm", "kp-admin groups lag --fail-above 1000000"),
    ]),
    (&["groups", "watch"], &[
        example("Three looks, a line for each group and look",
            "kp-admin groups watch readers --every 1s --count 3"),
    ]),
    (&["groups", "reset"], &[
        example("Read everything again; it shows what changes, and asks unless --yes is given",
            "kp-admin groups reset readers --to earliest --undo-file before.json --yes"),
        example("Read again what came within the last hour, of one topic",
            "kp-admin groups reset readers --to @-1h --topic orders --yes"),
        example("Skip ten messages of one partition", "kp-admin groups reset readers --to +10 --topic orders:0 --yes"),
    ]),
    (&["groups", "delete"], &[
        example("It must have no members", "kp-admin groups delete readers --yes"),
    ]),
    (&["groups", "delete-offsets"], &[
        example("As if it had never read that topic", "kp-admin groups delete-offsets readers --topic orders --yes"),
    ]),
    (&["cluster"], &[
        example("The brokers, and what each leads", "kp-admin cluster"),
    ]),
    (&["cluster", "configs"], &[
        example("All that is in force on broker 1", "kp-admin cluster configs 1 --all"),
        example("Change something while it runs",
            "kp-admin cluster configs 1 --set log.cleaner.threads=2 --yes"),
    ]),
    (&["acls", "list"], &[
        example("Who may do something with a topic", "kp-admin acls list --topic orders"),
    ]),
    (&["acls", "add"], &[
        example("alice may send", "kp-admin acls add --principal User:alice --allow write,describe --topic orders"),
        example("bob may read, as a member of a group",
            "kp-admin acls add --principal User:bob --allow read,describe --topic orders\n\
             kp-admin acls add --principal User:bob --allow read --group readers"),
    ]),
    (&["acls", "remove"], &[
        example("The reverse of the same `acls add`",
            "kp-admin acls remove --principal User:alice --allow write,describe --topic orders --yes"),
    ]),
    (&["users", "set"], &[
        example("It asks for the password; a script has it in a file",
            "kp-admin users set alice --mechanism SCRAM-SHA-512 --password-file password.txt"),
    ]),
    (&["users", "delete"], &[
        example("From now on alice cannot log in", "kp-admin users delete alice --yes"),
    ]),
    (&["export"], &[
        example("A file of what there is, to edit", "kp-admin export --file cluster.toml"),
    ]),
    (&["plan"], &[
        example("What would change; exit code 5 if anything would, for a script",
            "kp-admin plan cluster.toml --fail-on-change"),
    ]),
    (&["apply"], &[
        example("Make it so", "kp-admin apply cluster.toml --yes"),
    ]),
    (&["doctor"], &[
        example("Why a cluster cannot be used, step by step", "kp-admin doctor"),
        example("Also a topic and a group: who leads it, what you may do, whether a record comes back",
            "kp-admin doctor --topic orders --group readers --probe"),
    ]),
    (&["audit"], &[
        example("Whether what was sent is stored",
            "kp-producer -t orders --count 100 --audit ledger\nkp-admin audit ledger"),
    ]),
];
