//! What the programs give to a shell and to man, in real ones: bash everywhere, zsh, fish and man
//! with the feature `shells`, since not every machine has them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "shells")]
mod man;
mod terminal;

use kp_e2e::{Cluster, EmbeddedBroker, random_name};

use terminal::Shell;

/// What every shell has to do.
#[track_caller]
fn completes(mut shell: Shell) {
    // Those that only one name begins with, so that it is put in whole.
    let (topic, other) = (random_name("complete"), random_name("other"));
    let broker = EmbeddedBroker::start(&[&topic, &other]);
    let address = broker.bootstrap();

    // The name of a topic, from the broker that stands on the line.
    shell.types(&format!("kp-admin -b {address} topics describe comp\t\r"));
    shell.waits_for(&format!("Topic: {topic}"));
    // The value of a flag that is written in one word with it.
    shell.types(&format!("kp-consumer -b {address} --topic=comp\t --show-config\r"));
    shell.waits_for("consumer.topic ");
    shell.waits_for(&format!(" {topic}  "));
    // A command and a flag, without any broker.
    shell.types("kp-admin top\tdesc\t--unav\t--show-config\r");
    let screen = shell.waits_for("admin.timeout ");
    assert!(!screen.contains("error:"), "{screen}");
    shell.waits_for("enable.metrics.push\r\n");
    // A profile of the user's own.
    shell.types("kp-admin profile show prod\t\r");
    shell.waits_for("Profile: production  File: ");
    // Nothing is said when the broker is away, and the line stays as it is.
    shell.types("kp-admin -b 127.0.0.1:1 topics describe comp\t");
    shell.types("\x15echo do''ne\r");
    let screen = shell.waits_for("done");
    for words in ["127.0.0.1:1 is", "kp-admin:", "librdkafka", "panicked", "Connection refused"] {
        assert!(!screen.contains(words), "{words}: {screen:?}");
    }
}

#[test]
fn bash_completes_the_name_of_a_topic() {
    completes(Shell::start(
        &["bash", "--noprofile", "--norc", "-i"],
        "for p in kp-admin kp-consumer; do source <($p --generate-completion bash); done",
    ));
}

#[cfg(feature = "shells")]
#[test]
fn zsh_completes_the_name_of_a_topic() {
    completes(Shell::start(
        &["zsh", "-f", "-i"],
        "autoload -U compinit; compinit -D; \
         for p in kp-admin kp-consumer; do source <($p --generate-completion zsh); done",
    ));
}

#[cfg(feature = "shells")]
#[test]
fn fish_completes_the_name_of_a_topic() {
    completes(Shell::start(
        &["fish", "--no-config", "-i"],
        "for p in kp-admin kp-consumer; $p --generate-completion fish | source; end",
    ));
}

#[test]
fn bash_quotes_the_name_of_a_file() {
    let mut shell = Shell::start(
        &["bash", "--noprofile", "--norc", "-i"],
        "source <(kp-admin --generate-completion bash); mkdir files; \
         touch 'files/my file.toml' 'files/zz$(touch PWN).toml'",
    );
    // What bash makes of the line is printed, word by word.
    shell.types("show() { printf '<%s>' \"$@\"; echo; }; complete -F _kp_admin show; echo se''t\r");
    shell.waits_for("set");
    for (typed, name) in
        [("apply files/m", "my file.toml"), ("apply files/z", "zz$(touch PWN).toml")]
    {
        shell.types(&format!("show {typed}\t\r"));
        shell.waits_for(&format!("<apply><files/{name}>"));
    }
    shell.types("ls PW*; echo do''ne\r");
    assert!(shell.waits_for("done").contains("cannot access"));
}
