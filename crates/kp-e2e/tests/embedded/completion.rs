//! Completion, as what a shell is answered; real shells on a terminal are in `tests/shells`.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use kp_e2e::{Call, Cluster, EmbeddedBroker, Finished, Program, random_name};
use tempfile::TempDir;

/// The longest that a TAB may take.
const LIMIT: Duration = Duration::from_millis(300);

/// What a shell is answered for these words, the last of which is completed.
fn asked(program: Program, caches: &Path, words: &[&str]) -> Finished {
    Call::new(program)
        .env("KP_COMPLETE", "fish")
        .env("XDG_CACHE_HOME", caches)
        .args(["--", program.name()])
        .args(words)
        .run()
}

/// The candidates, without what is said of each.
fn answer(program: Program, caches: &Path, words: &[&str]) -> Vec<String> {
    let ended = asked(program, caches, words).exits(0).is_quiet();
    let lines = ended.lines().into_iter();
    lines.map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn names_are_known_for_a_minute_also_when_the_broker_has_gone() {
    let caches = TempDir::new().unwrap();
    let topic = random_name("topic");
    let broker = EmbeddedBroker::start(&[&topic]);
    let address = broker.bootstrap().to_owned();
    let words = ["topics", "delete", "-b", &address, "topic-"];
    assert_eq!(answer(Program::Admin, caches.path(), &words), [&*topic]);
    drop(broker);
    assert_eq!(answer(Program::Admin, caches.path(), &words), [&*topic]);
    // Another program asks the same cluster.
    let words = ["--bootstrap-server", &address, "-t", "topic-"];
    assert_eq!(answer(Program::Consumer, caches.path(), &words), [&*topic]);
    // It is for its owner alone, and names neither the broker nor who has asked.
    let folder = caches.path().join("kp");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        assert!(!path.to_string_lossy().contains("127.0.0.1"), "{}", path.display());
    }
}

#[test]
fn a_topic_that_was_made_meanwhile_is_found() {
    let caches = TempDir::new().unwrap();
    let broker = EmbeddedBroker::start(&["first"]);
    let address = broker.bootstrap();
    assert_eq!(answer(Program::Producer, caches.path(), &["-b", address, "-t", "f"]), ["first"]);
    let topic = random_name("second");
    broker.producer().args(["--topic", &topic, "--count", "1"]).run().exits(0);
    // That the cluster was asked a moment ago is forgotten.
    for entry in caches.path().join("kp").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "asked") {
            std::fs::remove_file(path).unwrap();
        }
    }
    assert_eq!(answer(Program::Producer, caches.path(), &["-b", address, "-t", "s"]), [&*topic]);
}

#[test]
fn a_broker_that_is_away_or_silent_costs_no_more_than_the_limit_and_is_then_left_alone() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    for address in ["127.0.0.1:1", &silent] {
        for words in [
            &["-b", address, "topics", "describe", "x"][..],
            &["-b", address, "groups", "describe", "x"],
        ] {
            let timed = |caches: &TempDir| {
                let start = Instant::now();
                assert_eq!(answer(Program::Admin, caches.path(), words), [""; 0]);
                start.elapsed()
            };
            // A busy machine may need more once, and not every time.
            let is_in_time = (0..10).any(|_| {
                let caches = TempDir::new().unwrap();
                let (first, second) = (timed(&caches), timed(&caches));
                first < LIMIT && second < LIMIT / 2
            });
            assert!(is_in_time, "{words:?}");
        }
    }
}

#[test]
fn where_a_password_would_be_asked_for_nothing_is() {
    let caches = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    Call::new(Program::Admin)
        .env("KP_COMPLETE", "fish")
        .env("XDG_CACHE_HOME", caches.path())
        .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_plaintext")
        .env("KP_KAFKA__SASL_MECHANISM", "PLAIN")
        .env("KP_KAFKA__SASL_USERNAME", "alice")
        .args(["--", "kp-admin", "-b", &address, "topics", "describe", "x"])
        .run()
        .exits(0)
        .is_quiet();
    assert!(listener.accept().is_err(), "it has connected");
    assert!(!caches.path().join("kp").exists());
}

#[test]
fn the_settings_of_a_file_and_of_the_environment_say_which_cluster_is_asked() {
    let caches = TempDir::new().unwrap();
    let topic = random_name("topic");
    let broker = EmbeddedBroker::start(&[&topic]);
    let ask = || {
        Call::new(Program::Admin)
            .env("KP_COMPLETE", "fish")
            .env("XDG_CACHE_HOME", caches.path())
            .args(["--", "kp-admin"])
    };
    let file = format!("[kafka]\nbootstrap_servers = {:?}\n", broker.bootstrap());
    let by_file = ask().file("my.toml", &file);
    let by_file = by_file.args(["topics", "delete", "--config", "my.toml", "topic-"]).run();
    assert_eq!(by_file.exits(0).lines(), [&*topic]);
    let by_variable = ask().env("KP_BROKERS", broker.bootstrap()).args(["topics", "trim", ""]);
    assert_eq!(by_variable.run().exits(0).lines(), [&*topic]);
}

