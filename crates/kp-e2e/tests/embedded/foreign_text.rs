//! Text from outside that would take over a terminal: in names, settings and paths that a program
//! repeats.

use kp_e2e::{Call, Cluster, Finished, Program};

use crate::Stage;

/// Red, a newline and a line that looks like a program's own, a carriage return, a bell, C1's
/// escape, and a turn of direction.
const NASTY: &str = "g\x1b[31m\nkp-admin: all is well\r\x07\u{9b}31m\u{202e}x";
const SHOWN: &str = r"g\x1b[31m\nkp-admin: all is well\r\x07\u{9b}31m\u{202e}x";

/// Makes sure that neither output can do anything to a terminal, and that no line came out of a
/// name.
#[track_caller]
fn is_harmless(ended: Finished) -> Finished {
    for text in [ended.text(), &ended.stderr] {
        let odd = |one: char| (one.is_control() && one != '\n') || one == '\u{202e}';
        assert!(!text.contains(odd), "{text:?} of {ended}");
        let brought = |line: &str| line.starts_with("kp-admin: all is well");
        assert!(!text.lines().any(brought), "{ended}");
    }
    ended
}

#[test]
fn the_name_of_a_group_is_shown_and_obeyed_by_nobody() {
    let stage = Stage::new();
    stage.produce(3);
    let read = || stage.reader().args(["--group", NASTY, "--format", "value"]);
    let first = read().run().exits(0);
    assert_eq!(first.messages().len(), 3, "{first}");
    let again = is_harmless(read().run()).exits(0);
    let told = format!("kp-consumer: printed nothing: group {SHOWN} has read all");
    assert!(again.stderr.starts_with(&told), "{again}");
    let describe = |name: &str| stage.broker.admin().args(["groups", "describe", name]);
    let described = is_harmless(describe(NASTY).run()).exits(0);
    assert_eq!(described.lines()[0], format!("Group: {SHOWN}"), "{described}");
    // A reader of JSON gets it whole.
    let json = describe(NASTY).args(["--output", "json"]).run().exits(0).json();
    assert_eq!(json["group"], NASTY);
    let absent = is_harmless(describe(&format!("no {NASTY}")).run()).exits(4);
    assert!(
        absent.stderr.starts_with(&format!("kp-admin: group no {SHOWN} does not exist")),
        "{absent}"
    );
}

#[test]
fn whatever_is_typed_comes_back_harmless() {
    let stage = Stage::new();
    let property = format!("client.software.name={NASTY}");
    let unknown = format!("{NASTY}=1");
    let config = format!("--config={NASTY}.toml");
    let value = format!("--acks={NASTY}");
    for words in [
        &["topics", "describe", NASTY][..],
        &["topics", "create", NASTY],
        &["topics", "create", "t", "--config", NASTY],
        &["topics", "create", "t", "--partitions", NASTY],
        &["topics", "delete", NASTY, "--yes"],
        &["topics", NASTY],
        &["groups", NASTY],
        &["audit", NASTY],
        &["audit", "--promise", NASTY, "x"],
        &["-X", &property, "topics", "list"],
        &["-X", &unknown, "topics", "list"],
        &["-X", NASTY, "topics", "list"],
        &[&config, "topics", "list"],
        &["--output", NASTY, "topics", "list"],
    ] {
        let ended = is_harmless(stage.broker.admin().args(words).run());
        assert!(ended.code().is_some_and(|code| code > 0), "{ended}");
    }
    for words in [
        &[value.as_str()][..],
        &["--linger", NASTY],
        &["--topic", NASTY],
        &["--audit", &format!("{NASTY}/x")],
    ] {
        is_harmless(stage.broker.producer().args(words).run());
    }
    for words in
        [&["--format", NASTY][..], &["--format", "%q\x1b"], &["--topic", NASTY], &["--from", NASTY]]
    {
        is_harmless(stage.broker.consumer().args(words).run());
    }
    is_harmless(Call::new(Program::Broker).args(["--topic", NASTY]).run()).exits(2);
    is_harmless(Call::new(Program::Broker).args(["--listen", NASTY]).run()).exits(2);
}

#[test]
fn so_does_what_stands_in_files_and_the_environment() {
    let all = [Program::Producer, Program::Consumer, Program::Admin];
    for program in all {
        let shown =
            Call::new(program).env("KP_KAFKA__CLIENT_ID", NASTY).args(["--show-config"]).run();
        let shown = is_harmless(shown);
        assert!(shown.text().contains(SHOWN) || shown.code() != Some(0), "{shown}");
        let file = format!("[kafka]\n{NASTY:?} = 1\n");
        is_harmless(
            Call::new(program)
                .file("f.toml", &file)
                .args(["--config", "f.toml", "--show-config"])
                .run(),
        );
        is_harmless(
            Call::new(program)
                .env(&format!("KP_{}", NASTY.replace('=', "")), "1")
                .args(["--show-config"])
                .run(),
        );
        let far = Call::new(program).args(["-b", NASTY]);
        let far = if program == Program::Admin { far.args(["topics", "list"]) } else { far };
        let far = is_harmless(far.run());
        assert!(far.code().is_some_and(|code| code > 2), "{far}");
    }
}

#[test]
fn what_a_message_brings_into_an_error_is_harmless() {
    let stage = Stage::new();
    stage.produce_lines("not json \x1b[31m\x07\u{9b}");
    is_harmless(stage.consumer().run());
    for line in ["{\"value\":\"\x1b[31m\"", "{\"\\u001b[31m\\n\":1}", "\x1b[31m"] {
        let ended = stage
            .producer()
            .args(["--stdin", "--stdin-format", "json"])
            .stdin(format!("{line}\n"))
            .run();
        is_harmless(ended);
    }
}

#[test]
fn each_line_of_an_error_has_the_name_of_its_program() {
    let stage = Stage::new();
    let absent = stage.broker.admin().args(["topics", "describe", "one", "other"]).run().exits(4);
    let unreachable =
        Call::new(Program::Admin).bootstrap("127.0.0.1:1").args(["topics", "list"]).run().exits(4);
    for ended in [absent, unreachable] {
        assert!(ended.stderr.lines().count() >= 2, "{ended}");
        assert!(ended.stderr.lines().all(|line| line.starts_with("kp-admin: ")), "{ended}");
    }
}