#[test]
fn what_needs_no_broker_is_always_there() {
    let caches = TempDir::new().unwrap();
    let of = |program, words: &[&str]| answer(program, caches.path(), words);
    assert_eq!(of(Program::Admin, &["to"]), ["topics"]);
    assert_eq!(of(Program::Admin, &["--output", ""]), ["table", "json"]);
    assert_eq!(of(Program::Producer, &["-z", "z"]), ["zstd"]);
    assert_eq!(of(Program::Producer, &["--report", ""]), ["text", "json"]);
    assert_eq!(of(Program::Consumer, &["-f", "j"]), ["json"]);
    assert_eq!(of(Program::Consumer, &["-X", "fetch.wait"]), ["fetch.wait.max.ms="]);
    assert_eq!(of(Program::Consumer, &["-X", "sasl.pass"]), [""; 0], "secrets do not belong there");
    assert_eq!(of(Program::Broker, &["--bro"]), ["--brokers"]);
    // Flags, but not those of an installation.
    let flags = of(Program::Producer, &[""]);
    assert!(flags.contains(&"--topic".to_owned()), "{flags:?}");
    assert!(!flags.iter().any(|flag| flag.starts_with("--generate")), "{flags:?}");
    // Among commands there are no flags.
    let commands = of(Program::Admin, &[""]);
    assert!(!commands.iter().any(|word| word.starts_with('-')), "{commands:?}");
    // A file is looked for in the working folder.
    let file = Call::new(Program::Admin)
        .env("KP_COMPLETE", "fish")
        .file("cluster.toml", "")
        .args(["--", "kp-admin", "plan", "clus"])
        .run();
    assert_eq!(file.exits(0).lines(), ["cluster.toml"]);
    // A value that is no shell's name asks for nothing.
    for value in ["", "no", "tcsh"] {
        let version = Call::new(Program::Admin).env("KP_COMPLETE", value).args(["--version"]);
        assert!(!version.run().exits(0).stdout.is_empty(), "{value:?}");
    }
    // A place far behind the last word is the next word; clap_complete knows none there for zsh.
    for (shell, first) in [("bash", Some("topics")), ("zsh", None)] {
        let far = usize::MAX.to_string();
        let call = Call::new(Program::Admin).env("KP_COMPLETE", shell).env("_KP_AT", &far);
        let call = call.env("_CLAP_COMPLETE_INDEX", &far).args(["--", "kp-admin"]);
        let ended = call.run().exits(0).is_quiet();
        assert!(first.is_none_or(|word| ended.text().contains(word)), "{shell}");
    }
}

#[test]
fn a_profile_that_a_shell_would_read_otherwise_is_not_offered() {
    let file = "[profile.\"$(touch PWN)\"]\n[profile.\"a b\"]\n[profile.prod]\n";
    let words = ["--", "kp-admin", "--config", "my.toml", "--profile", ""];
    let call = Call::new(Program::Admin).env("KP_COMPLETE", "fish").file("my.toml", file);
    assert_eq!(call.args(words).run().exits(0).is_quiet().lines(), ["none"]);
}

#[test]
fn the_cluster_that_was_typed_is_asked_or_none() {
    let caches = TempDir::new().unwrap();
    let (topic, other) = (random_name("topic"), random_name("topic"));
    let (typed, set) = (EmbeddedBroker::start(&[&topic]), EmbeddedBroker::start(&[&other]));
    let of = |program: Program, at: usize, words: &[&str]| {
        let call = Call::new(program)
            .env("KP_COMPLETE", "zsh")
            .env("_CLAP_COMPLETE_INDEX", at.to_string())
            .env("XDG_CACHE_HOME", caches.path())
            .env("KP_BROKERS", set.bootstrap());
        call.args(["--", program.name()]).args(words).run().exits(0).is_quiet().text().to_owned()
    };
    let address = typed.bootstrap();
    let after_mistake = ["--nope", "-b", address, "topics", "describe", ""];
    assert!(!of(Program::Admin, 6, &after_mistake).contains("topic-"));
    let after_word = ["--count", "x", "-b", address, "-t", ""];
    assert!(!of(Program::Consumer, 6, &after_word).contains(&other));
    let in_the_middle = ["-t", "", "-b", address];
    assert!(of(Program::Consumer, 2, &in_the_middle).contains(&topic));
    let half_a_word = ["topics", "describe", "top", "-b", address];
    assert!(of(Program::Admin, 3, &half_a_word).contains(&topic));
}

#[test]
fn a_file_that_never_ends_holds_nobody_up() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let words = ["--config", pipe.to_str().unwrap(), "topics", "describe", ""];
    // A busy machine may need more once, and not every time.
    let is_in_time = (0..10).any(|_| {
        let start = Instant::now();
        assert_eq!(answer(Program::Admin, folder.path(), &words), [""; 0]);
        start.elapsed() < LIMIT + LIMIT / 2
    });
    assert!(is_in_time);
}
